//! Pods that are not healthy: each reason once, in the kubelet's words, with the next command.

use std::collections::BTreeMap;

use crate::cluster::pods::Pod;
use crate::shell;

use super::finding::{Finding, some};

const CHECK: &str = "pods";

/// Seconds that a pod may take to start before it counts as stuck.
const STARTING: u64 = 120;

/// One line for each reason; one that says `ok` if there is none.
pub(super) fn look(pods: &[Pod], namespace: &str) -> Vec<Finding> {
    let mut groups: BTreeMap<(String, String), Vec<&Pod>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_unhealthy(pod)) {
        groups.entry((pod.status.to_string(), cause(pod))).or_default().push(pod);
    }
    if groups.is_empty() {
        let running = pods.iter().filter(|pod| pod.is_running()).count();
        return vec![Finding::ok(CHECK, format!("{running} of {} running, none unhealthy", pods.len()))];
    }
    groups.into_iter().map(|((status, cause), pods)| finding(&status, &cause, &pods, namespace)).collect()
}

fn is_unhealthy(pod: &Pod) -> bool {
    if !pod.stuck.is_empty() {
        return true;
    }
    if pod.terminating || &*pod.phase == "Succeeded" {
        return false;
    }
    let starts =
        matches!(&*pod.status, "Pending" | "ContainerCreating" | "PodInitializing") || pod.status.starts_with("Init:");
    if starts {
        return pod.age > STARTING
            || !pod.reason.is_empty()
            || pod.status.contains("Err")
            || pod.status.contains("BackOff");
    }
    &*pod.status != "Running" || pod.ready.ready < pod.ready.total && pod.age > STARTING
}

fn cause(pod: &Pod) -> String {
    if !pod.stuck.is_empty() { pod.stuck.to_string() } else { pod.reason.to_string() }
}

fn finding(status: &str, cause: &str, pods: &[&Pod], namespace: &str) -> Finding {
    let names = some(pods.iter().map(|pod| pod.name.as_str()));
    let found = match cause {
        "" => format!("{names}: {status}"),
        cause if cause.starts_with("terminating") => format!("{names}: {cause}"),
        cause => format!("{names}: {status}: {cause}"),
    };
    let Some(first) = pods.first() else { return Finding::ok(CHECK, found) };
    let next = next(first, cause, namespace);
    // a server that ended is restarted by the next call of a tool; one that cannot start never answers
    let ended = matches!(&*first.phase, "Failed") || !first.stuck.is_empty();
    if ended { Finding::warning(CHECK, found, next) } else { Finding::failed(CHECK, found, next) }
}

fn next(pod: &Pod, cause: &str, namespace: &str) -> String {
    let place = format!("-n {}", shell::word(namespace));
    if !pod.stuck.is_empty() {
        return pod.way_out(false);
    }
    if let Some((key, kind, object)) = missing_key(cause) {
        return match kind {
            "Secret" => format!("`mcpctl set-secret {} {} {place}`", shell::word(object), shell::word(key)),
            _ => format!(
                "`mcpctl provision {} --base BASE --config-name {} {place}` sets it",
                shell::word(&pod.server),
                shell::word(object)
            ),
        };
    }
    for (kind, flag) in [("secret", "--secret-name"), ("configmap", "--config-name")] {
        if let Some(object) = missing_object(cause, kind) {
            return format!(
                "`mcpctl provision {} --base BASE {flag} {} {place}` creates it",
                shell::word(&pod.server),
                shell::word(object)
            );
        }
    }
    let pull = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];
    if pull.iter().any(|word| pod.status.contains(word)) {
        return "the nodes cannot get the image: look at the line `image strategy`".to_owned();
    }
    if &*pod.phase == "Pending" {
        return format!("`kubectl describe pod {} {place}` shows its events", shell::word(&pod.name));
    }
    format!("`mcpctl logs {} {place}`", shell::word(&pod.name))
}

