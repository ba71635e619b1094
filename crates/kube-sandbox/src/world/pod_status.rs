//! The status of pods as the kubelet writes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::rfc3339;

/// The node to which every pod of a sandbox is scheduled.
pub const NODE: &str = "sandbox-node";

/// The status of a container (an item of `spec.containers`) in a state, such as `{"running": {"startedAt": …}}`, as an
/// item of `status.containerStatuses`.
#[must_use]
pub fn container_status(container: &Value, ready: bool, state: &Value) -> Value {
    json!({
        "name": container["name"], "state": state, "lastState": {}, "ready": ready, "restartCount": 0,
        "image": container["image"], "imageID": "", "started": ready,
    })
}

/// The status of a pod that was scheduled at a time, for pods that a test [inserts](crate::World::insert).
#[must_use]
pub fn pod_status(phase: &str, ready: bool, since: Timestamp, containers: Vec<Value>) -> Value {
    let flag = if ready { "True" } else { "False" };
    let since = rfc3339(since);
    json!({
        "phase": phase,
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": since},
            {"type": "ContainersReady", "status": flag, "lastProbeTime": null, "lastTransitionTime": since},
            {"type": "Ready", "status": flag, "lastProbeTime": null, "lastTransitionTime": since},
        ],
        "hostIP": "192.0.2.1",
        "podIP": format!("10.1.{}.{}", fastrand::u8(0..=250), fastrand::u8(1..=250)),
        "startTime": since,
        "containerStatuses": Value::Array(containers),
        "qosClass": "BestEffort",
    })
}
