//! PUT and merge patch: the next version of an existing object.

use serde_json::{Map, Value};

use super::change::{Change, Changed};
use super::defaults;
use super::managed_fields::Owners;
use super::resource::Resource;
use super::shape;
use super::validate;
use crate::http::decode;
use crate::http::status::{Failure, Result};
use crate::object::{metadata, set_metadata};

impl Change<'_> {
    /// Replaces an object, or its status.
    pub(crate) fn update(self, object: Value) -> Result<Changed> {
        decode::names_fit(&self.key, &object)?;
        let old = self.existing()?;
        if let Some(uid) = validate::foreign_uid(&old, &object) {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /registry/{}/{}/{}, ResourceVersion: 0, \
                 AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                self.key.resource.plural(),
                self.key.namespace,
                self.key.name,
                metadata(&old, "uid"),
            );
            return Err(Failure::conflict(self.key.resource, &self.key.name, &why));
        }
        self.next(&old, object)
    }

    /// Applies a merge patch (RFC 7386) to an object, or to its status.
    pub(crate) fn merge_patch(self, patch: &Value) -> Result<Changed> {
        let old = self.existing()?;
        let mut object = old.clone();
        merge(&mut object, patch);
        decode::names_fit(&self.key, &object)?;
        let object = decode::typed(self.key.resource, object.clone())
            .map_err(|why| Failure::bad_patch(self.key.resource, &object, &why))?;
        self.next(&old, object)
    }

    fn existing(&self) -> Result<Value> {
        match self.state.get(&self.key) {
            Some(stored) => Ok(stored.value.clone()),
            None => Err(Failure::not_found(self.key.resource, &self.key.name)),
        }
    }

    fn next(self, old: &Value, mut object: Value) -> Result<Changed> {
        let resource = self.key.resource;
        let revision = metadata(&object, "resourceVersion");
        if !revision.is_empty() && revision != metadata(old, "resourceVersion") {
            return Err(Failure::modified(resource, &self.key.name));
        }
        let resets_owners = object["metadata"]["managedFields"].as_array().is_some_and(|list| {
            list.iter().all(|entry| entry.as_object().is_none_or(Map::is_empty)) && list.len() <= 1
        });
        let given = if self.manager.subresource.is_empty() { Owners::given(&object) } else { None };
        if self.manager.subresource == "status" {
            let status = object["status"].take();
            object = old.clone();
            object["status"] = status;
        }
        keep_fixed(&self.manager.subresource, old, &mut object);
        defaults::fill(resource, &mut object);
        if resource == Resource::Pods {
            for field in
                ["tolerations", "priority", "preemptionPolicy", "serviceAccount", "serviceAccountName", "nodeName"]
            {
                if object["spec"].get(field).is_none() && old["spec"].get(field).is_some() {
                    object["spec"][field] = old["spec"][field].clone();
                }
            }
        }
        let mut owners = if resets_owners { Owners::default() } else { given.unwrap_or_else(|| Owners::read(old)) };
        if !resets_owners {
            owners.update(shape::of(resource), old, &object, &self.manager, &self.time());
        }
        owners.write(&mut object);
        self.replace(old, object)
    }
}

/// Fields that no update changes: the server keeps the old values.
pub(crate) fn keep_fixed(subresource: &str, old: &Value, object: &mut Value) {
    for name in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "generateName",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
    ] {
        match old["metadata"].get(name) {
            Some(value) => set_metadata(object, name, value.clone()),
            None => {
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.shift_remove(name);
                }
            }
        }
    }
    if subresource.is_empty()
        && let Some(map) = object.as_object_mut()
    {
        map.shift_remove("status");
        if let Some(status) = old.get("status") {
            map.insert("status".to_owned(), status.clone());
        }
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            map.shift_remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}
