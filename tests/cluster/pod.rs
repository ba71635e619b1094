//! Pods as the gateway makes them, and some that it did not make.

use serde_json::{Value, json};

/// A session of the tests.
pub(super) const SESSION: &str = "mcp-gateway-e2e00001";

/// Waits until all that was made so far is older than that many seconds: the server's clock tells whole ones, and
/// something that was made in the second before is as old as something of this one.
pub(super) fn age_beyond(seconds: u64) {
    std::thread::sleep(std::time::Duration::from_millis(seconds * 1000 + 1100));
}

/// A pod of the gateway that no node runs.
pub(super) fn gateway_pod(name: &str, server: &str, session: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {
            "app": "mcp-server",
            "server": server,
            "runtime": "kubernetes",
            "app.kubernetes.io/managed-by": "mcp-gateway",
            "app.kubernetes.io/component": "mcp-server",
            "app.kubernetes.io/name": server,
            "app.kubernetes.io/instance": session,
            "mcp-gateway.docker.com/session": session,
        }},
        "spec": {
            "schedulerName": "none",
            "automountServiceAccountToken": false,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [{"name": "mcp", "image": "busybox", "stdin": true}],
        },
    })
}

/// The same pod with the labels of a session, but of somebody else's making.
pub(super) fn foreign_pod(name: &str, session: &str) -> Value {
    let mut pod = gateway_pod(name, "time", session);
    pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("somebody-else");
    pod
}

/// Several pods of one session, `mcp-PREFIX-0` and so on.
pub(super) fn gateway_pods(prefix: &str, count: usize, session: &str) -> Vec<Value> {
    (0..count).map(|n| gateway_pod(&format!("mcp-{prefix}-{n:04}"), "time", session)).collect()
}
