//! The few fields of a pod that are read from the API's answer, borrowed from it, and what becomes of them.
//!
//! A whole `Pod` of k8s-openapi costs several times the time and memory, and everything else in it is skipped
//! here while parsing.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::status::judge;
use super::{GATEWAY, INSTANCE, Labels, MANAGED_BY, Pod, SERVER, SESSION};
use crate::cluster::termination;

/// A text that is borrowed where the answer holds it without escapes, also inside maps.
#[derive(Deserialize, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SlimPod<'a> {
    #[serde(borrow)]
    pub(super) metadata: Metadata<'a>,
    #[serde(borrow, default)]
    pub(super) spec: Spec<'a>,
    #[serde(borrow, default)]
    pub(super) status: Status<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    uid: Cow<'a, str>,
    #[serde(borrow, default)]
    labels: Option<BTreeMap<Text<'a>, Text<'a>>>,
    #[serde(default)]
    creation_timestamp: Option<Timestamp>,
    #[serde(default)]
    pub(super) deletion_timestamp: Option<Timestamp>,
    #[serde(borrow, default)]
    finalizers: Option<Vec<Text<'a>>>,
    #[serde(default)]
    owner_references: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec<'a> {
    #[serde(borrow, default)]
    pub(super) containers: Vec<Container<'a>>,
    #[serde(borrow, default)]
    pub(super) init_containers: Option<Vec<Container<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container<'a> {
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    restart_policy: Cow<'a, str>,
}

impl Container<'_> {
    /// Whether it is an init container that runs on beside the others (a sidecar).
    pub(super) fn is_sidecar(&self) -> bool {
        self.restart_policy == "Always"
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status<'a> {
    #[serde(borrow, default)]
    pub(super) phase: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) message: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow, default)]
    pub(super) container_statuses: Option<Vec<ContainerStatus<'a>>>,
    #[serde(borrow, default)]
    pub(super) init_container_statuses: Option<Vec<ContainerStatus<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Condition<'a> {
    #[serde(borrow, rename = "type", default)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) message: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerStatus<'a> {
    #[serde(borrow, default)]
    pub(super) name: Cow<'a, str>,
    #[serde(default)]
    pub(super) ready: bool,
    #[serde(default)]
    pub(super) started: Option<bool>,
    #[serde(default)]
    pub(super) restart_count: u32,
    #[serde(borrow, default)]
    pub(super) state: ContainerState<'a>,
    #[serde(borrow, default)]
    pub(super) last_state: ContainerState<'a>,
}

#[derive(Deserialize, Default)]
pub(super) struct ContainerState<'a> {
    #[serde(borrow, default)]
    pub(super) waiting: Option<Waiting<'a>>,
    #[serde(default)]
    pub(super) running: Option<IgnoredAny>,
    #[serde(borrow, default)]
    pub(super) terminated: Option<Terminated<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Waiting<'a> {
    #[serde(borrow, default)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) message: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Terminated<'a> {
    #[serde(default)]
    pub(super) exit_code: i32,
    #[serde(default)]
    pub(super) signal: i32,
    #[serde(borrow, default)]
    pub(super) reason: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) message: Cow<'a, str>,
}

/// Shares equal texts between the pods of a list: labels alone would else be most of its memory.
#[derive(Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

