//! The common part of every change: its inputs, and how it is stored.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::defaults;
use super::managed_fields::Manager;
use super::resource::{Key, Resource};
use super::validate;
use crate::http::status::{Cause, Failure, Result};
use crate::object::{metadata, set_metadata};
use crate::world::clock::{later, rfc3339};
use crate::world::pod_lifecycle::MOMENT;
use crate::world::store::{State, Step};

/// A change of one object.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: Timestamp,
    pub(crate) key: Key,
    pub(crate) manager: Manager,
    pub(crate) dry_run: bool,
}

/// The answer to a change: the status code and the object, without kind and version.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) code: u16,
    pub(crate) object: Value,
}

impl Change<'_> {
    /// The time in managed fields.
    pub(crate) fn time(&self) -> String {
        rfc3339(self.now)
    }

    /// Whether a new object may be created at its place.
    pub(crate) fn check_namespace(&self) -> Result<()> {
        if !self.key.resource.namespaced() {
            return Ok(());
        }
        let namespace = &self.key.namespace;
        let Some(found) = self.state.get(&Key::new(Resource::Namespaces, "", namespace)) else {
            return Err(Failure::not_found(Resource::Namespaces, namespace));
        };
        if metadata(&found.value, "deletionTimestamp").is_empty() {
            return Ok(());
        }
        let cause = Cause {
            reason: "NamespaceTerminating",
            message: format!("namespace {namespace} is being terminated"),
            field: "metadata.namespace".to_owned(),
        };
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        Err(Failure::forbidden(self.key.resource.plural(), &self.key.name, &why, &[cause]))
    }

    /// Stores a new object that is complete except for its revision.
    pub(crate) fn insert(self, mut object: Value) -> Result<Changed> {
        self.state.mutate(self.key.resource, &mut object);
        let causes = validate::object(&self.key, &object);
        if !causes.is_empty() {
            return Err(Failure::invalid(self.key.resource, &self.key.name, &causes));
        }
        defaults::order(&mut object);
        if self.dry_run {
            return Ok(Changed { code: 201, object });
        }
        let stored = self.state.put(&self.key, object);
        self.state.appeared(&self.key, metadata(&stored.value, "uid"), self.now);
        Ok(Changed { code: 201, object: stored.value.clone() })
    }

    /// Stores the next version of an object, if it differs from the last.
    pub(crate) fn replace(self, old: &Value, mut new: Value) -> Result<Changed> {
        let resource = self.key.resource;
        self.state.mutate(resource, &mut new);
        let mut causes = validate::object(&self.key, &new);
        causes.extend(validate::change(resource, old, &new));
        if !causes.is_empty() {
            return Err(Failure::invalid(resource, &self.key.name, &causes));
        }
        if resource == Resource::Pods && old["spec"] != new["spec"] {
            let generation = old["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
            set_metadata(&mut new, "generation", generation.into());
        }
        defaults::order(&mut new);
        if self.dry_run || new == *old {
            return Ok(Changed { code: 200, object: new });
        }
        let ended = !metadata(&new, "deletionTimestamp").is_empty()
            && new["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
            && (resource != Resource::Pods || new["metadata"]["deletionGracePeriodSeconds"] == 0);
        let stored = self.state.put(&self.key, new);
        if ended {
            self.state.remove(&self.key);
        }
        if matches!(resource, Resource::ConfigMaps | Resource::Secrets) {
            self.state.retry_stuck(&self.key.namespace, self.now);
        }
        Ok(Changed { code: 200, object: stored.value.clone() })
    }
}

impl State {
    /// The automatic effects of a new object.
    pub(crate) fn appeared(&mut self, key: &Key, uid: &str, now: Timestamp) {
        match key.resource {
            Resource::Pods => self.plan(later(now, MOMENT), Step::Start, key, uid),
            Resource::ConfigMaps | Resource::Secrets => self.retry_stuck(&key.namespace, now),
            Resource::Namespaces => self.add_root_certificate(&key.name, now),
        }
    }

    /// Every namespace of a cluster has this ConfigMap, made by the controller manager.
    fn add_root_certificate(&mut self, namespace: &str, now: Timestamp) {
        let key = Key::new(Resource::ConfigMaps, namespace, "kube-root-ca.crt");
        let mut object = serde_json::json!({
            "metadata": {"annotations": {"kubernetes.io/description": "The certificates that verify this API server."}},
            "data": {"ca.crt": "the sandbox has no certificate\n"},
        });
        defaults::identity(&key, &mut object, now);
        defaults::order(&mut object);
        let _stored: Arc<_> = self.put(&key, object);
    }
}
