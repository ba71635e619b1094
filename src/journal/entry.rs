//! One line of the journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{Change, KeyChange, Outcome};

/// Where a change came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The run, or the line of a REPL session; unique on this machine.
    pub run: String,
    /// The context of the cluster; empty where none was in use.
    pub context: String,
    /// The script's name; `eval` and `repl` for what is none.
    pub script: String,
}

/// One change, without any value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When its outcome was known.
    pub time: Timestamp,
    /// The run that it belongs to.
    pub run: String,
    /// The context of the cluster; empty for what is on this machine.
    #[serde(default)]
    pub context: String,
    /// The namespace; empty for what is on this machine.
    #[serde(default)]
    pub namespace: String,
    /// The script.
    #[serde(default)]
    pub script: String,
    /// `create`, `change`, `delete`, `pull`, `write`, `run`.
    pub action: String,
    /// `pod`, `configmap`, `secret`, `image`, `file`, `program` and their like.
    pub kind: String,
    /// The object's name, the image's reference, the file's path.
    pub name: String,
    /// `created`, `configured`, `deleted` and their like; `failed`; `unknown` where the run ended before the answer.
    pub result: String,
    /// Keys that were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Keys whose values were changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Keys that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// What helps to recognise the object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl JournalEntry {
    /// The entry of a change.
    #[must_use]
    pub fn of(change: &Change, origin: &Origin, time: Timestamp) -> Self {
        let (result, reason) = match &change.outcome {
            Outcome::Planned => ("planned", ""),
            Outcome::Unknown => ("unknown", ""),
            Outcome::Done(word) => (word.as_str(), ""),
            Outcome::Failed(reason) => ("failed", reason.as_str()),
        };
        let keys = |wanted: fn(&KeyChange) -> Option<&String>| change.keys.iter().filter_map(wanted).cloned().collect();
        Self {
            time,
            run: origin.run.clone(),
            // files, images and programs are this machine's
            context: if change.namespace.is_empty() { String::new() } else { origin.context.clone() },
            namespace: change.namespace.clone(),
            script: origin.script.clone(),
            action: change.action.name().to_owned(),
            kind: change.kind.to_owned(),
            name: change.name.clone(),
            result: result.to_owned(),
            added: keys(|key| if let KeyChange::Added(key) = key { Some(key) } else { None }),
            changed: keys(|key| if let KeyChange::Changed(key) = key { Some(key) } else { None }),
            removed: keys(|key| if let KeyChange::Removed(key) = key { Some(key) } else { None }),
            note: change.note.clone(),
            reason: reason.to_owned(),
        }
    }

    /// `kind/name`.
    #[must_use]
    pub fn object(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// Whether the change failed or its result is unknown.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self.result.as_str(), "failed" | "unknown")
    }

    /// The keys as a plan shows them: `+added ~changed -removed`.
    #[must_use]
    pub fn keys(&self) -> String {
        let marked = |mark: char, keys: &[String]| keys.iter().map(|key| format!("{mark}{key}")).collect::<Vec<_>>();
        [marked('+', &self.added), marked('~', &self.changed), marked('-', &self.removed)].concat().join(" ")
    }

    /// Whether both tell of the same change of the same run.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        (&self.run, &self.action, &self.kind, &self.namespace, &self.name)
            == (&other.run, &other.action, &other.kind, &other.namespace, &other.name)
    }
}
