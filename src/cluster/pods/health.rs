//! Which pods are not healthy: the kubelet's reason, the object and key that the pod refers to and does not get, and the
//! command that fixes it. `doctor` and `status` ask here.

use super::{Pod, Reference, Seen};
use crate::cluster::objects::ObjectKind;
use crate::shell;

/// Seconds that a pod may take to start before it counts as stuck.
const STARTING: u64 = 120;

/// What a pod refers to and does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// ConfigMap or Secret.
    pub kind: ObjectKind,
    /// The object's name.
    pub name: String,
    /// The key that it lacks; `None` if the object does not exist and the pod refers to no key of it by name.
    pub key: Option<String>,
    /// Whether the object itself does not exist.
    pub is_object: bool,
}

/// What is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unhealthy {
    /// Why, in full: why it still exists, else the words of the kubelet or scheduler; may be empty.
    pub cause: String,
    /// What keeps it from starting, if that is a key or object.
    pub lack: Option<Lack>,
    /// Whether it needs nothing but a look: the next call of a tool starts another pod.
    pub has_ended: bool,
    /// The command that fixes it, or shows more.
    pub next: String,
}

/// What is wrong with a pod; `None` if it is healthy.
#[must_use]
pub fn unhealthy(seen: &Seen) -> Option<Unhealthy> {
    let pod = &seen.pod;
    if !is_unhealthy(pod) {
        return None;
    }
    let (cause, lack) = match &*pod.stuck {
        "" => (pod.reason.to_string(), lack(&pod.reason, &seen.references)),
        stuck => (stuck.to_owned(), None),
    };
    let cause = match lack.as_ref().and_then(|lack| Some((lack, lack.key.as_ref()?))) {
        Some((lack, key)) if !cause.contains(key.as_str()) => {
            format!("{cause}; the pod refers to `{key}` of {} {}", lack.kind.name(), lack.name)
        }
        _ => cause,
    };
    let has_ended = &*pod.phase == "Failed" || !pod.stuck.is_empty();
    Some(Unhealthy { next: next(pod, lack.as_ref()), cause, lack, has_ended })
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

fn next(pod: &Pod, lack: Option<&Lack>) -> String {
    let place = format!("-n {}", shell::word(&pod.namespace));
    if !pod.stuck.is_empty() {
        return pod.way_out(false);
    }
    if let Some(lack) = lack {
        let object = shell::word(&lack.name);
        if let (ObjectKind::Secret, Some(key), false) = (lack.kind, &lack.key, lack.is_object) {
            return format!("`mcpctl set-secret {object} {} {place}`", shell::word(key));
        }
        let flag = if lack.kind == ObjectKind::Secret { "--secret-name" } else { "--config-name" };
        let what = if lack.is_object { "creates it" } else { "sets it" };
        return format!("`mcpctl provision {} --base BASE {flag} {object} {place}` {what}", shell::word(&pod.server));
    }
    let pull = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];
    if pull.iter().any(|word| pod.status.contains(word)) {
        return "the nodes cannot get the image: the line `image strategy` of `mcpctl doctor` says where they get images"
            .to_owned();
    }
    if &*pod.phase == "Pending" {
        return format!("`kubectl describe pod {} {place}` shows its events", shell::word(&pod.name));
    }
    format!("`mcpctl logs {} {place}`", shell::word(&pod.name))
}

/// What the kubelet's words say is missing, as the pod refers to it.
fn lack(cause: &str, references: &[Reference]) -> Option<Lack> {
    if let Some((key, kind, name)) = missing_key(cause) {
        return Some(Lack { kind, name: name.to_owned(), key: Some(key.to_owned()), is_object: false });
    }
    [(ObjectKind::Secret, "secret"), (ObjectKind::ConfigMap, "configmap")].into_iter().find_map(|(kind, word)| {
        let name = missing_object(cause, word)?;
        let mut of_object = references.iter().filter(|one| one.kind == kind && one.name == name && !one.is_optional);
        let key = of_object.find_map(|one| one.key.clone());
        Some(Lack { kind, name: name.to_owned(), key, is_object: true })
    })
}

/// Key, kind and name in `couldn't find key KEY in Secret NAMESPACE/NAME`, the kubelet's words.
fn missing_key(cause: &str) -> Option<(&str, ObjectKind, &str)> {
    let (_, rest) = cause.split_once("couldn't find key ")?;
    let (key, rest) = rest.split_once(" in ")?;
    let (kind, object) = rest.split_once(' ')?;
    let object = object.split([' ', ';', ',']).next()?;
    let kind = if kind == "Secret" { ObjectKind::Secret } else { ObjectKind::ConfigMap };
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

    #[test]
    fn the_key_that_a_missing_object_was_to_give_comes_from_the_pods_references() {
        let reference = |name: &str, key: Option<&str>, is_optional| Reference {
            kind: ObjectKind::Secret,
            name: name.to_owned(),
            key: key.map(str::to_owned),
            is_optional,
            hidden: std::collections::BTreeSet::new(),
            prefix: String::new(),
        };
        let references = [
            reference("team", Some("spare"), true),
            reference("other", Some("x"), false),
            reference("team", Some("api_key"), false),
        ];
        let of = |cause: &str| lack(cause, &references).map(|lack| (lack.kind, lack.name, lack.key, lack.is_object));
        let key = |key: &str| Some(key.to_owned());
        let team = "team".to_owned();
        assert_eq!(of("secret \"team\" not found"), Some((ObjectKind::Secret, team.clone(), key("api_key"), true)));
        let found = of("couldn't find key url in ConfigMap mcp/team");
        assert_eq!(found, Some((ObjectKind::ConfigMap, team, key("url"), false)));
        assert_eq!(of("configmap \"gone\" not found").unwrap().2, None);
        assert_eq!(of("Back-off pulling image"), None);
    }
}
