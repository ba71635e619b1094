//! `status`, `logs` and rotation on the real server; with a node, on pods that really run.

use std::io::{BufRead as _, BufReader};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::node::needs_a_node;
use super::pod::{SESSION, gateway_pod};
use crate::support::cluster_namespace::Place;
use crate::support::program::signal;

/// A pod of a gateway that runs a shell script, with variables from the ConfigMap `c` and the key `k` of the Secret `s`.
fn shell(name: &str, script: &str, variables: bool) -> Value {
    let mut pod = gateway_pod(name, "time", SESSION);
    let container = &mut pod["spec"]["containers"][0];
    container["image"] = json!("busybox");
    container["command"] = json!(["sh", "-c", script]);
    if variables {
        container["envFrom"] = json!([{"configMapRef": {"name": "c"}}]);
        container["env"] = json!([{"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    }
    let spec = pod["spec"].as_object_mut().unwrap();
    spec.remove("schedulerName");
    spec.insert("terminationGracePeriodSeconds".to_owned(), json!(0));
    pod
}

fn runs(place: &Place, pod: &str) {
    place.until(&format!("pods/{pod}"), |answer| answer.json["status"]["phase"] == "Running");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_status_is_shown_again_as_the_cluster_changes() {
    let place = Place::new("status");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let run = place.mcpctl("status --watch -o json");
    let mut child = run.start();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut document = || {
        let mut text = String::new();
        while !text.ends_with("]\n") || text.lines().last().is_none_or(|line| line != "]") {
            assert!(out.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        }
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(document()[0]["sessions"][0]["pods"].as_array().unwrap().len(), 1);
    place.create("pods", &gateway_pod("mcp-time-2", "time", SESSION));
    while document()[0]["sessions"][0]["pods"].as_array().unwrap().len() < 2 {}
    signal(&child, Signal::SIGINT);
    run.end_of(child).code(130);
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn logs_of_real_pods_are_followed_to_their_end_and_later_ones_too() {
    needs_a_node();
    let place = Place::new("logs");
    let script = "for n in $(seq 20); do echo $HOSTNAME line $n; sleep 1; done";
    place.create("pods", &shell("mcp-time-1", script, false));
    runs(&place, "mcp-time-1");
    let run = place.mcpctl("logs time -f --tail -1");
    let child = run.start();
    place.create("pods", &shell("mcp-time-2", script, false));
    let ran = run.end_of(child).code(0);
    let of = |pod: &str| ran.stdout.lines().filter(|line| line.starts_with(&format!("{pod} | "))).collect::<Vec<_>>();
    for pod in ["mcp-time-1", "mcp-time-2"] {
        let expected: Vec<String> = (1..=20).map(|n| format!("{pod} | {pod} line {n}")).collect();
        assert_eq!(of(pod), expected, "{}", ran.stderr);
    }
    let ended = place.mcpctl("logs mcp-time-1 --tail 2").run().code(0);
    ended.stdout("mcp-time-1 line 19\nmcp-time-1 line 20\n");
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn a_failure_has_its_exit_code() {
    needs_a_node();
    let place = Place::new("failure");
    place.create("pods", &shell("mcp-time-1", "exit 7", false));
    place.until("pods/mcp-time-1", |answer| answer.json["status"]["phase"] == "Failed");
    let status = place.mcpctl("status -o json").run().code(0).json();
    assert_eq!(
        (&status[0]["last_failure"]["exit_code"], &status[0]["last_failure"]["reason"]),
        (&json!(7), &json!("Error"))
    );
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn pods_with_old_values_are_named_and_go_when_asked() {
    needs_a_node();
    let place = Place::new("rotation");
    place.mcpctl("populate-secret s.env s").file("s.env", "k=canary-one\nother=canary-x\n").run().code(0);
    place.mcpctl("populate-configmap c.env c").file("c.env", "URL=http://a\n").run().code(0);
    place.create("pods", &shell("mcp-time-1", "sleep 1000", true));
    place.create("pods", &shell("mcp-free-1", "sleep 1000", false));
    for pod in ["mcp-time-1", "mcp-free-1"] {
        runs(&place, pod);
    }
    // a start and a change within one second cannot be told apart
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let other = place.mcpctl("populate-secret s.env s").file("s.env", "k=canary-one\nother=canary-y\n").run().code(0);
    assert!(!other.stderr.contains("outdated values"), "{}", other.stderr);
    let told = place.mcpctl("populate-secret s.env s").file("s.env", "k=canary-two\nother=canary-y\n").run().code(0);
    let told = told.says("1 running pod with outdated values").says("mcp-time-1");
    assert!(!told.stderr.contains("mcp-free-1") && !told.stderr.contains("canary"), "{}", told.stderr);
    let refused = place.mcpctl("populate-configmap c.env c --restart").file("c.env", "URL=http://b\n").run().code(1);
    refused.says("refusing to delete 1 pod without a confirmation");
    let again = place.mcpctl("populate-configmap c.env c --restart --yes").file("c.env", "URL=http://b\n").run();
    again.code(0);
    place.until("pods", |answer| answer.json["items"].as_array().unwrap().len() == 1);
}
