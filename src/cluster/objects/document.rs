//! The document that is applied.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json, json};

use super::plan::{ObjectPlan, PlannedResult};
use super::{ObjectKind, Value};

/// A resource version that no object has: etcd's first is 2. An apply with it makes an object that is not there, and is
/// a conflict where somebody has made it since it was looked for (seen). Without it, the keys that another run under
/// the same owner has just applied would go.
const NEVER: &str = "1";

/// The document of a plan. A Secret's data is base64: with `stringData`, keys that leave would stay for ever.
pub(super) fn document(plan: &ObjectPlan) -> Json {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(plan.name));
    metadata.insert("namespace".to_owned(), json!(plan.namespace));
    metadata.insert("labels".to_owned(), json!(plan.sent.labels));
    let version = match (&plan.live, plan.result) {
        (Some(live), _) => live.resource_version.as_str(),
        (None, PlannedResult::Created) => NEVER,
        (None, _) => "",
    };
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
