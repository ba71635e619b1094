//! The document that is applied.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json, json};

use super::compare::against;
use super::plan::{Desired, ObjectPlan};
use super::{ObjectKind, Value, checks};
use crate::cluster::names;
use crate::error::Result;

/// What would be applied where nothing is yet, with all values in it: for a repository that somebody else applies.
///
/// # Errors
/// Names, keys or a namespace that cannot be; too much data; a secret in a ConfigMap.
pub fn manifest(desired: Desired) -> Result<Json> {
    names::check_name(desired.kind.name(), &desired.name)?;
    checks::check_data(desired.kind, &desired.name, &desired.data)?;
    let namespace = desired.namespace.clone().unwrap_or_default();
    if !namespace.is_empty() {
        names::check_namespace(&namespace)?;
    }
    Ok(document(&against(desired, namespace, None)?))
}

/// The document of a plan. A Secret's data is base64: with `stringData`, keys that leave would stay for ever.
pub(super) fn document(plan: &ObjectPlan) -> Json {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(plan.name));
    if !plan.namespace.is_empty() {
        metadata.insert("namespace".to_owned(), json!(plan.namespace));
    }
    metadata.insert("labels".to_owned(), json!(plan.sent.labels));
    let version = plan.live.as_ref().map_or("", |live| live.resource_version.as_str());
    if !version.is_empty() {
        metadata.insert("resourceVersion".to_owned(), json!(version));
    }
    let (mut data, mut binary) = (Map::new(), Map::new());
    for (key, value) in &plan.sent.data {
        match (plan.kind, value) {
            (ObjectKind::ConfigMap, Value::Text(text)) => data.insert(key.clone(), json!(text)),
            (ObjectKind::ConfigMap, other) => binary.insert(key.clone(), json!(BASE64.encode(other.bytes()))),
            (ObjectKind::Secret, value) => data.insert(key.clone(), json!(BASE64.encode(value.bytes()))),
        };
    }
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), json!("v1"));
    document.insert("kind".to_owned(), json!(plan.kind.kind()));
    document.insert("metadata".to_owned(), Json::Object(metadata));
    // an empty map would be owned as a whole, and every other owner's first key a conflict with it (seen)
    if !data.is_empty() {
        document.insert("data".to_owned(), Json::Object(data));
    }
    if !binary.is_empty() {
        document.insert("binaryData".to_owned(), Json::Object(binary));
    }
    if let Some(secret_type) = &plan.sent.secret_type {
        document.insert("type".to_owned(), json!(secret_type));
    }
    if plan.sent.immutable {
        document.insert("immutable".to_owned(), json!(true));
    }
    Json::Object(document)
}
