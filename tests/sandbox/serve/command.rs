//! The command itself: its kubeconfig, its token, its world, its end.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::program::Mcpctl;
use crate::support::sandbox_serve::{Serving, client};

fn token(kubeconfig: &std::path::Path) -> String {
    let config: Value = serde_json::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap();
    assert!(config["clusters"][0]["cluster"]["server"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    config["users"][0]["user"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_client_works_on_it_until_a_signal_ends_it() {
    let run = Serving::run("-n mcp");
    let serving = Serving::start(&run);
    let kubeconfig = serving.kubeconfig.clone();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&kubeconfig), mode(kubeconfig.parent().unwrap())), (0o600, 0o700));
    serving.client("list").run().code(0).says("namespace mcp, context sandbox");
    let token = token(&kubeconfig);
    let (code, stdout, stderr) = serving.end(Signal::SIGINT);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(stderr.contains("serving a sandbox in memory at https://127.0.0.1:"), "{stderr}");
    assert!(stderr.contains("stopped; removed "), "{stderr}");
    assert!(!stderr.contains(&token), "the token is no one's to see");
    assert!(!kubeconfig.parent().unwrap().exists());
}

#[test]
fn sigterm_ends_it_as_well() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let kubeconfig = serving.kubeconfig.clone();
    assert_eq!(serving.end(Signal::SIGTERM).0, 0);
    assert!(!kubeconfig.exists());
}

#[test]
fn nobody_is_let_in_without_the_token() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let text = std::fs::read_to_string(&serving.kubeconfig).unwrap();
    let wrong = run.folder().join("wrong");
    let token = token(&serving.kubeconfig);
    for other in ["", "x", &token[1..], &format!("{token}x"), &token.to_lowercase()] {
        std::fs::write(&wrong, text.replace(&token, other)).unwrap();
        client(&wrong, "list").run().code(1).says("401");
    }
    serving.client("list").run().code(0);
}

#[test]
fn two_of_them_have_different_tokens() {
    let runs = [Serving::run(""), Serving::run("")];
    let tokens = runs.each_ref().map(|run| token(&Serving::start(run).kubeconfig));
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens[0].len() >= 43, "256 bits");
}

#[test]
fn a_kubeconfig_that_is_there_is_left_alone() {
    let ran = Mcpctl::new("sandbox serve --kubeconfig mine").file("mine", "precious").run();
    let ran = ran.code(1).says("`mine`").says("hint: name a file that does not exist yet");
    assert_eq!(ran.read("mine").as_deref(), Some("precious"));
}

#[test]
fn a_kubeconfig_that_was_named_is_made_and_removed() {
    let run = Serving::run("--kubeconfig own");
    let serving = Serving::start(&run);
    let own = run.folder().join("own");
    assert_eq!(serving.kubeconfig, own);
    client(&own, "list").run().code(0);
    assert_eq!(serving.end(Signal::SIGINT).0, 0);
    assert!(!own.exists());
}

#[test]
fn a_world_of_a_file_is_kept_there() {
    let run = Serving::run("--sandbox=world.json");
    let serving = Serving::start(&run);
    serving.client("create-configmap flags {\"beta\":\"on\"}").run().code(0);
    assert_eq!(serving.end(Signal::SIGINT).0, 0);
    let world = run.folder().join("world.json").display().to_string();
    let later = Mcpctl::of(["eval", "configmaps::get(\"flags\").data.beta", &format!("--sandbox={world}")]);
    later.run().code(0).stdout("on\n");
}

#[test]
fn what_it_cannot_do_it_says() {
    Mcpctl::new("sandbox serve --dry-run").run().code(2).says("has no dry run");
    Mcpctl::new("sandbox serve --read-only").run().code(1).says("refusing to serve a sandbox");
    Mcpctl::new("sandbox serve --port 99999").run().code(2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    Mcpctl::new(&format!("sandbox serve --port {port}")).run().code(1).says("cannot listen on 127.0.0.1:");
}

#[test]
fn a_schedule_is_told_that_there_are_no_cronjobs() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let line = "schedule cleanup --yes --cron @daily --image registry.example/mcpctl:1 -n default";
    let ran = serving.client(line).run().code(1).says("the server has no `cronjobs`");
    assert!(!ran.stderr.contains("no cronjob `mcpctl"), "{}", ran.stderr);
}

#[tokio::test]
async fn nothing_is_answered_in_anothers_name() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let kubeconfig = kube::config::Kubeconfig::read_from(&serving.kubeconfig).unwrap();
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &kube::config::KubeConfigOptions::default()).await.unwrap();
    let pods = |config: kube::Config| async move {
        let client = kube::Client::try_from(config).unwrap();
        kube::Api::<k8s_openapi::api::core::v1::Pod>::default_namespaced(client)
            .list(&kube::api::ListParams::default())
            .await
    };
    pods(config.clone()).await.unwrap();
    config.auth_info.impersonate = Some("stranger".to_owned());
    let Err(kube::Error::Api(status)) = pods(config).await else { panic!("it was answered") };
    assert_eq!(status.code, 403);
    assert!(status.message.contains("does not support impersonation"), "{}", status.message);
}

/// The world is locked as long as it is served, and nothing else in its folder.
#[test]
fn others_work_in_the_folder_of_a_world_that_is_served() {
    let run = Serving::run("--sandbox=world.json");
    let serving = Serving::start(&run);
    let base = run.folder().join("prod").display().to_string();
    Mcpctl::new("generate-env time --sandbox").word(&base).run().code(0);
    let world = run.folder().join("world.json").display().to_string();
    let ran = Mcpctl::of(["list", &format!("--sandbox={world}")]).run().code(1);
    let kubeconfig = serving.kubeconfig.display().to_string();
    ran.says("cannot lock `")
        .says("`mcpctl sandbox serve` is serving it")
        .says(&format!("`export KUBECONFIG={kubeconfig}`"));
    assert_eq!(serving.end(Signal::SIGINT).0, 0);
    let left: Vec<_> = std::fs::read_dir(run.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".lock")), "{left:?}");
}
