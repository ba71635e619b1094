//! A pod's status in the words that kubectl prints, and why it is not well in the kubelet's own words.
//!
//! The words are those of kubectl 1.34's pod table: what went wrong last counts more than the phase.

use super::Ready;
use super::slim::{ContainerState, ContainerStatus, SlimPod, Terminated};

/// What the fields of a pod come to.
pub(super) struct Verdict {
    /// kubectl's word.
    pub(super) word: String,
    /// Why, in the kubelet's or scheduler's words; empty if nobody says.
    pub(super) reason: String,
    /// Ready containers of all.
    pub(super) ready: Ready,
    /// How often containers were started again.
    pub(super) restarts: u32,
}

/// Judges a pod.
pub(super) fn judge(pod: &SlimPod<'_>) -> Verdict {
    let status = &pod.status;
    let mut word = if status.reason.is_empty() { status.phase.to_string() } else { status.reason.to_string() };
    if pod.scheduled().is_some_and(|reason| reason == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut word);
    }
    let start = Start::of(pod);
    let mut ready = start.ready;
    let mut restarts = start.restarts;
    if let Some(step) = start.step {
        word = step;
    }
    if !start.unfinished || pod.condition("Initialized") {
        let main = Main::of(pod);
        ready += main.ready;
        restarts = start.sidecar_restarts + main.restarts;
        if let Some(last) = main.word {
            word = last;
        }
        if word == "Completed" && main.running {
            word = if pod.condition("Ready") { "Running" } else { "NotReady" }.to_owned();
        }
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason == "NodeLost" {
            "Unknown".clone_into(&mut word);
        } else if !matches!(&*status.phase, "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut word);
        }
    }
    if word.is_empty() {
        // an object that no server made: an empty cell would say nothing
        "Unknown".clone_into(&mut word);
    }
    let sidecars = pod.init_containers().filter(|c| c.is_sidecar()).count();
    let total = u32::try_from(pod.spec.containers.len() + sidecars).unwrap_or(u32::MAX);
    Verdict { word, reason: why(pod), ready: Ready { ready: ready.min(total), total }, restarts }
}

/// How far the init containers are.
#[derive(Default)]
struct Start {
    /// The word, where they are what the pod waits for.
    step: Option<String>,
    unfinished: bool,
    ready: u32,
    restarts: u32,
    sidecar_restarts: u32,
}

impl Start {
    fn of(pod: &SlimPod<'_>) -> Self {
        let mut start = Self::default();
        let total = pod.init_containers().count();
        for (index, container) in pod.status.init_container_statuses.iter().flatten().enumerate() {
            let sidecar = pod.init_containers().any(|c| c.name == container.name && c.is_sidecar());
            start.restarts += container.restart_count;
            if sidecar {
                start.sidecar_restarts += container.restart_count;
            }
            if container.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0) {
                continue;
            }
            if sidecar && container.started == Some(true) {
                start.ready += u32::from(container.ready);
                continue;
            }
            start.unfinished = true;
            start.step = Some(format!("Init:{}", initial_step(&container.state, index, total)));
            break;
        }
        start
    }
}

fn initial_step(state: &ContainerState<'_>, index: usize, total: usize) -> String {
    if let Some(ended) = &state.terminated {
        return ending(ended);
    }
    match &state.waiting {
        Some(waiting) if !waiting.reason.is_empty() && waiting.reason != "PodInitializing" => {
            waiting.reason.to_string()
        }
        _ => format!("{index}/{total}"),
    }
}

/// What the main containers do.
#[derive(Default)]
struct Main {
    /// The word of the first container that has one.
    word: Option<String>,
    running: bool,
    ready: u32,
    restarts: u32,
}

impl Main {
    fn of(pod: &SlimPod<'_>) -> Self {
        let mut main = Self::default();
        for container in pod.status.container_statuses.iter().flatten().rev() {
            main.restarts += container.restart_count;
            let state = &container.state;
            if let Some(waiting) = state.waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
                main.word = Some(waiting.reason.to_string());
            } else if let Some(ended) = &state.terminated {
                main.word = Some(ending(ended));
            } else if container.ready && state.running.is_some() {
                main.running = true;
                main.ready += 1;
            }
        }
        main
    }
}

