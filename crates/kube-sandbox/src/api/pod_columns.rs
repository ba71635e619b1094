//! The columns of a pod in the API server's table: readiness, status in one word, restarts, and node.
//!
//! The rules are those of `printPod` in Kubernetes 1.34 (pkg/printers/internalversion).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;

/// Names and priorities.
pub(crate) const COLUMNS: [(&str, u8); 9] = [
    ("Name", 0),
    ("Ready", 0),
    ("Status", 0),
    ("Restarts", 0),
    ("Age", 0),
    ("IP", 1),
    ("Node", 1),
    ("Nominated Node", 1),
    ("Readiness Gates", 1),
];

const NONE: &str = "<none>";

/// The totals over the containers.
#[derive(Debug, Default)]
struct Counted {
    ready: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
    status: String,
}

impl Counted {
    fn restarted(&mut self, container: &Value) {
        let ended = &container["lastState"]["terminated"]["finishedAt"];
        let ended = ended.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        self.last_restart = self.last_restart.max(ended);
        self.restarts += container["restartCount"].as_i64().unwrap_or(0);
    }
}

/// The cells of a pod's row.
pub(crate) fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let counted = count(pod);
    let total = list(&pod["spec"]["containers"]).len();
    let restarts = match counted.last_restart {
        Some(last) if counted.restarts != 0 => {
            format!("{} ({} ago)", counted.restarts, age(&Value::from(last.to_string()), now))
        }
        _ => counted.restarts.to_string(),
    };
    let or_none = |value: &Value| Value::from(value.as_str().filter(|text| !text.is_empty()).unwrap_or(NONE));
    vec![
        pod["metadata"]["name"].clone(),
        format!("{}/{total}", counted.ready).into(),
        counted.status.into(),
        restarts.into(),
        age(&pod["metadata"]["creationTimestamp"], now).into(),
        or_none(&pod["status"]["podIP"]),
        or_none(&pod["spec"]["nodeName"]),
        or_none(&pod["status"]["nominatedNodeName"]),
        readiness_gates(pod).into(),
    ]
}

/// The status column of a pod that has ended.
pub(crate) fn ended(pod: &Value) -> Option<Value> {
    let (reason, message) = match pod["status"]["phase"].as_str()? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({"type": "Completed", "status": "True", "reason": reason, "message": message}))
}

fn count(pod: &Value) -> Counted {
    let status = &pod["status"];
    let phase = text(&status["phase"]);
    let mut counted = Counted { status: phase.to_owned(), ..Counted::default() };
    if !text(&status["reason"]).is_empty() {
        text(&status["reason"]).clone_into(&mut counted.status);
    }
    if condition(pod, "PodScheduled").is_some_and(|scheduled| scheduled["reason"] == "SchedulingGated") {
        "SchedulingGated".clone_into(&mut counted.status);
    }
    let initializing = initializers(pod, &mut counted);
    if !initializing || is_true(pod, "Initialized") {
        containers(pod, &mut counted);
    }
    if !pod["metadata"]["deletionTimestamp"].is_null() {
        if status["reason"] == "NodeLost" {
            "Unknown".clone_into(&mut counted.status);
        } else if !matches!(phase, "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut counted.status);
        }
    }
    counted
}

/// The init containers up to the first that has not ended well; whether there is such a one.
fn initializers(pod: &Value, counted: &mut Counted) -> bool {
    let total = list(&pod["spec"]["initContainers"]).len();
    for (index, container) in list(&pod["status"]["initContainerStatuses"]).iter().enumerate() {
        counted.restarted(container);
        let state = &container["state"];
        let (ended, waits) = (&state["terminated"], text(&state["waiting"]["reason"]));
        if !ended.is_null() && code(ended) == 0 {
            continue;
        }
        counted.status = if !ended.is_null() {
            format!("Init:{}", end(ended))
        } else if !waits.is_empty() && waits != "PodInitializing" {
            format!("Init:{waits}")
        } else {
            format!("Init:{index}/{total}")
        };
        return true;
    }
    false
}

