//! What a run did to the world: the changes it made or would make, and the effects it had.
//!
//! The plan of a dry run, the exit code, and the line printed after Ctrl-C are read from here.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Kind};

/// One effect in the fixed grammar, like `cluster: delete pods` or `files: write`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Effect(pub String);

impl Effect {
    /// `cluster: VERB RESOURCE`, with the API's verb and plural resource name.
    #[must_use]
    pub fn cluster(verb: &str, resource: &str) -> Self {
        Self(format!("cluster: {verb} {resource}"))
    }

    /// Any other effect, as written.
    #[must_use]
    pub fn named(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a change does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It did not exist.
    Create,
    /// It exists and differs.
    Change,
    /// It goes.
    Delete,
    /// An image is pulled.
    Pull,
    /// A file is written.
    Write,
    /// A program is started.
    Run,
    /// A server's pod is started, asked, and removed.
    Verify,
}

impl Action {
    /// The word in plans.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Pull => "pull",
            Self::Write => "write",
            Self::Run => "run",
            Self::Verify => "verify",
        }
    }
}

/// How far a change got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Only planned: a dry run.
    Planned,
    /// Sent, and no answer yet: after an interrupt nobody knows.
    Unknown,
    /// Done, with the word for it: `created`, `configured`, `deleted`, `written`, `pulled`.
    Done(String),
    /// Failed, and why.
    Failed(String),
}

/// What happens to one key of an object or file. Never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// The key is new.
    Added(String),
    /// The key's value differs.
    Changed(String),
    /// The key goes.
    Removed(String),
}

/// One change of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// `pod`, `configmap`, `secret`, `image`, `file`, `program`.
    pub kind: &'static str,
    /// The object's name, the image's reference, the file's path.
    pub name: String,
    /// The namespace; empty outside clusters.
    pub namespace: String,
    /// Key by key, where the object has keys.
    pub keys: Vec<KeyChange>,
    /// What helps to recognise the object, like `session mcp-gateway-0c11d2e3, 3d14h old`.
    pub note: String,
    /// How far it got.
    pub outcome: Outcome,
}

/// So many failed changes are named in the error at the end of a run.
const SHOWN: usize = 10;

/// The record of one run; shared by everything that acts.
#[derive(Debug, Default)]
pub struct Recorder {
    changes: Mutex<Vec<Change>>,
    effects: Mutex<BTreeSet<Effect>>,
    owed: Mutex<Option<Error>>,
}

impl Recorder {
    /// Notes an effect.
    pub fn effect(&self, effect: Effect) {
        lock(&self.effects).insert(effect);
    }

    /// The effects so far.
    #[must_use]
    pub fn effects(&self) -> BTreeSet<Effect> {
        lock(&self.effects).clone()
    }

    /// Notes a change, or the new state of one: the last outcome of an object counts.
    pub fn change(&self, change: Change) {
        let mut changes = lock(&self.changes);
        let same = |c: &Change| {
            c.kind == change.kind
                && c.name == change.name
                && c.namespace == change.namespace
                && c.action == change.action
        };
        match changes.iter_mut().rev().find(|c| same(c)) {
            Some(known) if known.outcome != Outcome::Planned || change.outcome == Outcome::Planned => *known = change,
            _ => changes.push(change),
        }
    }

    /// Forgets what was noted: a sitting's next line has a record of its own.
    pub fn clear(&self) {
        lock(&self.changes).clear();
        lock(&self.effects).clear();
        lock(&self.owed).take();
    }

    /// The changes so far, in the order in which they began.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        lock(&self.changes).clone()
    }

    /// Notes an error with which a dry run is to end after its whole plan: the first one counts.
    pub fn owe(&self, error: Error) {
        lock(&self.owed).get_or_insert(error);
    }

    /// The error that was noted.
    #[must_use]
    pub fn owed(&self) -> Option<Error> {
        lock(&self.owed).clone()
    }

    /// The error of a run whose script ended well but some of whose changes failed: `partial` if others
    /// were done, `failed` if none was.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        let changes = lock(&self.changes);
        let failed: Vec<&Change> = changes.iter().filter(|c| matches!(c.outcome, Outcome::Failed(_))).collect();
        if failed.is_empty() {
            return None;
        }
        let done = changes.iter().any(|c| matches!(c.outcome, Outcome::Done(_)));
        let kind = if done { Kind::Partial } else { Kind::Failed };
        let asking = failed.iter().all(|c| c.action == Action::Verify);
        let counted = |c: &&Change| !matches!(c.outcome, Outcome::Planned) && (!asking || c.action == Action::Verify);
        let total = changes.iter().filter(counted).count();
        let what = match (asking, failed.len()) {
            (false, _) => "changes failed",
            (true, 1) => "servers does not answer",
            (true, _) => "servers do not answer",
        };
        let mut error = Error::new(kind, format!("{} of {total} {what}", failed.len()));
        let more = failed.len().saturating_sub(SHOWN);
        for change in failed.into_iter().take(SHOWN) {
            if let Outcome::Failed(reason) = &change.outcome {
                error = error.detail(format!("{} {}/{}: {reason}", change.action.name(), change.kind, change.name));
            }
        }
        if more > 0 {
            error = error.detail(format!("… and {more} more"));
        }
        Some(error)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