/// The word for a container that has ended.
fn ending(ended: &Terminated<'_>) -> String {
    match (ended.reason.is_empty(), ended.signal) {
        (false, _) => ended.reason.to_string(),
        (true, 0) => format!("ExitCode:{}", ended.exit_code),
        (true, signal) => format!("Signal:{signal}"),
    }
}

/// Why a pod is not well: a container's message first, then the pod's, then the scheduler's.
fn why(pod: &SlimPod<'_>) -> String {
    let containers = pod.status.init_container_statuses.iter().flatten();
    let containers = containers.chain(pod.status.container_statuses.iter().flatten());
    if let Some(reason) = containers.map(container_reason).find(|reason| !reason.is_empty()) {
        return reason;
    }
    if !pod.status.message.is_empty() {
        return pod.status.message.to_string();
    }
    let conditions = pod.status.conditions.iter().flatten();
    let unmet = conditions.filter(|c| c.kind == "PodScheduled" && c.status == "False");
    unmet.map(|c| c.message.to_string()).next().unwrap_or_default()
}

fn container_reason(container: &ContainerStatus<'_>) -> String {
    if let Some(waiting) = container.state.waiting.as_ref().filter(|waiting| !waiting.message.is_empty()) {
        return match &container.last_state.terminated {
            Some(last) => format!("{}; last: {}", waiting.message, ending_reason(last)),
            None => waiting.message.to_string(),
        };
    }
    match &container.state.terminated {
        Some(ended) if ended.exit_code != 0 || ended.signal != 0 => ending_reason(ended),
        _ => String::new(),
    }
}

fn ending_reason(ended: &Terminated<'_>) -> String {
    let mut reason = match ended.signal {
        0 => format!("exit code {}", ended.exit_code),
        signal => format!("signal {signal}"),
    };
    if !matches!(&*ended.reason, "" | "Error" | "Completed") {
        reason = format!("{reason} ({})", ended.reason);
    }
    let message = ended.message.trim();
    if message.is_empty() { reason } else { format!("{reason}: {message}") }
}

