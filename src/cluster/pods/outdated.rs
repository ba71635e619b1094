//! Which running pods still hold an old value: a container gets its environment when it starts, and never again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use super::list::{Collector, borrow, collect};
use super::references::{Reference, References};
use super::slim::{SlimPod, Texts};
use super::{Filter, Pod};
use crate::cluster::objects::ObjectKind;
use crate::cluster::{ApiResponse, Cluster};
use crate::error::Result;

/// Keys of an object that had another value before: what was changed or removed. A key that is new had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedKeys {
    /// ConfigMap or Secret.
    pub kind: ObjectKind,
    /// The object's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The keys.
    pub keys: BTreeSet<String>,
    /// When they were changed, by the server's clock: what was started later has the new values.
    pub at: Timestamp,
}

/// The gateway's running pods that were started before these keys were changed, and use one of them: a ConfigMap or
/// Secret as a whole (`envFrom`), or a key of it by name. By namespace and name.
///
/// Volumes do not count: the kubelet brings them up to date. Nothing is asked where nothing was changed.
///
/// # Errors
/// The server cannot be asked, or says no.
pub async fn outdated(cluster: &Cluster, changes: &[ChangedKeys]) -> Result<Vec<Pod>> {
    let changes: Vec<&ChangedKeys> = changes.iter().filter(|change| !change.keys.is_empty()).collect();
    let namespaces: BTreeSet<&str> = changes.iter().map(|change| change.namespace.as_str()).collect();
    let mut found = Vec::new();
    for namespace in namespaces {
        let filter =
            Filter { namespace: Some(namespace.to_owned()), phase: Some("Running".to_owned()), ..Filter::default() };
        let (users, _) = collect::<Users>(cluster, &filter).await?;
        let changed =
            |user: &User| changes.iter().any(|change| change.namespace == namespace && user.holds_old(change));
        let there = |pod: &Pod| !(cluster.is_dry_run() && cluster.imagined().pod_is_gone(&pod.uid));
        let holders = users.found.into_iter().filter(|user| !user.pod.terminating && changed(user));
        found.extend(holders.map(|user| user.pod).filter(there));
    }
    Ok(found)
}

/// A pod that uses ConfigMaps or Secrets.
struct User {
    pod: Pod,
    /// When the last of its containers was started; when it was made, where nobody says.
    started: Timestamp,
    uses: Vec<Reference>,
}

impl User {
    /// Whether it was started before a change of what it uses.
    fn holds_old(&self, change: &ChangedKeys) -> bool {
        self.started <= change.at && self.uses(change)
    }

    fn uses(&self, change: &ChangedKeys) -> bool {
        self.uses.iter().filter(|one| one.kind == change.kind && one.name == change.name).any(|one| match &one.key {
            Some(key) => change.keys.contains(key),
            None => change.keys.iter().any(|key| !one.hidden.contains(&format!("{}{key}", one.prefix))),
        })
    }
}

/// The pods of a list that use anything, at the time of its first page.
#[derive(Default)]
struct Users {
    found: Vec<User>,
    texts: Texts,
    now: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Option<Vec<T>>,
}

impl Collector for Users {
    fn add(mut self, answer: &ApiResponse) -> Result<Self> {
        let now = *self.now.get_or_insert(answer.now);
        let pods: Page<SlimPod<'_>> = borrow(answer)?;
        let references: Page<References<'_>> = borrow(answer)?;
        for (pod, references) in pods.items.into_iter().flatten().zip(references.items.into_iter().flatten()) {
            let uses = references.uses();
            if !uses.is_empty() {
                let started = references.started();
                let pod = pod.into_pod(&mut self.texts, now);
                self.found.push(User { started: started.unwrap_or(pod.created), pod, uses });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn user(container: &Value) -> User {
        let text = json!({"metadata": {"name": "p"}, "spec": {"containers": [container]}}).to_string();
        let pod: SlimPod<'_> = serde_json::from_str(&text).unwrap();
        let references: References<'_> = serde_json::from_str(&text).unwrap();
        let pod = pod.into_pod(&mut Texts::default(), Timestamp::UNIX_EPOCH);
        User { started: references.started().unwrap_or(pod.created), uses: references.uses(), pod }
    }

    fn change(kind: ObjectKind, name: &str, keys: &[&str]) -> ChangedKeys {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        ChangedKeys { kind, name: name.to_owned(), namespace: "mcp".to_owned(), keys, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_key_by_name_is_used_and_its_neighbour_is_not() {
        let reference = json!({"secretKeyRef": {"name": "s", "key": "grafana.api_key"}});
        let user = user(&json!({"env": [{"name": "KEY", "valueFrom": reference}, {"name": "PLAIN", "value": "x"}]}));
        assert!(user.uses(&change(ObjectKind::Secret, "s", &["grafana.api_key", "other"])));
        assert!(!user.uses(&change(ObjectKind::Secret, "s", &["other"])));
        assert!(!user.uses(&change(ObjectKind::Secret, "t", &["grafana.api_key"])));
        assert!(!user.uses(&change(ObjectKind::ConfigMap, "s", &["grafana.api_key"])));
    }

    #[test]
    fn a_whole_object_is_used_but_for_what_is_set_otherwise() {
        let container = json!({
            "envFrom": [{"configMapRef": {"name": "c"}}, {"prefix": "P_", "configMapRef": {"name": "d"}}],
            "env": [{"name": "URL", "value": "fixed"}, {"name": "P_URL", "value": "fixed"}],
        });
        let user = user(&container);
        assert!(user.uses(&change(ObjectKind::ConfigMap, "c", &["OTHER"])));
        assert!(!user.uses(&change(ObjectKind::ConfigMap, "c", &["URL"])));
        assert!(user.uses(&change(ObjectKind::ConfigMap, "c", &["URL", "OTHER"])));
        assert!(!user.uses(&change(ObjectKind::ConfigMap, "d", &["URL"])));
        assert!(!user.uses(&change(ObjectKind::Secret, "c", &["OTHER"])));
    }

    #[test]
    fn what_was_started_after_the_change_has_the_new_value() {
        let text = json!({
            "metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]},
            "status": {"containerStatuses": [{"state": {"running": {"startedAt": "2026-01-01T00:02:00Z"}}}]},
        })
        .to_string();
        let mut change = change(ObjectKind::ConfigMap, "c", &["URL"]);
        let mut holds = |at: &str| {
            let pod: SlimPod<'_> = serde_json::from_str(&text).unwrap();
            let references: References<'_> = serde_json::from_str(&text).unwrap();
            let pod = pod.into_pod(&mut Texts::default(), Timestamp::UNIX_EPOCH);
            let user = User { started: references.started().unwrap(), uses: references.uses(), pod };
            change.at = at.parse().unwrap();
            user.holds_old(&change)
        };
        assert!(!holds("2026-01-01T00:01:00Z"), "it was made before, and started after");
        assert!(holds("2026-01-01T00:03:00Z"));
    }

    #[test]
    fn a_pod_without_references_uses_nothing() {
        assert!(user(&json!({"name": "mcp"})).uses.is_empty());
        assert!(user(&json!({"env": null, "envFrom": null})).uses.is_empty());
    }
}
