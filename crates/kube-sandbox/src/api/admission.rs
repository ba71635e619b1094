//! Admission of a simulated cluster: webhooks and policies that add to objects, warn, deny, or fail.

use serde_json::{Map, Value};

use super::resource::Resource;
use crate::http::status::{Failure, Result};
use crate::object::metadata;

/// What admission does to the requests of a verb on a resource (either may be `*`).
#[derive(Debug, Clone, Default)]
pub struct AdmissionRule {
    /// The verb.
    pub verb: String,
    /// The plural resource.
    pub resource: String,
    /// The name of the webhook.
    pub webhook: String,
    /// Labels to set.
    pub labels: Map<String, Value>,
    /// Annotations to set.
    pub annotations: Map<String, Value>,
    /// Keys of the data to set, in the API's form.
    pub data: Map<String, Value>,
    /// Keys of the data to remove.
    pub dropped: Vec<String>,
    /// Finalizers to add.
    pub finalizers: Vec<String>,
    /// Warnings to send.
    pub warnings: Vec<String>,
    /// Why it denies the request.
    pub denial: Option<String>,
    /// How it fails to answer.
    pub failure: Option<String>,
    /// The status code of a denial.
    pub code: u16,
}

impl AdmissionRule {
    pub(crate) fn is_for(&self, verb: &str, resource: &str) -> bool {
        let is = |rule: &str, given: &str| rule == "*" || rule == given;
        is(&self.verb, verb) && is(&self.resource, resource)
    }

    /// Allows or denies a request.
    pub(crate) fn judge(&self) -> Result<()> {
        let webhook = &self.webhook;
        if let Some(why) = &self.failure {
            return Err(Failure::admission(
                500,
                format!("Internal error occurred: failed calling webhook \"{webhook}\": failed to call webhook: {why}"),
            ));
        }
        match &self.denial {
            Some(why) => {
                Err(Failure::admission(self.code, format!("admission webhook \"{webhook}\" denied the request: {why}")))
            }
            None => Ok(()),
        }
    }

    /// Changes an object before it is stored. These changes belong to no field manager.
    pub(crate) fn mutate(&self, resource: Resource, object: &mut Value) {
        for (field, values) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            for (name, value) in values {
                object["metadata"][field][name] = value.clone();
            }
        }
        if !self.finalizers.is_empty() && metadata(object, "deletionTimestamp").is_empty() {
            object["metadata"]["finalizers"] = self.finalizers.clone().into();
        }
        if !matches!(resource, Resource::ConfigMaps | Resource::Secrets) {
            return;
        }
        for (key, value) in &self.data {
            object["data"][key] = value.clone();
        }
        if let Some(data) = object["data"].as_object_mut() {
            data.retain(|key, _| !self.dropped.contains(key));
        }
    }
}
