//! ConfigMaps and Secrets by server-side apply: each owner holds its own keys, so what leaves an owner's document
//! goes, what others hold stays, and a second run that finds all as it should be writes nothing.
//!
//! [`plan()`] reads and says what would happen, so that a person can be shown and asked; [`execute`] does just
//! that, guarded by the resource version that was read.

mod absent;
mod admission;
mod adopt;
mod checks;
mod compare;
mod conflict;
mod delete;
mod document;
mod execute;
mod imagined;
mod keys;
mod live;
mod managed_fields;
mod plan;
mod read;
mod set;
mod value;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use crate::cluster::controllers::Controller;
pub use absent::{ABSENT, absent_keys, absent_label};
pub use conflict::refuse_conflicts;
pub use delete::{ObjectDeletion, delete};
pub use document::manifest;
pub use execute::{Applied, AppliedResult, LastChange, apply, execute, judge, judge_look};
pub use keys::{KeyWatch, Keys, keys};
pub use managed_fields::{Manager, Operation};
pub use plan::{Conflict, Desired, LabelLeft, Leftovers, ObjectPlan, PlannedResult, plan};
pub use read::{ObjectFilter, get, list};
pub use set::{KeyPlan, SETTER, plan_key, set_key};
pub use value::Value;

/// The label value of what mcpctl makes.
pub const PROVISIONING: &str = "mcp-gateway-provisioning";

/// Which of the two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A ConfigMap: anybody who may read the namespace sees it.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl ObjectKind {
    /// The word for it: `configmap`, `secret`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmap",
            Self::Secret => "secret",
        }
    }

    /// The plural of paths and Roles.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmaps",
            Self::Secret => "secrets",
        }
    }

    /// The API's kind.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    /// The option of `provision` by which another name is chosen.
    const fn name_option(self) -> &'static str {
        match self {
            Self::ConfigMap => "--config-name",
            Self::Secret => "--secret-name",
        }
    }

    /// The labels of every object that mcpctl makes. All owners send the same ones: they are shared.
    #[must_use]
    pub fn labels(self) -> BTreeMap<String, String> {
        let component = match self {
            Self::ConfigMap => "config",
            Self::Secret => "secret",
        };
        [
            ("app.kubernetes.io/managed-by", PROVISIONING),
            ("app.kubernetes.io/component", component),
            ("mcp-gateway.docker.com/purpose", "cluster-provider"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }
}

/// A ConfigMap or Secret as it is on the server.
#[derive(Debug, Clone)]
pub struct Object {
    /// Which of the two.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its data. A Secret's values are secrets.
    pub data: BTreeMap<String, Value>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// A Secret's type; empty for ConfigMaps.
    pub secret_type: String,
    /// Whether its data can never change.
    pub immutable: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Seconds since it was made, by the server's clock.
    pub age: u64,
    /// When any of its fields was last changed.
    pub changed: Timestamp,
    /// Who holds which fields.
    pub managers: Vec<Manager>,
    /// What controls it beside the user, and writes it again.
    pub controllers: Vec<Controller>,
    /// Why it still exists although it was deleted, as `terminating, held by FINALIZER`; else empty.
    pub terminating: String,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The entries of `managedFields` as they came, to be written again.
    pub(super) managed_fields: Vec<serde_json::Value>,
    pub(super) uid: String,
    pub(super) resource_version: String,
}

impl Object {
    /// The Apply entry of an owner, where it has one.
    fn applied_by(&self, owner: &str) -> Option<&Manager> {
        self.managers.iter().find(|manager| manager.is_applier(owner))
    }

    /// Whether a key is there by an apply, so that an apply without it takes it away.
    #[must_use]
    pub fn applies(&self, key: &str) -> bool {
        self.managers.iter().any(|manager| manager.operation == Operation::Apply && manager.keys.contains(key))
    }

    /// The managers other than an owner's Apply entry that hold a field.
    fn others<'a>(
        &'a self,
        owner: &'a str,
        holds: impl Fn(&Manager) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Manager> {
        self.managers.iter().filter(move |manager| !manager.is_applier(owner) && holds(manager))
    }

    /// `configmap `x` in namespace `a``.
    fn described(kind: ObjectKind, namespace: &str, name: &str) -> String {
        format!("{} `{name}` in namespace `{namespace}`", kind.name())
    }
}