/// The containers, from the last to the first: the first one's reason is shown.
fn containers(pod: &Value, counted: &mut Counted) {
    counted.restarts = 0;
    let mut runs = false;
    for container in list(&pod["status"]["containerStatuses"]).iter().rev() {
        counted.restarted(container);
        let state = &container["state"];
        let waits = text(&state["waiting"]["reason"]);
        if !waits.is_empty() {
            waits.clone_into(&mut counted.status);
        } else if !state["terminated"].is_null() {
            counted.status = end(&state["terminated"]);
        } else if container["ready"] == true && !state["running"].is_null() {
            runs = true;
            counted.ready += 1;
        }
    }
    if counted.status == "Completed" && runs {
        let word = if is_true(pod, "Ready") { "Running" } else { "NotReady" };
        word.clone_into(&mut counted.status);
    }
}

/// How a container ended.
fn end(terminated: &Value) -> String {
    match (text(&terminated["reason"]), terminated["signal"].as_i64().unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", code(terminated)),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn code(terminated: &Value) -> i64 {
    terminated["exitCode"].as_i64().unwrap_or(0)
}

fn readiness_gates(pod: &Value) -> String {
    let gates = list(&pod["spec"]["readinessGates"]);
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let open = gates.iter().filter(|gate| is_true(pod, text(&gate["conditionType"]))).count();
    format!("{open}/{}", gates.len())
}

fn condition<'a>(pod: &'a Value, name: &str) -> Option<&'a Value> {
    list(&pod["status"]["conditions"]).iter().find(|condition| condition["type"] == name)
}

fn is_true(pod: &Value, name: &str) -> bool {
    condition(pod, name).is_some_and(|condition| condition["status"] == "True")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: &Value, metadata: &Value) -> Vec<Value> {
        let pod = json!({"metadata": metadata, "spec": {"containers": [{"name": "a"}]}, "status": status});
        cells(&pod, "2026-01-01T01:00:00Z".parse().unwrap())[1..4].to_vec()
    }

    #[test]
    fn a_pod_is_shown_in_one_word() {
        let at = "2026-01-01T00:00:00Z";
        let container =
            |state: Value| json!({"phase": "Running", "containerStatuses": [{"state": state, "ready": true}]});
        let running = container(json!({"running": {"startedAt": at}}));
        assert_eq!(shown(&running, &json!({})), ["1/1", "Running", "0"]);
        assert_eq!(shown(&running, &json!({"deletionTimestamp": at})), ["1/1", "Terminating", "0"]);
        let waiting = container(json!({"waiting": {"reason": "CreateContainerConfigError"}}));
        assert_eq!(shown(&waiting, &json!({})), ["0/1", "CreateContainerConfigError", "0"]);
        assert_eq!(shown(&container(json!({"terminated": {"exitCode": 3}})), &json!({})), ["0/1", "ExitCode:3", "0"]);
        let ended = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        assert_eq!(shown(&container(ended), &json!({})), ["0/1", "Completed", "0"]);
    }

    #[test]
    fn restarts_say_when_the_last_one_was() {
        let again = json!({"phase": "Running", "containerStatuses": [{
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 4,
            "lastState": {"terminated": {"finishedAt": "2026-01-01T00:55:00Z"}},
        }]});
        assert_eq!(shown(&again, &json!({})), ["0/1", "CrashLoopBackOff", "4 (5m ago)"]);
    }

    #[test]
    fn a_pod_that_initializes_says_how_far_it_is() {
        let pod = json!({
            "spec": {"containers": [{}], "initContainers": [{}, {}]},
            "status": {"phase": "Pending", "initContainerStatuses": [
                {"state": {"terminated": {"exitCode": 0}}}, {"state": {"waiting": {"reason": "PodInitializing"}}},
            ]},
        });
        assert_eq!(cells(&pod, Timestamp::UNIX_EPOCH)[2], "Init:1/2");
    }
}
