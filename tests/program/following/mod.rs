//! After it runs: watches that last, logs that are followed, pods that hold old values.

mod logs;
mod outdated;
mod program;
mod watching;

use kube_sandbox::Sandbox;
use mcpctl::cluster::{Cluster, ConnectOptions, Simulated};
use serde_json::{Value, json};

/// A connection to a world, in the namespace `default`.
fn connect(world: &Sandbox) -> Cluster {
    let simulated = Simulated { client: world.client(), server: "in memory".to_owned() };
    let options = ConnectOptions {
        simulated: Some(simulated),
        namespace: Some("default".to_owned()),
        ..ConnectOptions::default()
    };
    Cluster::connect(options).unwrap()
}

/// A running pod of a gateway, whose container was started when it was made.
fn pod(name: &str, container: &Value) -> Value {
    let mut container = container.clone();
    container["name"] = json!("mcp");
    container["image"] = json!("mcp/time");
    let since = "2026-01-01T00:00:00Z";
    json!({
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": format!("uid-{name}"), "creationTimestamp": since, "labels": {
            "app.kubernetes.io/managed-by": "mcp-gateway", "app.kubernetes.io/name": "time",
            "mcp-gateway.docker.com/session": "s1"}},
        "spec": {"containers": [container], "nodeName": "n"},
        "status": {"phase": "Running", "containerStatuses": [{
            "name": "mcp", "image": "mcp/time", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": since}}, "lastState": {}}]},
    })
}

/// The same, ended with an exit code.
fn ended(name: &str, code: u8) -> Value {
    let mut pod = pod(name, &json!({}));
    pod["status"]["phase"] = json!(if code == 0 { "Succeeded" } else { "Failed" });
    pod["status"]["containerStatuses"][0]["state"] = json!({"terminated": {
        "exitCode": code, "reason": "Error", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z"}});
    pod
}
