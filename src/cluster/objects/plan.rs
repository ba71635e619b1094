//! What an apply would do, found out by reading: key by key, never a value.

use std::collections::{BTreeMap, BTreeSet};

use super::adopt::Adoption;
use super::compare::{against, all_labels};
use super::read::{get, place};
use super::{Controller, Object, ObjectKind, Value, checks};
use crate::cluster::{Cluster, names, termination};
use crate::error::{Error, Kind, Result};
use crate::record::KeyChange;

/// What becomes of live keys of the owner that the document does not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Leftovers {
    /// They go: the document is the order.
    #[default]
    Remove,
    /// They are read, sent again and named, as others may work with the same owner, but for these: they go.
    KeepAllBut(BTreeSet<String>),
    /// These stay as they are, the others go.
    KeepThese(BTreeSet<String>),
}

/// What an object should be.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Which kind.
    pub kind: ObjectKind,
    /// The name.
    pub name: String,
    /// The namespace; `None` or `""` is the connection's.
    pub namespace: Option<String>,
    /// The owner's keys. ConfigMaps take no secrets.
    pub data: BTreeMap<String, Value>,
    /// Labels beside those that every object of ours has.
    pub labels: BTreeMap<String, String>,
    /// The field manager: who holds these keys.
    pub owner: String,
    /// The field manager of the running script itself, whatever owner it names.
    pub script_owner: String,
    /// What becomes of the owner's other keys.
    pub leftovers: Leftovers,
    /// The object must not exist yet.
    pub create_only: bool,
    /// Keys that were written by hand become the owner's own first.
    pub adopt: bool,
}

impl Desired {
    /// A document of an owner; its other keys go.
    pub fn new(
        kind: ObjectKind,
        name: impl Into<String>,
        owner: impl Into<String>,
        data: BTreeMap<String, Value>,
    ) -> Self {
        let owner = owner.into();
        Self {
            kind,
            name: name.into(),
            namespace: None,
            data,
            labels: BTreeMap::new(),
            script_owner: owner.clone(),
            owner,
            leftovers: Leftovers::default(),
            create_only: false,
            adopt: false,
        }
    }
}

/// What would become of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedResult {
    /// It is new.
    Created,
    /// It exists and would be written.
    Configured,
    /// All is as it should be: nothing is sent.
    Unchanged,
    /// The user may not read it, so only the server knows.
    Applied,
}

/// A key whose value differs and that others hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub key: String,
    /// Who holds it.
    pub managers: Vec<String>,
}

/// A label of ours that another manager holds with another value; it is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLeft {
    /// The label.
    pub label: String,
    /// The value it keeps.
    pub value: String,
    /// Who holds it.
    pub managers: Vec<String>,
}

/// What an apply would do.
#[derive(Debug, Clone)]
pub struct ObjectPlan {
    /// Which kind.
    pub kind: ObjectKind,
    /// The object's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What would become of it.
    pub result: PlannedResult,
    /// Keys that are added, changed and removed, by name. Empty where the object could not be read.
    pub keys: Vec<KeyChange>,
    /// Labels that are added, changed and removed.
    pub labels: Vec<KeyChange>,
    /// Keys that others hold with another value: only to be taken by force.
    pub conflicts: Vec<Conflict>,
    /// Keys that were written by hand, with those who hold them: they become the owner's own first.
    pub adopted: Vec<Conflict>,
    /// Live keys of the owner that the document does not hold and that are sent again.
    pub kept: Vec<String>,
    /// Labels that others hold and that are left alone.
    pub labels_left: Vec<LabelLeft>,
    /// No value differs; only who holds which key is written.
    pub ownership_only: bool,
    /// What is sent.
    pub(super) sent: Sent,
    /// How the keys become the owner's own.
    pub(super) adoption: Option<Adoption>,
    /// What was read.
    pub(super) live: Option<Object>,
    /// What was asked for, to plan again.
    pub(super) desired: Desired,
}

/// The fields that are sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) data: BTreeMap<String, Value>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) secret_type: Option<String>,
    pub(super) immutable: bool,
}

