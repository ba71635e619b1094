//! The object that an apply would leave behind, made up where the server cannot be asked: in a dry run, for an
//! object that the same run has changed before, or where a webhook cannot judge dry runs.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plan::ObjectPlan;
use super::{Manager, Object};
use crate::record::KeyChange;

/// The object as a plan would leave it.
pub(super) fn imagine(plan: &ObjectPlan) -> Object {
    let mut object = plan.live.clone().unwrap_or_else(|| Object {
        kind: plan.kind,
        name: plan.name.clone(),
        namespace: plan.namespace.clone(),
        data: BTreeMap::new(),
        labels: BTreeMap::new(),
        secret_type: plan.sent.secret_type.clone().unwrap_or_default(),
        immutable: false,
        created: Timestamp::now(),
        age: 0,
        changed: Timestamp::now(),
        managers: Vec::new(),
        controllers: Vec::new(),
        terminating: String::new(),
        annotations: BTreeMap::new(),
        managed_fields: Vec::new(),
        uid: String::new(),
        resource_version: String::new(),
    });
    object.changed = Timestamp::now();
    object.data.extend(plan.sent.data.clone());
    object.labels.extend(plan.sent.labels.clone());
    for change in &plan.keys {
        if let KeyChange::Removed(key) = change {
            object.data.remove(key);
        }
    }
    for change in &plan.labels {
        if let KeyChange::Removed(label) = change {
            object.labels.remove(label);
        }
    }
    let owner = &plan.desired.owner;
    for manager in object.managers.iter_mut().filter(|manager| !manager.is_applier(owner)) {
        manager.keys.retain(|key| !plan.conflicts.iter().any(|conflict| conflict.key == *key));
    }
    object.managers.retain(|manager| !manager.is_applier(owner));
    object.managers.push(Manager {
        keys: plan.sent.data.keys().cloned().collect(),
        labels: plan.sent.labels.keys().cloned().collect(),
        secret_type: plan.sent.secret_type.is_some(),
        immutable: plan.sent.immutable,
        ..Manager::applier(owner)
    });
    object
}
