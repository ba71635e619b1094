//! Who holds which fields of an object, from its `managedFields`.
//!
//! A manager is a name *and* an operation: what one program made by POST and what it applies are two managers,
//! and they conflict with each other.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// How a manager came to its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Server-side apply.
    Apply,
    /// Create, update, or another kind of patch.
    Update,
}

/// A manager and the fields it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    /// Its name.
    pub name: String,
    /// How it came to them.
    pub operation: Operation,
    /// The data keys it holds.
    pub keys: BTreeSet<String>,
    /// The labels it holds.
    pub labels: BTreeSet<String>,
    /// Whether it holds the Secret's type.
    pub secret_type: bool,
    /// Whether it holds `immutable`.
    pub immutable: bool,
}

/// An entry of `managedFields`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedFieldsEntry {
    #[serde(default)]
    manager: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    fields_v1: Value,
    /// When its fields last changed.
    #[serde(default)]
    pub(super) time: Option<jiff::Timestamp>,
}

impl Manager {
    /// An Apply manager that holds nothing yet.
    pub(super) fn applier(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            operation: Operation::Apply,
            keys: BTreeSet::new(),
            labels: BTreeSet::new(),
            secret_type: false,
            immutable: false,
        }
    }

    /// Whether this is what an owner applies.
    pub(super) fn is_applier(&self, owner: &str) -> bool {
        self.operation == Operation::Apply && self.name == owner
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<ManagedFieldsEntry> for Manager {
    fn from(entry: ManagedFieldsEntry) -> Self {
        let fields = &entry.fields_v1;
        let mut keys = names(&fields["f:data"]);
        keys.extend(names(&fields["f:binaryData"]));
        Self {
            name: entry.manager,
            operation: if entry.operation == "Apply" { Operation::Apply } else { Operation::Update },
            keys,
            labels: names(&fields["f:metadata"]["f:labels"]),
            secret_type: !fields["f:type"].is_null(),
            immutable: !fields["f:immutable"].is_null(),
        }
    }
}

/// The names below a field: its members are `f:NAME`, and `.` stands for the field itself.
fn names(field: &Value) -> BTreeSet<String> {
    let members = field.as_object().into_iter().flatten();
    members.filter_map(|(name, _)| name.strip_prefix("f:")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manager_holds_keys_labels_and_type() {
        let entry: ManagedFieldsEntry = serde_json::from_value(json!({
            "manager": "mcpctl:prod", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:data": {".": {}, "f:grafana.url": {}, "f:b": {}},
                "f:binaryData": {"f:c": {}},
                "f:metadata": {"f:labels": {"f:app.kubernetes.io/managed-by": {}}},
                "f:type": {},
            },
        }))
        .unwrap();
        let manager = Manager::from(entry);
        assert!(manager.is_applier("mcpctl:prod") && !manager.is_applier("mcpctl"));
        assert_eq!(manager.keys.iter().collect::<Vec<_>>(), ["b", "c", "grafana.url"]);
        assert_eq!(manager.labels.iter().collect::<Vec<_>>(), ["app.kubernetes.io/managed-by"]);
        assert!(manager.secret_type && !manager.immutable);
    }

    #[test]
    fn what_was_made_by_post_is_another_manager() {
        let entry: ManagedFieldsEntry =
            serde_json::from_value(json!({"manager": "mcpctl:prod", "operation": "Update"})).unwrap();
        assert!(!Manager::from(entry).is_applier("mcpctl:prod"));
    }
}