impl SlimPod<'_> {
    /// What is kept of it. `now` is the server's clock.
    pub(super) fn into_pod(self, texts: &mut Texts, now: Timestamp) -> Pod {
        let verdict = judge(&self);
        let metadata = self.metadata;
        let labels: Labels = metadata
            .labels
            .unwrap_or_default()
            .iter()
            .map(|(key, value)| (texts.share(key.as_str()), texts.share(value.as_str())))
            .collect();
        let session = labels.get(SESSION).or_else(|| labels.get(INSTANCE)).unwrap_or_default();
        let created = metadata.creation_timestamp.unwrap_or(now);
        let finalizers: Box<[Arc<str>]> =
            metadata.finalizers.iter().flatten().map(|finalizer| texts.share(finalizer.as_str())).collect();
        let stuck = termination::stuck(metadata.deletion_timestamp, &finalizers, now).unwrap_or_default();
        let reason = match (stuck.as_str(), verdict.reason) {
            ("", reason) => reason,
            (stuck, reason) if reason.is_empty() => stuck.to_owned(),
            (stuck, reason) => format!("{stuck}; {reason}"),
        };
        Pod {
            name: metadata.name.into_owned(),
            namespace: texts.share(&metadata.namespace),
            uid: metadata.uid.into_owned(),
            server: texts.share(labels.get(SERVER).unwrap_or_default()),
            session: texts.share(session),
            status: texts.share(&verdict.word),
            phase: texts.share(&self.status.phase),
            reason: reason.into(),
            ready: verdict.ready,
            restarts: verdict.restarts,
            age: u64::try_from(now.duration_since(created).as_secs()).unwrap_or(0),
            created,
            managed: labels.get(MANAGED_BY) == Some(GATEWAY),
            containers: self.spec.containers.iter().map(|c| texts.share(&c.name)).collect(),
            owned: metadata.owner_references.is_some_and(|owners| !owners.is_empty()),
            terminating: metadata.deletion_timestamp.is_some(),
            finalizers,
            stuck: stuck.into(),
            labels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_and_the_rest_is_skipped() {
        let text = r#"{"metadata": {"name": "mcp-time-1", "namespace": "mcp", "uid": "u", "managedFields": [{"x": 1}],
            "creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [{"kind": "Job"}],
            "labels": {"mcp-gateway.docker.com/session": "s", "app.kubernetes.io/managed-by": "mcp-gateway",
                       "app.kubernetes.io/name": "time", "note": "a\"b"}},
            "spec": {"containers": [{"name": "mcp", "image": "x", "env": [{"name": "A"}]}], "nodeName": "n"},
            "status": {"phase": "Pending"}}"#;
        let pod: SlimPod<'_> = serde_json::from_str(text).unwrap();
        let pod = pod.into_pod(&mut Texts::default(), "2026-01-01T00:01:30Z".parse().unwrap());
        assert_eq!((pod.name.as_str(), &*pod.namespace, pod.uid.as_str()), ("mcp-time-1", "mcp", "u"));
        assert_eq!((&*pod.server, &*pod.session, &*pod.status), ("time", "s", "Pending"));
        assert_eq!((pod.age, pod.managed, pod.owned, pod.terminating), (90, true, true, false));
        assert_eq!(pod.labels.get("note"), Some("a\"b"));
        assert_eq!(pod.labels.get("none"), None);
        assert_eq!(pod.ready.to_string(), "0/1");
        assert_eq!(&*pod.containers[0], "mcp");
    }

    #[test]
    fn a_pod_that_a_finalizer_holds_says_so_whatever_its_phase() {
        let read = |phase: &str, finalizers: &str| {
            let text = format!(
                r#"{{"metadata": {{"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": {finalizers}}},
                    "status": {{"phase": "{phase}"}}}}"#
            );
            let pod: SlimPod<'_> = serde_json::from_str(&text).unwrap();
            pod.into_pod(&mut Texts::default(), "2026-01-01T00:00:01Z".parse().unwrap())
        };
        for phase in ["Pending", "Running", "Succeeded", "Failed"] {
            let pod = read(phase, r#"["example.com/keep"]"#);
            assert_eq!(pod.standing(), "terminating, held by example.com/keep", "{phase}");
            assert_eq!(&*pod.reason, "terminating, held by example.com/keep", "{phase}");
        }
        assert_eq!(read("Running", "null").standing(), "Terminating");
    }

    #[test]
    fn a_pod_from_the_future_is_not_older_than_now() {
        let pod: SlimPod<'_> =
            serde_json::from_str(r#"{"metadata": {"creationTimestamp": "2026-01-01T00:00:05Z"}}"#).unwrap();
        assert_eq!(pod.into_pod(&mut Texts::default(), "2026-01-01T00:00:00Z".parse().unwrap()).age, 0);
    }
}
