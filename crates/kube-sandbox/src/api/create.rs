//! POST: creating an object.

use serde_json::Value;

use super::change::{Change, Changed};
use super::defaults;
use super::managed_fields::{Owners, blank};
use super::resource::Key;
use super::shape;
use crate::http::decode;
use crate::http::status::{Failure, Result};
use crate::object::metadata;

impl Change<'_> {
    /// Creates an object in the namespace of the change's key; the name comes from the object.
    pub(crate) fn create(mut self, mut object: Value) -> Result<Changed> {
        let resource = self.key.resource;
        decode::namespace_fits(&self.key.namespace, &object)?;
        defaults::generate_name(&mut object);
        self.key = Key::new(resource, &self.key.namespace, metadata(&object, "name"));
        self.check_namespace()?;
        if !metadata(&object, "resourceVersion").is_empty() {
            return Err(Failure::unclassified("resourceVersion should not be set on objects to be created"));
        }
        if self.state.get(&self.key).is_some() {
            return Err(Failure::exists(resource, &self.key.name));
        }
        defaults::identity(&self.key, &mut object, self.now);
        defaults::fill(resource, &mut object);
        let mut owners = Owners::default();
        owners.update(shape::of(resource), &blank(), &object, &self.manager, &self.time());
        defaults_after_ownership(&mut object, self.key.resource);
        owners.write(&mut object);
        self.insert(object)
    }
}

/// Admission runs after ownership is recorded: its changes have no owner.
pub(crate) fn defaults_after_ownership(object: &mut Value, resource: super::resource::Resource) {
    if resource == super::resource::Resource::Pods {
        defaults::admit(object);
    }
}