/// Key, kind and name in `couldn't find key KEY in Secret NAMESPACE/NAME`, the kubelet's words.
fn missing_key(cause: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = cause.split_once("couldn't find key ")?;
    let (key, rest) = rest.split_once(" in ")?;
    let (kind, object) = rest.split_once(' ')?;
    let object = object.split([' ', ';', ',']).next()?;
    Some((key, kind, object.rsplit('/').next()?))
}

/// The name in `secret "NAME" not found`.
fn missing_object<'a>(cause: &'a str, kind: &str) -> Option<&'a str> {
    let (_, rest) = cause.split_once(&format!("{kind} \""))?;
    let (name, rest) = rest.split_once('"')?;
    rest.trim_start().starts_with("not found").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(status: &serde_json::Value, metadata: &serde_json::Value) -> Pod {
        let mut object = json!({
            "metadata": {"name": "p", "namespace": "mcp", "creationTimestamp": "2026-01-01T00:00:00Z",
                         "labels": {"app.kubernetes.io/name": "grafana"}},
            "spec": {"containers": [{"name": "mcp"}]}, "status": status,
        });
        for (key, value) in metadata.as_object().into_iter().flatten() {
            object["metadata"][key] = value.clone();
        }
        Pod::from_json(object.to_string().as_bytes(), "2026-01-01T01:00:00Z".parse().unwrap()).unwrap()
    }

    fn waiting(reason: &str, message: &str) -> serde_json::Value {
        json!({"phase": "Pending", "containerStatuses": [
            {"name": "mcp", "state": {"waiting": {"reason": reason, "message": message}}}]})
    }

    #[test]
    fn each_unhealthy_pod_has_its_reason_and_next_step() {
        let none = json!({});
        let held = json!({"deletionTimestamp": "2026-01-01T00:30:00Z", "finalizers": ["example.com/keep"]});
        let running = json!({"phase": "Running", "containerStatuses": [{"name": "mcp", "ready": true, "state": {"running": {}}}]});
        let ended = |code: u8| {
            json!({"phase": if code == 0 { "Succeeded" } else { "Failed" }, "containerStatuses": [
            {"name": "mcp", "state": {"terminated": {"exitCode": code, "reason": if code == 0 { "Completed" } else { "Error" }}}}]})
        };
        let unscheduled = json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]});
        let table = [
            ("healthy", pod(&running, &none), "ok", ""),
            ("completed", pod(&ended(0), &none), "ok", ""),
            (
                "a key",
                pod(
                    &waiting("CreateContainerConfigError", "couldn't find key grafana.api_key in Secret mcp/team"),
                    &none,
                ),
                "failed",
                "set-secret team grafana.api_key -n mcp",
            ),
            (
                "a key of a configmap",
                pod(&waiting("CreateContainerConfigError", "couldn't find key url in ConfigMap mcp/team"), &none),
                "failed",
                "--config-name team",
            ),
            (
                "a secret",
                pod(&waiting("CreateContainerConfigError", "secret \"team\" not found"), &none),
                "failed",
                "--secret-name team",
            ),
            ("an image", pod(&waiting("ImagePullBackOff", "back-off"), &none), "failed", "image strategy"),
            ("no node", pod(&unscheduled, &none), "failed", "kubectl describe pod p -n mcp"),
            ("starting for an hour", pod(&waiting("ContainerCreating", ""), &none), "failed", "kubectl describe"),
            ("ended", pod(&ended(2), &none), "warning", "mcpctl logs p -n mcp"),
            ("held", pod(&running, &held), "warning", "finalizer"),
            ("held after its end", pod(&ended(0), &held), "warning", "finalizer"),
        ];
        for (name, pod, state, next) in table {
            let rows = look(std::slice::from_ref(&pod), "mcp").remove(0).rows(None);
            assert_eq!(rows[0][1], state, "{name}: {rows:?}");
            assert!(rows.last().unwrap()[2].contains(next), "{name}: {rows:?}");
        }
    }

    #[test]
    fn pods_with_one_reason_are_one_line() {
        let broken = || pod(&waiting("CreateContainerConfigError", "secret \"team\" not found"), &json!({}));
        assert_eq!(look(&[broken(), broken(), broken()], "mcp").len(), 1);
    }
}
