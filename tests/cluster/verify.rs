//! `verify` on a node that really runs pods: a real server answers, every way to fail has its own diagnosis, and no
//! pod is left, whatever ends it.

use std::process::Child;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::node::needs_a_node;
use super::pod::age_beyond;
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::{Mcpctl, Ran, signal};
use crate::support::recording_proxy::Proxy;

/// Servers that fail in every way.
const CATALOG: &str = include_str!("verify.yaml");

/// A run with the catalog of failing servers.
fn failing(run: Mcpctl) -> Mcpctl {
    run.file("catalog.yaml", CATALOG).env("MCPCTL_CATALOG", "catalog.yaml")
}

/// The ConfigMap and the Secret that the servers get.
fn fill(place: &Place, url: &str) {
    place.create("configmaps", &json!({"metadata": {"name": "mcp-gateway-config"}, "data": {"GRAFANA_URL": url}}));
    let data = json!({"dies.token": "canary-token", "grafana.api_key": "canary-key"});
    place.create("secrets", &json!({"metadata": {"name": "mcp-gateway-secrets"}, "stringData": data}));
}

/// The verdict on a server.
fn verdict<'a>(all: &'a Value, server: &str) -> &'a Value {
    all.as_array().unwrap().iter().find(|one| one["name"] == server).unwrap_or_else(|| panic!("no {server}: {all}"))
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn provision_ends_with_a_real_server_that_answers() {
    needs_a_node();
    let place = Place::new("verify-provision");
    let line = "provision grafana --base prod --set grafana.url=http://grafana:3000 --set grafana.api_key=- \
                --skip images --verify -o json";
    let ran = with_catalog(place.mcpctl(line)).input("canary-key\n").run().code(0).says("grafana answers (81 tools)");
    let all = ran.json();
    let verdict = verdict(&all, "grafana");
    assert_eq!((&verdict["result"], verdict["tools"].as_array().unwrap().len()), (&json!("answers"), 81));
    assert!(verdict["tools"].as_array().unwrap().contains(&json!("search_dashboards")));
    assert_eq!(place.names("pods"), [""; 0]);
    // what is there by now is enough, with the derived catalog and without it
    let ran = with_catalog(place.mcpctl("verify grafana").after(ran)).run().code(0).gives("answers");
    with_catalog(place.mcpctl("verify grafana --base prod").after(ran)).run().code(0).gives("81");
    assert_eq!(place.names("pods"), [""; 0]);
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn each_way_to_fail_has_its_own_diagnosis_and_no_pod_is_left() {
    needs_a_node();
    let place = Place::new("verify-fails");
    fill(&place, "http://grafana:3000");
    let names = "answers,wrong-image,no-key,garbage,hangs,dies,dies-when-asked,no-program,says-nothing,batch";
    let run = failing(place.words(&["verify", names, "--timeout", "90s", "-o", "json"]));
    let ran = run.run().code(3).says("9 of 10 servers do not answer");
    let all = ran.json();
    for (server, problem, reason) in [
        ("wrong-image", "image", "not found"),
        ("no-key", "values", "key `no-key.token` is missing in Secret `mcp-gateway-secrets`"),
        ("garbage", "not_json", "`no json at all`"),
        ("hangs", "no_answer", "no answer within 1m30s: nothing came on its stdout"),
        ("dies", "exit", "it ended with code 7 before it answered: token ***"),
        ("dies-when-asked", "exit", "it ended with code 9 before it answered: bye"),
        ("says-nothing", "exit", "it ended with code 0 before it answered"),
        ("batch", "protocol", "[{"),
        ("no-program", "not_started", "no-such-program"),
    ] {
        let verdict = verdict(&all, server);
        assert_eq!((&verdict["result"], &verdict["problem"]), (&json!("failed"), &json!(problem)), "{verdict}");
        assert!(verdict["reason"].as_str().unwrap().contains(reason), "{verdict}");
    }
    assert_eq!(verdict(&all, "dies")["log"], json!(["token ***"]));
    assert_eq!(verdict(&all, "dies-when-asked")["log"], json!(["bye"]));
    let hint = verdict(&all, "says-nothing")["hint"].as_str().unwrap();
    assert!(hint.starts_with("its log is empty or cannot be read"), "{hint}");
    assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{}", ran.stderr);
    let answers = verdict(&all, "answers");
    assert_eq!(answers["missing"], json!(["vanished_tool"]));
    assert_eq!(answers["added"].as_array().unwrap().len(), 80);
    assert_eq!(place.names("pods"), [""; 0]);
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn template_text_and_missing_objects_are_failures_of_all() {
    needs_a_node();
    let place = Place::new("verify-values");
    let run = failing(place.mcpctl("verify answers dies -o json")).run().code(1);
    assert!(
        verdict(&run.json(), "dies")["reason"].as_str().unwrap().contains("there is no ConfigMap"),
        "{}",
        run.stdout
    );
    fill(&place, "http://{{host}}:3000");
    let ran = failing(place.mcpctl("verify answers")).run().code(1);
    let ran = ran.says("its variable `GRAFANA_URL` still holds `{{` in ConfigMap `mcp-gateway-config`");
    ran.says("error: 1 server does not answer");
    let line = "provision grafana --base prod --set grafana.url=http://{{host}} --set grafana.api_key=- --skip images \
                --verify --config-name own --secret-name own";
    let ran = with_catalog(place.mcpctl(line)).input("canary-key\n").run();
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    ran.says("still holds `{{` in ConfigMap `own`");
    assert_eq!(place.names("pods"), [""; 0]);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_pod_that_is_not_taken_is_told_with_the_servers_reason() {
    let place = Place::new("verify-rejected");
    place.create("resourcequotas", &json!({"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}));
    place.until("resourcequotas/none", |answer| answer.text.contains("\"used\""));
    let ran = failing(place.mcpctl("verify hangs -o json")).run().code(1).says("exceeded quota: none");
    assert_eq!(verdict(&ran.json(), "hangs")["problem"], "rejected");
    let dry = failing(place.mcpctl("verify hangs --dry-run")).run().code(1);
    dry.says("exceeded quota: none");
    let stranger = failing(place.mcpctl_as(User::Stranger, "verify hangs")).run().code(1);
    stranger.says("user `stranger` may not create pods").says("nothing that servers write is shown");
    assert_eq!(place.names("pods"), [""; 0]);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_dry_run_is_judged_by_the_server_and_makes_nothing() {
    let place = Place::new("verify-dry");
    let before = place.snapshot();
    failing(place.mcpctl("verify hangs dies --dry-run")).run().code(0).gives("starts server hangs").gives("verify");
    failing(place.mcpctl("verify hangs --read-only")).run().code(1).says("refusing to start pods");
    assert_eq!(place.snapshot(), before);
}

/// A verification of a server that never answers, started, with its pod running.
fn under_way(place: &Place, timeout: &str) -> (Mcpctl, Child, String) {
    fill(place, "http://grafana:3000");
    let run = failing(place.words(&["verify", "hangs", "--timeout", timeout]));
    let child = run.start();
    let list = place.until("pods", |answer| answer.text.contains("\"running\":{"));
    let list = list.expect(200);
    let name = list["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    (run, child, name)
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn ctrl_c_removes_the_pod() {
    needs_a_node();
    for (sent, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let place = Place::new("verify-signal");
        let (run, child, pod) = under_way(&place, "5m");
        signal(&child, sent);
        let ran: Ran = run.end_of(child).code(code);
        // a server that does not answer in the moment that is left gets the request all the same
        if !ran.stderr.contains(": 1 pod removed") {
            ran.says("may still be there").says("ends by itself");
        }
        place.until(&format!("pods/{pod}"), |answer| answer.code == 404);
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_server_that_takes_its_time_is_waited_for_after_ctrl_c() {
    let place = Place::new("verify-slow");
    fill(&place, "http://grafana:3000");
    let proxy = Proxy::slow("DELETE", Duration::from_millis(1500));
    let run = failing(place.words(&["verify", "hangs", "--timeout", "5m"]));
    let run = run.env("KUBECONFIG", proxy.kubeconfig().display().to_string());
    let child = run.start();
    place.until("pods", |answer| !answer.json["items"].as_array().unwrap().is_empty());
    signal(&child, Signal::SIGINT);
    run.end_of(child).code(130).says(": 1 pod removed");
    place.until("pods", |answer| answer.json["items"].as_array().unwrap().is_empty());
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn a_killed_run_leaves_a_pod_that_cleanup_finds_and_that_ends_by_itself() {
    needs_a_node();
    let place = Place::new("verify-killed");
    let (run, child, pod) = under_way(&place, "60s");
    signal(&child, Signal::SIGKILL);
    run.end_of(child).code(-1);
    let path = format!("pods/{pod}");
    let left = place.get(&path).expect(200);
    assert_eq!(left["spec"]["activeDeadlineSeconds"], 75);
    assert_eq!(left["metadata"]["labels"]["mcpctl/lifetime-seconds"], "120");
    age_beyond(1);
    let found = place.mcpctl("cleanup --idle 1s --running --dry-run -o json");
    let session = left["metadata"]["labels"]["mcp-gateway.docker.com/session"].as_str().unwrap().to_owned();
    let plan = found.run().code(0);
    assert!(plan.stdout.contains(&pod) && plan.stdout.contains(&session), "{}\n{}", plan.stdout, plan.stderr);
    let ended = |place: &Place| place.get(&path).expect(200)["status"]["phase"] == "Failed";
    for _ in 0..2_400 {
        if ended(&place) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let ended = place.get(&path).expect(200);
    assert_eq!((&ended["status"]["phase"], &ended["status"]["reason"]), (&json!("Failed"), &json!("DeadlineExceeded")));
    place.mcpctl("cleanup --yes --wait").run().code(0).gives(&pod);
    assert_eq!(place.names("pods"), [""; 0]);
}
