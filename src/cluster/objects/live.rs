//! The API's JSON of a ConfigMap or Secret, and the [`Object`] that is made of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;

use super::managed_fields::ManagedFieldsEntry;
use super::{Object, ObjectKind, Value};
use crate::cluster::controllers::{self, OwnerReference};
use crate::cluster::termination;
use crate::error::{Error, Result};

/// An object in the API's words. Not `Debug`: a Secret's data is in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Live {
    metadata: Metadata,
    #[serde(default)]
    data: Option<BTreeMap<String, String>>,
    #[serde(default)]
    binary_data: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "type")]
    secret_type: String,
    #[serde(default)]
    immutable: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    creation_timestamp: Option<Timestamp>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    owner_references: Option<Vec<OwnerReference>>,
    #[serde(default)]
    managed_fields: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    deletion_timestamp: Option<Timestamp>,
    #[serde(default)]
    finalizers: Option<Vec<String>>,
}

impl Live {
    /// The object; `now` is the server's clock.
    pub(super) fn into_object(self, kind: ObjectKind, now: Timestamp) -> Result<Object> {
        let metadata = self.metadata;
        let mut data = BTreeMap::new();
        for (key, text) in self.data.into_iter().flatten() {
            let value = match kind {
                ObjectKind::ConfigMap => Value::Text(text),
                ObjectKind::Secret => Value::hidden(decode(&key, &text)?),
            };
            data.insert(key, value);
        }
        for (key, text) in self.binary_data.into_iter().flatten() {
            let value = Value::hidden(decode(&key, &text)?);
            data.insert(key, value);
        }
        let managed_fields = metadata.managed_fields.unwrap_or_default();
        let entries =
            managed_fields.iter().filter_map(|entry| serde_json::from_value::<ManagedFieldsEntry>(entry.clone()).ok());
        let managers: Vec<ManagedFieldsEntry> = entries.collect();
        let created = metadata.creation_timestamp.unwrap_or(now);
        let labels = metadata.labels.unwrap_or_default();
        let annotations = metadata.annotations.unwrap_or_default();
        let controllers = controllers::of(&metadata.owner_references.unwrap_or_default(), &labels, &annotations);
        let finalizers = metadata.finalizers.unwrap_or_default();
        let terminating = match termination::stuck(metadata.deletion_timestamp, &finalizers, now) {
            None if metadata.deletion_timestamp.is_some() => "terminating".to_owned(),
            stuck => stuck.unwrap_or_default(),
        };
        Ok(Object {
            kind,
            name: metadata.name,
            namespace: metadata.namespace,
            data,
            labels,
            annotations,
            controllers,
            terminating,
            secret_type: self.secret_type,
            immutable: self.immutable.unwrap_or(false),
            created,
            age: u64::try_from(now.duration_since(created).as_secs()).unwrap_or(0),
            changed: managers.iter().filter_map(|manager| manager.time).max().unwrap_or(created),
            managers: managers.into_iter().map(Into::into).collect(),
            managed_fields,
            uid: metadata.uid,
            resource_version: metadata.resource_version,
        })
    }
}

fn decode(key: &str, text: &str) -> Result<Vec<u8>> {
    BASE64.decode(text).map_err(|_| Error::invalid(format!("the server's value of key `{key}` is not base64")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secrets_values_are_decoded_and_hidden() {
        let live: Live = serde_json::from_value(json!({
            "metadata": {"name": "s", "namespace": "a", "uid": "u", "resourceVersion": "7",
                         "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"l": "v"}},
            "data": {"a": "Y2FuYXJ5LWE=", "b": "/w=="}, "type": "Opaque",
        }))
        .unwrap();
        let object = live.into_object(ObjectKind::Secret, "2026-01-01T00:00:09Z".parse().unwrap()).unwrap();
        assert_eq!(object.data["a"], Value::Text("canary-a".to_owned()));
        assert!(matches!(object.data["b"], Value::Bytes(_)));
        assert_eq!((object.age, object.secret_type.as_str(), object.immutable), (9, "Opaque", false));
        assert!(!format!("{object:?}").contains("canary"));
    }
}
