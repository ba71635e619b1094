//! The part of OpenAPI that kubectl requests before it sends an object: whether the server validates fields
//! (`fieldValidation`), so that kubectl need not.

use serde_json::{Map, Value, json};

use crate::api::resource::Resource;

/// The document at a path, if it is one of OpenAPI v3.
pub(crate) fn document(path: &str) -> Option<Value> {
    match path {
        "/openapi/v3" => Some(json!({"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"}}})),
        "/openapi/v3/api/v1" => Some(json!({
            "openapi": "3.0.0",
            "info": {"title": "mcpctl sandbox", "version": "v1.34.4+sandbox"},
            "paths": Resource::ALL.into_iter().map(path_of).collect::<Map<_, _>>(),
        })),
        _ => None,
    }
}

/// The path of a kind's objects with the parameters of a patch.
fn path_of(resource: Resource) -> (String, Value) {
    let namespace = if resource.namespaced() { "namespaces/{namespace}/" } else { "" };
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter).into();
    let patch = json!({
        "parameters": parameters,
        "responses": {},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": resource.kind()},
    });
    (format!("/api/v1/{namespace}{}/{{name}}", resource.plural()), json!({"patch": patch}))
}
