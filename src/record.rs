//! What a run did to the world: the changes it made or would make, and the effects it had.
//!
//! The plan of a dry run, the exit code, the journal, and the line printed after Ctrl-C are read from here. Effects
//! that are not allowed are refused here, too: every action records its effect first.

mod comparisons;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::allowed::Allowed;
use crate::error::{Error, Kind, Result};

pub use comparisons::{MOST_OF_SCRIPT, MOST_OF_USER, Stored};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Sent without an answer so far: after an interrupt the result is unknown.
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

impl KeyChange {
    /// The key, if it is new.
    #[must_use]
    pub fn added(&self) -> Option<&String> {
        if let Self::Added(key) = self { Some(key) } else { None }
    }

    /// The key, if its value differs.
    #[must_use]
    pub fn changed(&self) -> Option<&String> {
        if let Self::Changed(key) = self { Some(key) } else { None }
    }

    /// The key, if it goes.
    #[must_use]
    pub fn removed(&self) -> Option<&String> {
        if let Self::Removed(key) = self { Some(key) } else { None }
    }
}

/// One change of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// `pod`, `configmap`, `secret`, `image`, `file`, `program`, `server`.
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

/// The observer that is notified of each change as soon as its result is known.
pub type Witness = Box<dyn Fn(&Change) + Send + Sync>;

/// Changes in the order in which they began, each found by its object: a run may make tens of thousands.
#[derive(Debug, Default)]
struct Changes {
    all: Vec<Change>,
    /// Where the last change of each object is.
    last: HashMap<ChangeKey, usize>,
}

