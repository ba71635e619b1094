//! Deletion of many pods, of some that cannot be deleted, and in the middle of which somebody presses Ctrl-C.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use super::pod::{SESSION, foreign_pod, gateway_pods};
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::signal;
use crate::support::recording_proxy::Proxy;

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_thousand_pods_go_and_the_foreign_one_stays() {
    let place = Place::new("thousand");
    place.create_all("pods", &gateway_pods("many", 1000, SESSION));
    place.create("pods", &foreign_pod("foreign", SESSION));
    let run = place.mcpctl(&format!("session {SESSION} --yes --wait -o json")).run().code(0);
    let results = run.json();
    assert_eq!(results.as_array().unwrap().iter().filter(|one| one["result"] == "deleted").count(), 1000);
    assert_eq!(place.names("pods"), ["foreign"]);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn some_failures_are_exit_three_and_each_has_its_reason() {
    let place = Place::new("partial");
    place.create_all("pods", &gateway_pods("some", 4, SESSION));
    place.grant(
        User::Provisioner,
        &json!([
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"], "resourceNames": ["mcp-some-0001"]},
        ]),
    );
    let line = format!("session {SESSION} --yes -o json");
    let run = place.mcpctl_as(User::Provisioner, &line).run().code(3).says("3 of 4 changes failed");
    let results = run.json();
    let deleted: Vec<&str> = results
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["result"] == "deleted")
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(deleted, ["mcp-some-0001"]);
    assert!(results[0]["reason"].as_str().unwrap().contains("user `provisioner` may not delete pods"), "{results}");
    let left = ["mcp-some-0000", "mcp-some-0002", "mcp-some-0003"];
    place.until("pods", |answer| answer.json["items"].as_array().unwrap().len() == left.len());
    assert_eq!(place.names("pods"), left);
    let run = place.mcpctl_as(User::Provisioner, &line).run().code(1).says("3 of 3 changes failed");
    assert_eq!(run.json()[2]["result"], "failed");
    assert_eq!(place.names("pods"), left);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_pod_that_does_not_go_is_a_failure_of_wait() {
    let place = Place::new("held");
    let mut pods = gateway_pods("held", 2, SESSION);
    pods[0]["metadata"]["finalizers"] = json!(["example.com/held"]);
    place.create_all("pods", &pods);
    let expression =
        format!("pods::delete(pods::list(#{{ session: \"{SESSION}\" }}), #{{ wait: true, timeout: \"10s\" }})");
    let run = place.eval_as(User::Admin, &expression).word("--yes").word("-o").word("json").run().code(3);
    let run = run.says("waiting for pod `mcp-held-0000`: terminating, held by example.com/held");
    assert_eq!(run.json()[0]["result"], "terminating");
    assert!(run.json()[0]["reason"].as_str().unwrap().contains("held by example.com/held"), "{}", run.stdout);
    assert_eq!(run.json()[1]["result"], "deleted");
    place.merge("pods/mcp-held-0000", &json!({"metadata": {"finalizers": null}}));
    let wait = format!("pods::wait(#{{ session: \"{SESSION}\", gone: true }})");
    place.eval_as(User::Admin, &wait).word("-o").word("json").run().code(0).stdout("[]\n");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_wait_that_ends_in_vain_says_what_was_seen() {
    let place = Place::new("wait");
    place.create_all("pods", &gateway_pods("wait", 2, SESSION));
    let wait =
        |wish: &str| place.eval_as(User::Admin, &format!("pods::wait(#{{ {wish}, timeout: \"1s\" }}).len()")).run();
    wait("count: 2").code(0).stdout("2\n");
    wait("running: 1").code(1).says("wanted 1 running").says("last seen: 2 Pending");
    wait("gone: true").code(1).says("wanted none");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn an_interrupt_tells_what_was_done_by_then() {
    let place = Place::new("interrupt");
    place.create_all("pods", &gateway_pods("late", 400, SESSION));
    let proxy = Proxy::slow("DELETE", Duration::from_secs(2));
    let run =
        place.mcpctl(&format!("session {SESSION} --yes")).env("KUBECONFIG", proxy.kubeconfig().display().to_string());
    let child = run.start();
    let begun = Instant::now();
    // more than are sent at once, so that some are answered
    while proxy.changes().len() < 140 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", proxy.requests());
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&child, Signal::SIGINT);
    let pressed = Instant::now();
    let ran = run.end_of(child).code(130);
    // the promise is one second; a loaded machine gets more, a hang does not
    assert!(pressed.elapsed() < Duration::from_secs(10));
    let told =
        ran.stderr.lines().find(|line| line.starts_with("interrupted:")).unwrap_or_else(|| panic!("{}", ran.stderr));
    assert!(told.contains("deleted") && told.contains("unknown"), "{told}");
    assert!(proxy.changes().len() < 400, "all were sent");
}
