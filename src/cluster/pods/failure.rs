//! Why a pod failed, with exit code and time: what a status says of it, and what a list of many pods does without.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::Pod;

/// What containers wait for when all is well.
const HEALTHY: [&str; 3] = ["", "ContainerCreating", "PodInitializing"];

/// The last failure of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The pod.
    pub pod: String,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its MCP server.
    pub server: Arc<str>,
    /// Its session.
    pub session: Arc<str>,
    /// One word: `Error`, `OOMKilled`, `ImagePullBackOff`, `Evicted`.
    pub reason: String,
    /// The container's exit code; `None` if none ended.
    pub exit_code: Option<i32>,
    /// The kubelet's or scheduler's words; empty if there are none.
    pub message: String,
    /// When it happened; of what never started, when the pod was made.
    pub at: Timestamp,
}

/// The fields of a pod that tell of failures.
#[derive(Deserialize)]
pub(super) struct Fields<'a> {
    #[serde(borrow, default)]
    status: Status<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow, default)]
    phase: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow, default)]
    container_statuses: Option<Vec<Container<'a>>>,
    #[serde(borrow, default)]
    init_container_statuses: Option<Vec<Container<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(default)]
    last_transition_time: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow, default)]
    state: ContainerState<'a>,
    #[serde(borrow, default)]
    last_state: ContainerState<'a>,
}

#[derive(Deserialize, Default)]
struct ContainerState<'a> {
    #[serde(borrow, default)]
    waiting: Option<Waiting<'a>>,
    #[serde(borrow, default)]
    terminated: Option<Terminated<'a>>,
}

#[derive(Deserialize)]
struct Waiting<'a> {
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terminated<'a> {
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    signal: i32,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(default)]
    finished_at: Option<Timestamp>,
}

impl Terminated<'_> {
    fn failed(&self) -> bool {
        self.exit_code != 0 || self.signal != 0
    }
}

/// What is known of a failure beside its pod.
struct What {
    reason: String,
    exit_code: Option<i32>,
    message: String,
    at: Option<Timestamp>,
}

impl Fields<'_> {
    /// The last failure of the pod, if it has one: of a container that ended, now or before its restart, else of one
    /// that cannot start, else of the pod.
    pub(super) fn failure(&self, pod: &Pod) -> Option<Failure> {
        let what = self.ended().or_else(|| self.stuck()).or_else(|| self.whole())?;
        Some(Failure {
            pod: pod.name.clone(),
            namespace: Arc::clone(&pod.namespace),
            server: Arc::clone(&pod.server),
            session: Arc::clone(&pod.session),
            reason: what.reason,
            exit_code: what.exit_code,
            message: what.message.trim().to_owned(),
            at: what.at.unwrap_or(pod.created),
        })
    }

    fn containers(&self) -> impl Iterator<Item = &Container<'_>> {
        let first = self.status.init_container_statuses.iter().flatten();
        first.chain(self.status.container_statuses.iter().flatten())
    }

    fn ended(&self) -> Option<What> {
        let states = self.containers().flat_map(|container| [&container.state, &container.last_state]);
        let ended = states.filter_map(|state| state.terminated.as_ref()).filter(|ended| ended.failed());
        let last = ended.max_by_key(|ended| ended.finished_at)?;
        let reason = match (&*last.reason, last.signal) {
            ("", 0) => "Error".to_owned(),
            ("", signal) => format!("Signal:{signal}"),
            (reason, _) => reason.to_owned(),
        };
        let message = last.message.to_string();
        Some(What { reason, exit_code: Some(last.exit_code), message, at: last.finished_at })
    }

    fn stuck(&self) -> Option<What> {
        let mut waiting = self.containers().filter_map(|container| container.state.waiting.as_ref());
        let stuck = waiting.find(|waiting| !HEALTHY.contains(&&*waiting.reason))?;
        let (reason, message) = (stuck.reason.to_string(), stuck.message.to_string());
        Some(What { reason, exit_code: None, message, at: None })
    }

    fn whole(&self) -> Option<What> {
        let status = &self.status;
        if status.phase == "Failed" {
            let reason = if status.reason.is_empty() { "Failed" } else { &status.reason };
            let (reason, message) = (reason.to_owned(), status.message.to_string());
            return Some(What { reason, exit_code: None, message, at: None });
        }
        let mut conditions = status.conditions.iter().flatten();
        let unmet = conditions.find(|c| c.kind == "PodScheduled" && c.status == "False")?;
        let (reason, message) = (unmet.reason.to_string(), unmet.message.to_string());
        Some(What { reason, exit_code: None, message, at: unmet.last_transition_time })
    }
}

#[cfg(test)]
mod tests {
    use super::super::slim::{SlimPod, Texts};
    use super::*;
    use serde_json::{Value, json};

    fn failure(status: &Value) -> Option<(String, Option<i32>, String, String)> {
        let text = json!({
            "metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"}, "status": status,
        })
        .to_string();
        let pod: SlimPod<'_> = serde_json::from_str(&text).unwrap();
        let pod = pod.into_pod(&mut Texts::default(), "2026-01-01T01:00:00Z".parse().unwrap());
        let fields: Fields<'_> = serde_json::from_str(&text).unwrap();
        fields.failure(&pod).map(|f| (f.reason, f.exit_code, f.message, f.at.to_string()))
    }

    fn told(reason: &str, code: Option<i32>, message: &str, at: &str) -> Option<(String, Option<i32>, String, String)> {
        Some((reason.to_owned(), code, message.to_owned(), format!("2026-01-01T{at}Z")))
    }

    #[test]
    fn a_container_that_ended_tells_code_and_time() {
        let ended =
            json!({"exitCode": 2, "reason": "Error", "message": "no url\n", "finishedAt": "2026-01-01T00:05:00Z"});
        let now = json!({"phase": "Failed", "containerStatuses": [{"state": {"terminated": ended}}]});
        assert_eq!(failure(&now), told("Error", Some(2), "no url", "00:05:00"));
        let again = json!({"phase": "Running", "containerStatuses": [
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}]});
        assert_eq!(failure(&again), told("Error", Some(2), "no url", "00:05:00"));
        let recovered = json!({"phase": "Running", "containerStatuses": [
            {"state": {"running": {}}, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]});
        assert_eq!(failure(&recovered), told("OOMKilled", Some(137), "", "00:00:00"));
    }

    #[test]
    fn what_never_started_tells_why() {
        let stuck = json!({"phase": "Pending", "containerStatuses": [
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": "couldn't find key a"}}}]});
        assert_eq!(failure(&stuck), told("CreateContainerConfigError", None, "couldn't find key a", "00:00:00"));
        let evicted = json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"});
        assert_eq!(failure(&evicted), told("Evicted", None, "low on memory", "00:00:00"));
        let homeless = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/1 nodes", "lastTransitionTime": "2026-01-01T00:01:00Z"}]});
        assert_eq!(failure(&homeless), told("Unschedulable", None, "0/1 nodes", "00:01:00"));
    }

    #[test]
    fn what_is_well_has_none() {
        for status in [
            json!({"phase": "Running", "containerStatuses": [{"state": {"running": {}}}]}),
            json!({"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {"exitCode": 0}}}]}),
            json!({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}),
            json!({}),
        ] {
            assert_eq!(failure(&status), None, "{status}");
        }
    }
}
