//! Pods that are not healthy: each reason once, in the kubelet's words, with the next command.

use std::collections::BTreeMap;

use crate::cluster::pods::{Seen, Unhealthy, unhealthy};

use super::finding::{Finding, some};

/// The name of the check.
pub(super) const CHECK: &str = "pods";

/// One line for each reason; one that says `ok` if there is none.
pub(super) fn look(pods: &[Seen]) -> Vec<Finding> {
    let mut groups: BTreeMap<(String, String), Vec<(&Seen, Unhealthy)>> = BTreeMap::new();
    for seen in pods {
        if let Some(unhealthy) = unhealthy(seen) {
            let reason = (seen.pod.status.to_string(), unhealthy.cause.clone());
            groups.entry(reason).or_default().push((seen, unhealthy));
        }
    }
    if groups.is_empty() {
        let running = pods.iter().filter(|seen| seen.pod.is_running()).count();
        return vec![Finding::ok(CHECK, format!("{running} of {} running, none unhealthy", pods.len()))];
    }
    groups.into_iter().map(|((status, cause), pods)| finding(&status, &cause, &pods)).collect()
}

fn finding(status: &str, cause: &str, pods: &[(&Seen, Unhealthy)]) -> Finding {
    let names = some(pods.iter().map(|(seen, _)| seen.pod.name.as_str()));
    let found = match cause {
        "" => format!("{names}: {status}"),
        cause if cause.starts_with("terminating") => format!("{names}: {cause}"),
        cause => format!("{names}: {status}: {cause}"),
    };
    let Some((_, first)) = pods.first() else { return Finding::ok(CHECK, found) };
    // a server that ended is restarted by the next call of a tool; one that cannot start never answers
    match first.has_ended {
        true => Finding::warning(CHECK, found, first.next.clone()),
        false => Finding::failed(CHECK, found, first.next.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::pods::Pod;
    use serde_json::json;

    fn pod(status: &serde_json::Value, metadata: &serde_json::Value) -> Seen {
        let mut object = json!({
            "metadata": {"name": "p", "namespace": "mcp", "creationTimestamp": "2026-01-01T00:00:00Z",
                         "labels": {"app.kubernetes.io/name": "grafana"}},
            "spec": {"containers": [{"name": "mcp"}]}, "status": status,
        });
        for (key, value) in metadata.as_object().into_iter().flatten() {
            object["metadata"][key] = value.clone();
        }
        let pod = Pod::from_json(object.to_string().as_bytes(), "2026-01-01T01:00:00Z".parse().unwrap()).unwrap();
        Seen { pod, failure: None, references: Vec::new() }
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
            let rows = look(std::slice::from_ref(&pod)).remove(0).rows(None);
            assert_eq!(rows[0][1], state, "{name}: {rows:?}");
            assert!(rows.last().unwrap()[2].contains(next), "{name}: {rows:?}");
        }
    }

    #[test]
    fn pods_with_one_reason_are_one_line() {
        let broken = || pod(&waiting("CreateContainerConfigError", "secret \"team\" not found"), &json!({}));
        assert_eq!(look(&[broken(), broken(), broken()]).len(), 1);
    }
}
