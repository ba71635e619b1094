//! Reads the bodies of requests, with the errors of a typed decoder.

use serde_json::Value;

use super::protobuf;
use super::query::Query;
use super::status::{Failure, Result};
use crate::api::resource::{Key, Resource};
use crate::api::shape;
use crate::api::shape::Misfit;

/// Reads the object of a POST or PUT.
pub(crate) fn object(resource: Resource, query: &Query, content_type: &str, body: &[u8]) -> Result<Value> {
    let kind = resource.kind();
    let object = match media_type(content_type) {
        "" | "application/json" => serde_json::from_slice::<Value>(body).map_err(|error| {
            let text = String::from_utf8_lossy(body);
            let shown: String = text.chars().take(200).collect();
            Failure::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse \
                 error: {error} ({shown})"
            ))
        })?,
        "application/yaml" => yaml(body)?,
        protobuf::MEDIA_TYPE => protobuf::object(body).ok_or_else(Failure::unsupported_body)?,
        _ => return Err(Failure::unsupported_body()),
    };
    let given = object["kind"].as_str().unwrap_or(kind);
    if given != kind {
        return Err(handled_as(kind, given, &format!("converting (v1.{given}) to (core.{kind}): unknown conversion")));
    }
    let unknown = unknown_fields(resource, &object);
    let object = typed(resource, object).map_err(|why| handled_as(kind, kind, &why))?;
    match query.get("fieldValidation") {
        "Strict" if !unknown.is_empty() => {
            Err(handled_as(kind, kind, &format!("strict decoding error: {}", unknown.join(", "))))
        }
        _ => Ok(object),
    }
}

/// The fields of an object that its kind does not have, in words.
fn unknown_fields(resource: Resource, object: &Value) -> Vec<String> {
    let misfits = shape::misfits(shape::of(resource), object).into_iter();
    let unknown = misfits.filter_map(|misfit| match misfit {
        Misfit::Unknown { path } => Some(format!("unknown field \"{}\"", path.trim_start_matches('.'))),
        _ => None,
    });
    unknown.collect()
}

/// Checks the types of an object and converts it as the server decodes it; otherwise returns the error.
pub(crate) fn typed(resource: Resource, mut object: Value) -> Result<Value, String> {
    let shape = shape::of(resource);
    for misfit in shape::misfits(shape, &object) {
        match misfit {
            Misfit::Type { path, wanted, value } => {
                let field = path.trim_start_matches('.').split('.').next().unwrap_or_default();
                return Err(format!(
                    "json: cannot unmarshal {} into Go struct field {}.{field} of type {wanted}",
                    json_type(&value),
                    resource.kind(),
                ));
            }
            Misfit::Base64 { at, .. } => return Err(format!("illegal base64 data at input byte {at}")),
            Misfit::Unknown { path } => shape::forget(&mut object, &path),
        }
    }
    shape::normalize(shape, &mut object);
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
    Ok(object)
}

/// Reads the object of a server-side apply and checks it against the schema. The object keeps its `null`s.
pub(crate) fn applied(key: &Key, body: &[u8]) -> Result<Value> {
    let kind = key.resource.kind();
    let object: Value = match serde_json::from_slice(body) {
        Ok(object) => object,
        Err(_) => yaml(body)?,
    };
    let (given, version) = (object["kind"].as_str().unwrap_or(""), object["apiVersion"].as_str().unwrap_or(""));
    if given != kind || version != "v1" {
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(Failure::bad_request(format!("invalid object type: {version}, Kind={given}")));
    }
    names_fit(key, &object)?;
    if object["metadata"].get("managedFields").is_some_and(|f| f.as_array().is_none_or(|list| !list.is_empty())) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let place = format!("({namespace}/{}; /v1, Kind={kind})", key.name);
    let mut broken = Vec::new();
    for misfit in shape::misfits(shape::of(key.resource), &object) {
        match misfit {
            Misfit::Type { path, wanted, value } => {
                broken.push(format!("{path}: expected {wanted}, got &value.valueUnstructured{{Value:{value}}}"));
            }
            Misfit::Unknown { path } => broken.push(format!("{path}: field not declared in schema")),
            Misfit::Base64 { at, .. } if broken.is_empty() => {
                return Err(Failure::unclassified(format!(
                    "failed to convert new object {place} to proper version: unable to convert unstructured object to \
                     /v1, Kind={kind}: error decoding from json: illegal base64 data at input byte {at}"
                )));
            }
            Misfit::Base64 { .. } => {}
        }
    }
    if broken.is_empty() {
        return Ok(object);
    }
    Err(Failure::unclassified(format!("failed to create typed patch object {place}: {}", broken.join("\n"))))
}

/// Whether name and namespace of an object are those of the path.
pub(crate) fn names_fit(key: &Key, object: &Value) -> Result<()> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(Failure::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            key.name
        )));
    }
    if name != key.name {
        return Err(Failure::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            key.name
        )));
    }
    namespace_fits(&key.namespace, object)
}

/// Whether the namespace of an object is that of the path.
pub(crate) fn namespace_fits(namespace: &str, object: &Value) -> Result<()> {
    let given = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if given.is_empty() || given == namespace {
        return Ok(());
    }
    Err(Failure::bad_request("the namespace of the provided object does not match the namespace sent on the request"))
}

/// A `Content-Type` without its parameters.
pub(crate) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn yaml(body: &[u8]) -> Result<Value> {
    let text = String::from_utf8_lossy(body);
    serde_saphyr::from_str(&text).map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}")))
}

fn handled_as(kind: &str, given: &str, why: &str) -> Failure {
    Failure::bad_request(format!("{given} in version \"v1\" cannot be handled as a {kind}: {why}"))
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
