//! Server-side apply: a manager owns what it sends; keys that it no longer sends are removed; a field of another owner
//! is a conflict unless it is equal or forced.

use serde_json::{Map, Value};

use super::change::{Change, Changed};
use super::compare::{compare, is_empty_at, merge, remove};
use super::create::defaults_after_ownership;
use super::defaults;
use super::fields::{FieldSet, Path};
use super::managed_fields::{Manager, Owners, blank, describe};
use super::shape;
use super::update::keep_fixed;
use crate::http::status::{Cause, Failure, Result};
use crate::object::metadata;

/// The manager of fields without an owner when an object is applied for the first time.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

impl Change<'_> {
    /// Applies a configuration that was checked by [`crate::http::decode::applied`].
    pub(crate) fn apply(self, applied: &Value, force: bool) -> Result<Changed> {
        match self.state.get(&self.key).map(|stored| stored.value.clone()) {
            None => self.apply_new(applied),
            Some(old) => self.apply_to(&old, applied, force),
        }
    }

    fn apply_new(self, applied: &Value) -> Result<Changed> {
        let resource = self.key.resource;
        self.check_namespace()?;
        if !metadata(applied, "uid").is_empty() {
            let uid = metadata(applied, "uid");
            let why =
                format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            return Err(Failure::conflict(resource, &self.key.name, &why));
        }
        let shape = shape::of(resource);
        let mut owners = Owners::default();
        owners.apply(&self.manager, &FieldSet::of(shape, applied), &self.time());
        let mut object = without_kind(applied);
        shape::normalize(shape, &mut object);
        defaults::identity(&self.key, &mut object, self.now);
        defaults::fill(resource, &mut object);
        defaults_after_ownership(&mut object, resource);
        owners.write(&mut object);
        self.insert(object)
    }

    fn apply_to(self, old: &Value, applied: &Value, force: bool) -> Result<Changed> {
        let resource = self.key.resource;
        let shape = shape::of(resource);
        let set = FieldSet::of(shape, applied);
        let mut owners = Owners::read(old);
        if owners.is_empty() {
            let manager = Manager { name: BEFORE_FIRST_APPLY.to_owned(), apply: false, subresource: String::new() };
            owners.update(shape, &blank(), old, &manager, &self.time());
        }
        let last = owners.of(&self.manager);

        let mut object = old.clone();
        merge(shape, &mut object, &without_kind(applied));
        self.prune(&mut object, &last.difference(&set), &set, &owners);
        keep_fixed(&self.manager.subresource, old, &mut object);

        let difference = compare(shape, old, &object);
        let taken = difference.modified.union(&difference.added);
        let conflicts = owners.conflicts(&self.manager, &taken);
        if !conflicts.is_empty() && !force {
            let (count, message, causes) = describe(&conflicts);
            return Err(Failure::apply_conflict(count, &message, &causes));
        }
        let uid = metadata(applied, "uid");
        if !uid.is_empty() && uid != metadata(old, "uid") {
            let cause = Cause::invalid("metadata.uid", &applied["metadata"]["uid"], "field is immutable");
            // The server validates the metadata twice, and reports errors twice.
            return Err(Failure::invalid(resource, &self.key.name, &[cause.clone(), cause]));
        }
        let revision = metadata(applied, "resourceVersion");
        if !revision.is_empty() && revision != metadata(old, "resourceVersion") {
            return Err(Failure::modified(resource, &self.key.name));
        }
        owners.take(&self.manager, &taken);
        owners.take(&self.manager, &difference.removed);
        owners.apply(&self.manager, &set, &self.time());
        shape::normalize(shape, &mut object);
        defaults::fill(resource, &mut object);
        owners.write(&mut object);
        self.replace(old, object)
    }

    /// Removes what the manager applied last time and does not apply now, unless another manager owns it or something
    /// in it; and the maps and lists that are empty after that.
    fn prune(&self, object: &mut Value, dropped: &FieldSet, sent: &FieldSet, owners: &Owners) {
        let shape = shape::of(self.key.resource);
        let is_wanted = |path: &Path| sent.touches(path) || owners.others_touch(&self.manager, path);
        for path in dropped.0.iter().rev().filter(|path| !is_wanted(path)) {
            remove(shape, object, &path.0);
            let mut parent = path.clone();
            while parent.0.pop().is_some() && !parent.0.is_empty() {
                if is_wanted(&parent) || !is_empty_at(shape, object, &parent.0) {
                    break;
                }
                remove(shape, object, &parent.0);
            }
        }
    }
}

fn without_kind(applied: &Value) -> Value {
    let mut map: Map<String, Value> = applied.as_object().cloned().unwrap_or_default();
    map.shift_remove("kind");
    map.shift_remove("apiVersion");
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_manager_sends_is_what_it_owns() {
        let shape = shape::of(super::super::resource::Resource::ConfigMaps);
        let set = FieldSet::of(shape, &json!({"metadata": {"labels": {"a": "b"}}, "data": {"k": "v"}}));
        assert!(set.0.contains(&Path::of_fields(&["data", "k"])) && !set.0.contains(&Path::of_fields(&["data"])));
        assert_eq!(set.to_json(), json!({"f:data": {"f:k": {}}, "f:metadata": {"f:labels": {"f:a": {}}}}));
        assert_eq!(FieldSet::from_json(&set.to_json()), set);
    }
}
