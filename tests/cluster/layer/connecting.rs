//! Connecting: kubeconfig lists, strangers, servers that are not there or not trusted, guards.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mcpctl::allowed::AllowedContexts;
use mcpctl::cluster::objects::{self, Desired, ObjectKind, Value};
use mcpctl::cluster::pods::{self, Filter};
use mcpctl::cluster::{Cluster, ConnectOptions, access};
use mcpctl::error::Kind;

use crate::layers::cluster_layer::setup::{in_test, kubeconfig, options};
use crate::support::program::executable;

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_stranger_is_told_what_is_missing() {
    in_test(|stage| async move {
        let file: PathBuf = std::env::var_os("MCPCTL_E2E_STRANGER_KUBECONFIG").expect("a stranger").into();
        let cluster = stage.connect(|options| options.kubeconfig = Some(file));
        let error = pods::list(&cluster, &Filter::default()).await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        let expected = format!("user `stranger` may not list pods in namespace `{}`: 403 Forbidden", stage.namespace);
        assert_eq!(error.to_string(), expected);
        assert!(error.hints[0].contains("Role"));
        assert!(!access::can(&cluster, "list", "pods", &stage.namespace, "").await.unwrap());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_server_that_is_not_there_is_told_in_time() {
    let folder = tempfile::tempdir().unwrap();
    // The second address is of a documentation network: nothing answers, not even a refusal.
    for (server, cause) in [("https://127.0.0.1:1", "connection refused"), ("https://192.0.2.1:6443", "")] {
        let file = folder.path().join("config");
        let text = format!(
            "current-context: far\ncontexts: [{{name: far, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n"
        );
        std::fs::write(&file, text).unwrap();
        let cluster = Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap();
        let start = Instant::now();
        let error = pods::list(&cluster, &Filter::default()).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::Unreachable, format!("cannot reach `{server}` (context `far`)").as_str())
        );
        assert!(error.cause.as_deref().unwrap().contains(cause), "{error}");
        assert!(error.hints.iter().any(|hint| hint.contains("--sandbox")));
    }
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_server_that_is_not_trusted_is_no_unreachable_one() {
    let text = std::fs::read_to_string(kubeconfig()).unwrap();
    let untrusting = text.replace("certificate-authority:", "no-authority:");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, untrusting).unwrap();
    let cluster = Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap();
    let error = access::version(&cluster).await.unwrap_err();
    assert!(error.message.starts_with("cannot trust "), "{error}");
    assert!(error.cause.as_deref().unwrap().contains("certificate"), "{error}");
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_wrong_token_is_unauthorized() {
    let text = std::fs::read_to_string(kubeconfig()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, text.replace("admin-token", "canary-token")).unwrap();
    assert_ne!(text, std::fs::read_to_string(&file).unwrap(), "the administrator has a token");
    let cluster = Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap();
    let error = pods::list(&cluster, &Filter::default()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unauthorized);
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn an_exec_plugin_and_a_token_file_log_in() {
    let text = std::fs::read_to_string(kubeconfig()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let line = text.lines().find(|line| line.contains("admin-token")).expect("the administrator has a token");
    std::fs::write(folder.path().join("token"), "admin-token\n").unwrap();
    let plugin = folder.path().join("plugin");
    executable(&plugin, "#!/bin/sh\necho '{\"status\": {\"token\": \"admin-token\"}}'\n");
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}";
    for entry in ["tokenFile: token", plugin] {
        let file = folder.path().join("config");
        let (before, token) = line.split_at(line.find("token").unwrap());
        let rest = token.strip_prefix("token: admin-token").expect("`token: admin-token`");
        std::fs::write(&file, text.replace(line, &format!("{before}{entry}{rest}"))).unwrap();
        let cluster = Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap();
        assert!(access::version(&cluster).await.unwrap().starts_with("v1."));
        assert!(access::can(&cluster, "delete", "pods", "default", "").await.unwrap(), "{entry}");
    }
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn the_context_is_pinned_even_if_the_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::copy(kubeconfig(), &file).unwrap();
    let cluster =
        Cluster::connect(ConnectOptions { kubeconfig: Some(file.clone()), ..ConnectOptions::default() }).unwrap();
    std::fs::write(&file, "current-context: other").unwrap();
    assert!(access::namespaces(&cluster).await.unwrap().contains(&"default".to_owned()));
    std::fs::remove_file(&file).unwrap();
    assert!(access::version(&cluster).await.is_ok());
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn guards_refuse_before_anything_is_sent() {
    in_test(|stage| async move {
        let read_only = stage.connect(|options| options.read_only = true);
        let data = [("k".to_owned(), Value::Text("1".to_owned()))].into();
        let wanted = Desired::new(ObjectKind::ConfigMap, "config", "mcpctl:a", data);
        let error = objects::apply(&read_only, wanted, false).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (Kind::Refused, "read only: refusing to patch configmaps"));
        assert!(stage.maps().get_opt("config").await.unwrap().is_none());
        let mut allow_contexts = AllowedContexts::default();
        allow_contexts.allow("no-such-*", "--allow-context").unwrap();
        let error = Cluster::connect(ConnectOptions { allow_contexts, ..options() }).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
    })
    .await;
}