/// What is done to what: action, kind, name, namespace.
type ChangeKey = (Action, &'static str, String, String);

impl Change {
    fn deed(&self) -> ChangeKey {
        (self.action, self.kind, self.name.clone(), self.namespace.clone())
    }
}

impl Changes {
    /// Notes a change, or the new state of one.
    fn note(&mut self, change: Change) {
        let deed = change.deed();
        match self.last.get(&deed).and_then(|at| self.all.get_mut(*at)) {
            Some(known) if known.outcome != Outcome::Planned || change.outcome == Outcome::Planned => *known = change,
            _ => {
                self.last.insert(deed, self.all.len());
                self.all.push(change);
            }
        }
    }

    /// Forgets changes.
    fn retain(&mut self, stays: impl Fn(&Change) -> bool) {
        self.all.retain(stays);
        self.last = self.all.iter().enumerate().map(|(at, change)| (change.deed(), at)).collect();
    }
}

/// The record of one run; shared by everything that acts.
#[derive(Default)]
pub struct Recorder {
    changes: Mutex<Changes>,
    effects: Mutex<BTreeSet<Effect>>,
    deferred_error: Mutex<Option<Error>>,
    /// What was found to be lacking, with why: no change, but a failure of the run.
    lacking: Mutex<Vec<(String, String)>>,
    allowed: Allowed,
    refused: Mutex<Option<Error>>,
    comparisons: Mutex<comparisons::Comparisons>,
    witness: OnceLock<Witness>,
    /// Additional reports about failed changes, by kind and name.
    explained: Mutex<BTreeMap<(&'static str, String), Vec<String>>>,
    /// Those of runs that are parts of this one.
    parts: Mutex<Vec<Arc<Recorder>>>,
}

impl Recorder {
    /// The record of a run that may have these effects and no others.
    #[must_use]
    pub fn within(allowed: Allowed) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Notes an effect. To be called before the deed, which must not be done where this fails.
    ///
    /// # Errors
    /// [`Kind::Refused`] if `--allow` or `--deny` rules the effect out, and from then on always.
    pub fn effect(&self, effect: Effect) -> Result<()> {
        self.permit(&effect)?;
        lock(&self.effects).insert(effect);
        Ok(())
    }

    /// Whether an effect may be had, without noting it: for what is to be refused before the first of many deeds.
    ///
    /// # Errors
    /// As [`effect`](Self::effect). What is refused once stays so: a script whose error got lost (in the comparison of
    /// a sort, say) does nothing more.
    pub fn permit(&self, effect: &Effect) -> Result<()> {
        let mut refused = lock(&self.refused);
        if refused.is_none() && !self.allowed.is_everything() {
            *refused = self.allowed.check(&effect.0).err();
        }
        refused.clone().map_or(Ok(()), Err)
    }

    /// Whether an effect is allowed. For files of mcpctl's own, which are left out where it is not: nothing is refused.
    #[must_use]
    pub fn allows(&self, effect: &Effect) -> bool {
        self.allowed.check(&effect.0).is_ok()
    }

    /// Sets the observer of changes; the first one stays.
    pub fn witnessed_by(&self, witness: Witness) {
        // a run has one journal
        let _ = self.witness.set(witness);
    }

    /// The effects so far.
    #[must_use]
    pub fn effects(&self) -> BTreeSet<Effect> {
        lock(&self.effects).clone()
    }

    /// Notes a change, or the new state of one: the last outcome of an object counts.
    pub fn change(&self, change: Change) {
        if let (Some(witness), Outcome::Done(_) | Outcome::Failed(_)) = (self.witness.get(), &change.outcome) {
            witness(&change);
        }
        lock(&self.changes).note(change);
    }

    /// Sets the lines that tell of a failed change in the error at the end, in place of its reason: they are shown
    /// only, and written down nowhere.
    pub fn explain(&self, kind: &'static str, name: &str, lines: Vec<String>) {
        lock(&self.explained).insert((kind, name.to_owned()), lines);
    }

    /// Forgets a change that has no answer yet: it has come to light that it was never made.
    pub fn withdraw(&self, action: Action, kind: &str, name: &str, namespace: &str) {
        let same = |c: &Change| c.action == action && c.kind == kind && c.name == name && c.namespace == namespace;
        lock(&self.changes).retain(|c| !(c.outcome == Outcome::Unknown && same(c)));
    }

    /// Forgets what was noted: the next line of a REPL session has its own record.
    pub fn clear(&self) {
        *lock(&self.changes) = Changes::default();
        lock(&self.explained).clear();
        lock(&self.effects).clear();
        lock(&self.deferred_error).take();
        lock(&self.lacking).clear();
        lock(&self.refused).take();
    }

    /// The changes so far, in the order in which they began.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        lock(&self.changes).all.clone()
    }

    /// Takes the record of a run that is a part of this one.
    pub fn includes(&self, part: &Arc<Self>) {
        lock(&self.parts).push(Arc::clone(part));
    }

    /// The changes so far of this run and of its parts.
    #[must_use]
    pub fn all_changes(&self) -> Vec<Change> {
        let mut changes = self.changes();
        changes.extend(lock(&self.parts).iter().flat_map(|part| part.changes()));
        changes
    }

    /// Notes an error with which the run is to end although its script goes on: a dry run after its whole plan, a
    /// script that caught the error of a limit. The first one counts.
    pub fn defer_error(&self, error: Error) {
        lock(&self.deferred_error).get_or_insert(error);
    }

    /// Notes an image that the nodes will not get, and why. Nothing was changed, but the run has failed.
    pub fn missing_image(&self, image: &str, why: &str) {
        lock(&self.lacking).push((image.to_owned(), why.to_owned()));
    }

    /// The error that was noted.
    #[must_use]
    pub fn deferred_error(&self) -> Option<Error> {
        lock(&self.deferred_error).clone()
    }

    /// The error of a run whose script ended well but which was refused something, or some of whose changes failed:
    /// `partial` if others were done, `failed` if none was.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        if let Some(refused) = lock(&self.refused).clone() {
            return Some(refused);
        }
        let changes = &lock(&self.changes).all;
        let mut failed: Vec<&Change> = changes.iter().filter(|c| matches!(c.outcome, Outcome::Failed(_))).collect();
        let lacking = lock(&self.lacking).clone();
        if failed.is_empty() && lacking.is_empty() {
            return None;
        }
        let done = changes.iter().any(|c| matches!(c.outcome, Outcome::Done(_)));
        let kind = if done { Kind::Partial } else { Kind::Failed };
        let asking = failed.iter().all(|c| c.action == Action::Verify);
        let counted = |c: &&Change| !matches!(c.outcome, Outcome::Planned) && (!asking || c.action == Action::Verify);
        let total = changes.iter().filter(counted).count();
        let what = match (asking, failed.len()) {
            (false, _) => "changes failed",
            (true, 1) if total == 1 => "server does not answer",
            (true, 1) => "servers does not answer",
            (true, _) => "servers do not answer",
        };
        let count = if asking && total == 1 { "1".to_owned() } else { format!("{} of {total}", failed.len()) };
        let mut error = Error::new(
            kind,
            match (failed.len(), lacking.len()) {
                (0, 1) => "the nodes cannot get 1 image".to_owned(),
                (0, images) => format!("the nodes cannot get {images} images"),
                _ => format!("{count} {what}"),
            },
        );
        let explained = lock(&self.explained);
        let images = failed.iter().filter(|change| change.kind == "image").filter_map(|change| match &change.outcome {
            Outcome::Failed(reason) => {
                Some((format!("{} image/{}", change.action.name(), change.name), reason.clone()))
            }
            _ => None,
        });
        let images = by_reason(images);
        failed.retain(|change| change.kind != "image");
        let more = failed.len().saturating_sub(SHOWN);
        for change in failed.into_iter().take(SHOWN) {
            if let Some(lines) = explained.get(&(change.kind, change.name.clone())) {
                error = lines.iter().fold(error, |error, line| error.detail(line.as_str()));
            } else if let Outcome::Failed(reason) = &change.outcome {
                error = error.detail(format!("{} {}/{}: {reason}", change.action.name(), change.kind, change.name));
            }
        }
        if more > 0 {
            error = error.detail(format!("… and {more} more"));
        }
        let lacking = by_reason(lacking.into_iter().map(|(image, why)| (format!("image {image}"), why)));
        for lines in [images, lacking] {
            let more = lines.len().saturating_sub(SHOWN);
            error = lines.into_iter().take(SHOWN).fold(error, Error::detail);
            if more > 0 {
                error = error.detail(format!("… and {more} more"));
            }
        }
        Some(error)
    }
}

/// One line for each reason, with the first of those that have it: a registry that cannot be reached is one failure.
fn by_reason(failures: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (name, reason) in failures {
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    let line = |(reason, names): (String, Vec<String>)| match names.as_slice() {
        [first, second, third, _, more @ ..] if !more.is_empty() => {
            format!("{first}, {second}, {third} and {} more: {reason}", more.len() + 1)
        }
        names => format!("{}: {reason}", names.join(", ")),
    };
    groups.into_iter().map(line).collect()
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("changes", &self.changes)
            .field("effects", &self.effects)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