impl<'a> SlimPod<'a> {
    fn init_containers(&self) -> impl Iterator<Item = &super::slim::Container<'a>> {
        self.spec.init_containers.iter().flatten()
    }

    fn condition(&self, kind: &str) -> bool {
        self.status.conditions.iter().flatten().any(|c| c.kind == kind && c.status == "True")
    }

    fn scheduled(&self) -> Option<&str> {
        self.status.conditions.iter().flatten().find(|c| c.kind == "PodScheduled").map(|c| &*c.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn judged(mut pod: Value) -> Verdict {
        let object = pod.as_object_mut().unwrap();
        object.entry("metadata").or_insert(json!({}));
        object.entry("spec").or_insert(json!({"containers": [{"name": "mcp"}]}));
        let text = pod.to_string();
        judge(&serde_json::from_str(&text).unwrap())
    }

    fn word(pod: Value) -> String {
        judged(pod).word
    }

    fn container(state: &Value) -> Value {
        json!({"status": {"phase": "Running", "containerStatuses": [{"name": "mcp", "state": state}]}})
    }

    fn init(state: &Value) -> Value {
        json!({
            "spec": {"containers": [{"name": "mcp"}], "initContainers": [{"name": "one"}, {"name": "two"}]},
            "status": {"phase": "Pending", "initContainerStatuses": [
                {"name": "one", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
                {"name": "two", "state": state},
            ], "containerStatuses": [{"name": "mcp", "state": {"waiting": {"reason": "PodInitializing"}}}]},
        })
    }

    #[test]
    fn the_words_are_those_of_kubectl() {
        let deleted = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
        let table = [
            (json!({"status": {"phase": "Pending"}}), "Pending"),
            (json!({"status": {"phase": "Failed", "reason": "Evicted"}}), "Evicted"),
            (json!({"status": {"phase": "Pending", "conditions": gated}}), "SchedulingGated"),
            (container(&json!({"running": {}})), "Running"),
            (container(&json!({"waiting": {"reason": "ContainerCreating"}})), "ContainerCreating"),
            (container(&json!({"waiting": {"reason": "CrashLoopBackOff"}})), "CrashLoopBackOff"),
            (container(&json!({"waiting": {"reason": "CreateContainerConfigError"}})), "CreateContainerConfigError"),
            (container(&json!({"waiting": {"reason": "ImagePullBackOff"}})), "ImagePullBackOff"),
            (container(&json!({"waiting": {}})), "Running"),
            (container(&json!({"terminated": {"exitCode": 0, "reason": "Completed"}})), "Completed"),
            (container(&json!({"terminated": {"exitCode": 1, "reason": "Error"}})), "Error"),
            (container(&json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})), "OOMKilled"),
            (container(&json!({"terminated": {"exitCode": 3}})), "ExitCode:3"),
            (container(&json!({"terminated": {"exitCode": 137, "signal": 9}})), "Signal:9"),
            (init(&json!({"running": {}})), "Init:1/2"),
            (init(&json!({"waiting": {"reason": "PodInitializing"}})), "Init:1/2"),
            (init(&json!({"waiting": {"reason": "ImagePullBackOff"}})), "Init:ImagePullBackOff"),
            (init(&json!({"terminated": {"exitCode": 1, "reason": "Error"}})), "Init:Error"),
            (init(&json!({"terminated": {"exitCode": 2}})), "Init:ExitCode:2"),
            (init(&json!({"terminated": {"exitCode": 2, "signal": 15}})), "Init:Signal:15"),
            (json!({"metadata": deleted, "status": {"phase": "Running"}}), "Terminating"),
            (json!({"metadata": deleted, "status": {"phase": "Succeeded"}}), "Succeeded"),
            (json!({"metadata": deleted, "status": {"phase": "Running", "reason": "NodeLost"}}), "Unknown"),
        ];
        for (pod, expected) in table {
            assert_eq!(word(pod.clone()), expected, "{pod}");
        }
    }

    #[test]
    fn a_running_container_beside_a_completed_one_counts() {
        let pod = |conditions: Value| {
            json!({
                "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
                "status": {"phase": "Running", "conditions": conditions, "containerStatuses": [
                    {"name": "a", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}, "restartCount": 2},
                    {"name": "b", "ready": true, "state": {"running": {}}, "restartCount": 1},
                ]},
            })
        };
        let verdict = judged(pod(json!([{"type": "Ready", "status": "True"}])));
        assert_eq!(
            (verdict.word.as_str(), verdict.ready.to_string().as_str(), verdict.restarts),
            ("Running", "1/2", 3)
        );
        assert_eq!(word(pod(json!([]))), "NotReady");
    }

    #[test]
    fn a_sidecar_counts_as_a_container() {
        let verdict = judged(json!({
            "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "log", "restartPolicy": "Always"}]},
            "status": {"phase": "Running",
                "initContainerStatuses": [
                    {"name": "log", "ready": true, "started": true, "state": {"running": {}}, "restartCount": 4},
                ],
                "containerStatuses": [{"name": "a", "ready": true, "state": {"running": {}}, "restartCount": 1}]},
        }));
        assert_eq!(
            (verdict.word.as_str(), verdict.ready.to_string().as_str(), verdict.restarts),
            ("Running", "2/2", 5)
        );
    }

    #[test]
    fn the_reason_is_the_kubelets_own() {
        let missing = "couldn't find key grafana.api_key in Secret mcp/mcp-gateway-secrets";
        let state = json!({"waiting": {"reason": "CreateContainerConfigError", "message": missing}});
        assert_eq!(judged(container(&state)).reason, missing);
        let state = json!({"terminated": {"exitCode": 2, "reason": "Error", "message": "no such url\n"}});
        assert_eq!(judged(container(&state)).reason, "exit code 2: no such url");
        let state = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
        assert_eq!(judged(container(&state)).reason, "exit code 137 (OOMKilled)");
        assert_eq!(judged(container(&json!({"running": {}}))).reason, "");
        let looping = json!({"status": {"phase": "Running", "containerStatuses": [{"name": "mcp",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}});
        assert_eq!(judged(looping).reason, "back-off 5m0s; last: exit code 1");
        let unscheduled = json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]}});
        assert_eq!(judged(unscheduled).reason, "0/1 nodes are available");
    }
}