/// Reads the object and says what an apply would do.
///
/// # Errors
/// Names, keys or an owner that cannot be; too much data; a secret in a ConfigMap; an object that must be new but
/// is there; one that is immutable; the server cannot be asked.
pub async fn plan(cluster: &Cluster, desired: Desired) -> Result<ObjectPlan> {
    names::check_name(desired.kind.name(), &desired.name)?;
    names::check_manager(&desired.owner)?;
    checks::check_data(desired.kind, &desired.name, &desired.data)?;
    let namespace = place(cluster, desired.namespace.as_deref())?.to_owned();
    match get(cluster, desired.kind, &namespace, &desired.name).await {
        Ok(live) => {
            live.as_ref().map_or(Ok(()), require_staying)?;
            if !desired.create_only {
                compare(cluster, &desired, &namespace, live.as_ref())?;
            }
            cluster.recorder().answer(against(desired, namespace, live))
        }
        Err(error) if error.kind == Kind::Forbidden => {
            if desired.data.values().any(Value::is_of_script) {
                cluster
                    .recorder()
                    .reveal("the server compares a value of the script with one that you may not read")?;
            }
            cluster.recorder().answer(blind(desired, namespace, error))
        }
        Err(error) => Err(error),
    }
}

/// Refuses an object that was deleted already: what is written into it is removed with it.
pub(super) fn require_staying(live: &Object) -> Result<()> {
    if live.terminating.is_empty() {
        return Ok(());
    }
    let what = Object::described(live.kind, &live.namespace, &live.name);
    let held = live.terminating.contains("held by");
    let error = Error::new(Kind::Conflict, format!("{what} was deleted already"))
        .object(format!("{}/{}", live.kind.name(), live.name))
        .cause(format!("{}: what is written into it would be removed with it", live.terminating));
    Err(match held {
        true => error.hint(termination::way_out(live.kind.name(), &live.namespace, &live.name, true, false)),
        false => error.hint("run the command again when it no longer exists"),
    })
}

/// Allows the comparison of each value with the live one, of which the plan and its conflicts tell the result.
fn compare(cluster: &Cluster, desired: &Desired, namespace: &str, live: Option<&Object>) -> Result<()> {
    let own = live.and_then(|live| live.applied_by(&desired.script_owner));
    for (key, value) in &desired.data {
        let is_own = own.is_some_and(|own| own.keys.contains(key));
        let live = live.and_then(|live| live.data.get(key));
        value.compare(cluster.recorder(), (namespace, desired.name.as_str(), key.as_str()), live, is_own)?;
    }
    Ok(())
}

/// A plan for a user who may not read: the server says whether it was new, and no more.
fn blind(desired: Desired, namespace: String, error: Error) -> Result<ObjectPlan> {
    if desired.create_only || desired.adopt || desired.leftovers != Leftovers::Remove {
        return Err(error.hint("without the right to read it nobody knows which keys would be lost"));
    }
    checks::check_size(desired.kind, &desired.name, &desired.data)?;
    let sent = Sent { data: desired.data.clone(), labels: all_labels(&desired), ..Sent::default() };
    Ok(ObjectPlan { result: PlannedResult::Applied, ..ObjectPlan::empty(desired, namespace, sent, None) })
}

impl ObjectPlan {
    pub(super) fn empty(desired: Desired, namespace: String, sent: Sent, live: Option<Object>) -> Self {
        Self {
            kind: desired.kind,
            name: desired.name.clone(),
            namespace,
            result: PlannedResult::Unchanged,
            keys: Vec::new(),
            labels: Vec::new(),
            conflicts: Vec::new(),
            adopted: Vec::new(),
            adoption: None,
            kept: Vec::new(),
            labels_left: Vec::new(),
            ownership_only: false,
            sent,
            live,
            desired,
        }
    }

    /// The owner that it is for.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.desired.owner
    }

    /// What controls the object beside the user, and writes it again.
    #[must_use]
    pub fn controllers(&self) -> &[Controller] {
        self.live.as_ref().map_or(&[], |live| &live.controllers)
    }

    /// Whether this plan changes nothing that another plan did not show.
    pub(super) fn is_within(&self, shown: &Self) -> bool {
        self.keys.iter().all(|key| shown.keys.contains(key))
            && self.labels.iter().all(|label| shown.labels.contains(label))
            && self.adopted.iter().all(|adopted| shown.adopted.contains(adopted))
            && self.conflicts.iter().all(|conflict| shown.conflicts.contains(conflict))
    }
}
