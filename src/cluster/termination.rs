//! Why an object that was deleted still exists, and how to end it. Every command words it from here.

use jiff::Timestamp;
use serde::Deserialize;

use super::ApiResponse;
use crate::duration;
use crate::shell;

/// Seconds past the end of its grace period after which a pod counts as stuck: its node does not confirm the end.
const OVERDUE: i64 = 60;

/// Why a terminating object still exists: `terminating, held by FINALIZER`, or how long ago its grace period ended.
/// `None` where it is not being deleted, or only has not had its time yet.
///
/// `deletion` is the object's `deletionTimestamp`, which is the end of the grace period; `now` is the server's clock.
pub(super) fn stuck<S: AsRef<str>>(deletion: Option<Timestamp>, finalizers: &[S], now: Timestamp) -> Option<String> {
    let ends = deletion?;
    if !finalizers.is_empty() {
        let names: Vec<&str> = finalizers.iter().map(AsRef::as_ref).collect();
        return Some(format!("terminating, held by {}", names.join(", ")));
    }
    let late = now.duration_since(ends).as_secs();
    (late > OVERDUE).then(|| format!("terminating, {} past its grace period", duration::age(late)))
}

/// The same of the object that a deletion was answered with. An object that is gone at once is answered with a `Status`,
/// or with the object without finalizers.
pub(super) fn stuck_in(answer: &ApiResponse) -> Option<String> {
    let object: Deleted = serde_json::from_slice(&answer.body).ok()?;
    let metadata = object.metadata;
    stuck(metadata.deletion_timestamp, &metadata.finalizers.unwrap_or_default(), answer.now)
}

/// The next step for a stuck object. `forced` if its containers have no grace period left already.
pub(super) fn way_out(kind: &str, namespace: &str, name: &str, finalizers: bool, forced: bool) -> String {
    if !finalizers {
        return "its node does not confirm the end: `--force` removes the object at once".to_owned();
    }
    let patch = format!(
        "the controller of the finalizer removes it; if that no longer exists: `kubectl patch {kind} {} -n {} \
         --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'`",
        shell::word(name),
        shell::word(namespace)
    );
    if forced || kind != "pod" {
        return patch;
    }
    format!("`--force` ends its containers at once, as with kubectl, and leaves the finalizer; {patch}")
}

#[derive(Deserialize)]
struct Deleted {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    deletion_timestamp: Option<Timestamp>,
    #[serde(default)]
    finalizers: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row: its name, when the object was deleted, its finalizers, and what is reported.
    type Row = (&'static str, Option<&'static str>, &'static [&'static str], Option<&'static str>);

    #[test]
    fn what_holds_a_terminating_object_is_named() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let table: [Row; 9] = [
            ("not deleted", None, &[], None),
            ("not deleted, with a finalizer", None, &["a/b"], None),
            ("within its grace period", Some("2026-01-01T12:00:05Z"), &[], None),
            ("just over", Some("2026-01-01T11:59:30Z"), &[], None),
            ("held in its grace period", Some("2026-01-01T12:00:05Z"), &["a/b"], Some("terminating, held by a/b")),
            ("held by two", Some("2026-01-01T11:00:00Z"), &["a/b", "c"], Some("terminating, held by a/b, c")),
            (
                "held by the garbage collector",
                Some("2026-01-01T11:00:00Z"),
                &["foregroundDeletion"],
                Some("terminating, held by foregroundDeletion"),
            ),
            ("a node is away", Some("2026-01-01T09:59:00Z"), &[], Some("terminating, 121m past its grace period")),
            ("for days", Some("2025-12-29T12:00:00Z"), &[], Some("terminating, 3d past its grace period")),
        ];
        for (name, deletion, finalizers, expected) in table {
            let deletion = deletion.map(|at| at.parse().unwrap());
            assert_eq!(stuck(deletion, finalizers, now).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn force_is_advised_only_where_it_does_something() {
        assert!(way_out("pod", "a", "p", false, false).contains("`--force`"));
        let held = way_out("pod", "a", "p", true, false);
        assert!(held.contains("`--force`") && held.contains("kubectl patch pod p -n a"), "{held}");
        assert!(!way_out("pod", "a", "p", true, true).contains("--force"));
        assert!(!way_out("secret", "a", "s", true, false).contains("--force"));
    }
}
