//! Listing pods: filters, status words, ages, pages.

use std::sync::Arc;
use std::time::Duration;

use mcpctl::cluster::pods::{self, Filter, LogOptions};
use mcpctl::error::Kind;
use serde_json::json;

use super::setup::{Stage, in_test, on_both};

async fn filters_narrow_and_statuses_are_kubectls(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("a", "s1", |_| {}).await;
    stage.pod("b", "s2", |pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] = json!("fetch")).await;
    let missing = "couldn't find key grafana.api_key in Secret mcp/x";
    let status = json!({"status": {"phase": "Pending", "containerStatuses": [{
        "name": "mcp", "image": "x", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": missing}}}]}});
    stage.pods().patch_status("b", &Default::default(), &kube::api::Patch::Merge(status)).await.unwrap();
    let cluster = stage.cluster();
    let names = |filter: Filter| {
        let cluster = cluster.clone();
        async move { pods::list(&cluster, &filter).await.unwrap().into_iter().map(|p| p.name).collect::<Vec<_>>() }
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(names(Filter::default()).await, ["a", "b"]);
    assert_eq!(names(Filter { session: some("s1"), ..Filter::default() }).await, ["a"]);
    assert_eq!(names(Filter { server: some("fetch"), ..Filter::default() }).await, ["b"]);
    assert_eq!(names(Filter { phase: some("Running"), ..Filter::default() }).await, [""; 0]);
    assert_eq!(names(Filter { status: some("CreateContainerConfigError"), ..Filter::default() }).await, ["b"]);
    assert_eq!(names(Filter { selector: some("app.kubernetes.io/name!=fetch"), ..Filter::default() }).await, ["a"]);
    let old = Filter { older_than: Some(Duration::from_secs(3600)), ..Filter::default() };
    assert_eq!(names(old).await, [""; 0]);
    let everywhere = Filter { all_namespaces: true, session: some("s1"), ..Filter::default() };
    assert!(names(everywhere).await.contains(&"a".to_owned()));
    let b = pods::get(&cluster, "", "b").await.unwrap();
    assert_eq!((&*b.status, &*b.reason, &*b.server, b.managed), ("CreateContainerConfigError", missing, "fetch", true));
    assert!(b.age < 600, "{}", b.age);
    assert_eq!(pods::get(&cluster, "", "none").await.unwrap_err().kind, Kind::NotFound);
    let unknown = LogOptions { container: Some("none".to_owned()), ..LogOptions::default() };
    let error = pods::logs(&cluster, &b, &unknown).await.unwrap_err();
    assert!(error.details[0].contains("container none is not valid"), "{error:?}");
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_wrong_selector_is_told_by_the_server() {
    in_test(|stage| async move {
        let filter = Filter { selector: Some("a in (".to_owned()), ..Filter::default() };
        let error = pods::list(&stage.cluster(), &filter).await.unwrap_err();
        assert_eq!(error.message, "the server could not list pods");
        assert!(error.details[0].contains("unable to parse"), "{:?}", error.details);
    })
    .await;
}

on_both!(filters_narrow_and_statuses_are_kubectls);
