//! Follows one pod by a watch: how far its container is, as soon as the server knows.

use std::time::Duration;

use futures::TryStreamExt as _;
use http::{Request, StatusCode};
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::sleep;

use super::Created;
use crate::cluster::connection::verbs::Operation;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// How long the server keeps one watch open; then another one begins.
const WATCH_SECONDS: u32 = 290;
/// The pause before a watch that ended is begun again.
const PAUSE: Duration = Duration::from_millis(500);

/// How far a pod's first container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodState {
    /// Not started yet; the kubelet's or scheduler's reason and message may be empty.
    Waiting {
        /// One word, as `ContainerCreating` or `ErrImagePull`.
        reason: String,
        /// A sentence.
        message: String,
    },
    /// It runs.
    Running,
    /// It has ended, or the pod was given up before it started.
    Ended {
        /// The exit code; `None` if no container ever ran.
        code: Option<i64>,
        /// One word, as `Error`, `OOMKilled` or `Evicted`.
        reason: String,
        /// A sentence; may be empty.
        message: String,
    },
    /// The pod is not there any more.
    Gone,
}

impl PodState {
    /// Reads it from a pod as the API gives it.
    #[must_use]
    pub fn of(pod: &Value) -> Self {
        let status = &pod["status"];
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
        let state = &status["containerStatuses"][0]["state"];
        let waiting = &state["waiting"];
        let ended = &state["terminated"];
        if ended.is_object() {
            return Self::Ended {
                code: ended["exitCode"].as_i64(),
                reason: text(&ended["reason"]),
                message: text(&ended["message"]),
            };
        }
        if matches!(status["phase"].as_str(), Some("Failed" | "Succeeded")) {
            return Self::Ended { code: None, reason: text(&status["reason"]), message: text(&status["message"]) };
        }
        if state["running"].is_object() {
            return Self::Running;
        }
        if waiting.is_object() {
            return Self::Waiting { reason: text(&waiting["reason"]), message: text(&waiting["message"]) };
        }
        let conditions = status["conditions"].as_array().map_or(&[][..], Vec::as_slice);
        let unscheduled = conditions.iter().find(|one| one["type"] == "PodScheduled" && one["status"] == "False");
        Self::Waiting {
            reason: unscheduled.map(|one| text(&one["reason"])).unwrap_or_default(),
            message: unscheduled.map(|one| text(&one["message"])).unwrap_or_default(),
        }
    }
}

/// Tells of each state of a pod until `see` says that it has seen enough. It goes on from the version that
/// `pod` holds; where that is empty, the pod is read first.
///
/// # Errors
/// The server cannot be asked or says no.
pub async fn watch_state(
    cluster: &Cluster,
    pod: &Created,
    mut see: impl FnMut(&PodState) -> bool + Send,
) -> Result<()> {
    names::check_namespace(&pod.namespace)?;
    names::check_name("pod", &pod.name)?;
    let mut version = pod.resource_version.clone();
    loop {
        if version.is_empty() {
            let Some(read) = read(cluster, pod).await? else {
                see(&PodState::Gone);
                return Ok(());
            };
            if see(&PodState::of(&read)) {
                return Ok(());
            }
            read["metadata"]["resourceVersion"].as_str().unwrap_or_default().clone_into(&mut version);
        }
        if watch(cluster, pod, &version, &mut see).await? {
            return Ok(());
        }
        // the watch ended or its version went stale: look anew
        version.clear();
        sleep(PAUSE).await;
    }
}

/// The pod as it is now; `None` if it is gone, also where another pod has its name.
async fn read(cluster: &Cluster, pod: &Created) -> Result<Option<Value>> {
    let request = request(&format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name))?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => {
            let found: Value = answer.parse()?;
            let same = pod.uid.is_empty() || found["metadata"]["uid"] == pod.uid.as_str();
            Ok(same.then_some(found))
        }
        _ => Err(cluster.refusal(&answer)),
    }
}

/// Watches until `see` has seen enough (true) or the watch ends (false).
async fn watch(
    cluster: &Cluster,
    pod: &Created,
    version: &str,
    see: &mut (dyn FnMut(&PodState) -> bool + Send),
) -> Result<bool> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("watch", "true")
        .append_pair("fieldSelector", &format!("metadata.name={}", pod.name))
        .append_pair("resourceVersion", version)
        .append_pair("timeoutSeconds", &WATCH_SECONDS.to_string())
        .finish();
    let request = request(&format!("/api/v1/namespaces/{}/pods?{query}", pod.namespace))?;
    let operation = Operation::of(&request);
    let events = cluster.client().request_events::<Value>(request).await;
    let events = events.map_err(|error| cluster.error(&operation, error))?;
    futures::pin_mut!(events);
    loop {
        // a connection that breaks is looked at anew, and its error comes then if it lasts
        let Ok(Some(event)) = events.try_next().await else { return Ok(false) };
        let enough = match event {
            WatchEvent::Added(found) | WatchEvent::Modified(found) => see(&PodState::of(&found)),
            WatchEvent::Deleted(_) => {
                see(&PodState::Gone);
                true
            }
            WatchEvent::Bookmark(_) => false,
            WatchEvent::Error(_) => return Ok(false),
        };
        if enough {
            return Ok(true);
        }
    }
}

fn request(uri: &str) -> Result<Request<Vec<u8>>> {
    Request::get(uri).body(Vec::new()).map_err(|_| Error::failed("the request for a pod could not be written"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pods_state_is_its_containers_or_the_pods_own() {
        let container = |state: Value| json!({"status": {"phase": "Pending", "containerStatuses": [{"state": state}]}});
        let waiting =
            |reason: &str, message: &str| PodState::Waiting { reason: reason.to_owned(), message: message.to_owned() };
        let missing = json!({"waiting": {"reason": "ErrImagePull", "message": "not found\n"}});
        assert_eq!(PodState::of(&container(missing)), waiting("ErrImagePull", "not found"));
        assert_eq!(PodState::of(&container(json!({"running": {}}))), PodState::Running);
        let ended = json!({"terminated": {"exitCode": 2, "reason": "Error"}});
        let exit = PodState::Ended { code: Some(2), reason: "Error".to_owned(), message: String::new() };
        assert_eq!(PodState::of(&container(ended)), exit);
        let evicted = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}});
        let given_up =
            PodState::Ended { code: None, reason: "Evicted".to_owned(), message: "low on memory".to_owned() };
        assert_eq!(PodState::of(&evicted), given_up);
        let nowhere = json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]}});
        assert_eq!(PodState::of(&nowhere), waiting("Unschedulable", "0/1 nodes"));
        assert_eq!(PodState::of(&json!({})), waiting("", ""));
    }
}
