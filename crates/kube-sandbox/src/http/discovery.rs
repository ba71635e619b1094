//! Discovery: the version of the sandbox and its resources, group by group or all at once.

use serde_json::{Value, json};

use crate::api::resource::Resource;

/// The document at a path, if it is one of discovery.
pub(crate) fn document(path: &str) -> Option<Value> {
    Some(match path {
        "/version" => json!({
            "major": "1", "minor": "34", "gitVersion": "v1.34.4+sandbox", "gitCommit": "", "gitTreeState": "",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "sandbox",
        }),
        "/api" => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "sandbox"}],
        }),
        "/apis" => json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [authorization()]}),
        "/apis/authorization.k8s.io" => {
            let mut group = authorization();
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        "/apis/authorization.k8s.io/v1" => json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "authorization.k8s.io/v1",
            "resources": [{
                "name": "selfsubjectaccessreviews", "singularName": "selfsubjectaccessreview", "namespaced": false,
                "kind": "SelfSubjectAccessReview", "verbs": ["create"],
            }],
        }),
        "/api/v1" => {
            let mut resources: Vec<Value> = Resource::ALL.into_iter().map(resource).collect();
            resources.push(json!({
                "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"],
            }));
            resources.push(json!({
                "name": "pods/status", "singularName": "", "namespaced": true, "kind": "Pod",
                "verbs": ["get", "patch", "update"],
            }));
            json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})
        }
        _ => return None,
    })
}

/// The resources of all groups below a path at once (`apidiscovery.k8s.io/v2`).
pub(crate) fn aggregated(path: &str) -> Option<Value> {
    let (metadata, group) = match path {
        "/api" => (json!({}), "/api/v1"),
        "/apis" => (json!({"name": "authorization.k8s.io"}), "/apis/authorization.k8s.io/v1"),
        _ => return None,
    };
    let listed = document(group)?;
    let listed = listed["resources"].as_array().map_or(&[][..], Vec::as_slice);
    let name = |entry: &Value| entry["name"].as_str().unwrap_or_default().to_owned();
    let kind = |entry: &Value| json!({"group": "", "version": "", "kind": entry["kind"]});
    let resources: Vec<Value> = listed
        .iter()
        .filter(|entry| !name(entry).contains('/'))
        .map(|entry| {
            let scope = if entry["namespaced"] == true { "Namespaced" } else { "Cluster" };
            let below = format!("{}/", name(entry));
            let parts = listed.iter().filter_map(|part| {
                let subresource = name(part).strip_prefix(&below)?.to_owned();
                Some(json!({"subresource": subresource, "responseKind": kind(part), "verbs": part["verbs"]}))
            });
            let mut resource = json!({
                "resource": entry["name"], "responseKind": kind(entry), "scope": scope,
                "singularResource": entry["singularName"], "verbs": entry["verbs"],
                "subresources": parts.collect::<Vec<_>>(),
            });
            for field in ["shortNames", "categories"] {
                if let Some(names) = entry.get(field) {
                    resource[field] = names.clone();
                }
            }
            resource
        })
        .collect();
    let version = json!({"version": "v1", "resources": resources, "freshness": "Current"});
    Some(json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {},
        "items": [{"metadata": metadata, "versions": [version]}],
    }))
}

fn authorization() -> Value {
    let version = json!({"groupVersion": "authorization.k8s.io/v1", "version": "v1"});
    json!({"name": "authorization.k8s.io", "versions": [version], "preferredVersion": version})
}

fn resource(resource: Resource) -> Value {
    let mut verbs = vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    if !resource.namespaced() {
        verbs.retain(|verb| *verb != "deletecollection");
    }
    let mut entry = json!({
        "name": resource.plural(), "singularName": resource.singular(), "namespaced": resource.namespaced(),
        "kind": resource.kind(), "verbs": verbs,
    });
    if resource == Resource::Pods {
        entry["categories"] = json!(["all"]);
    }
    if let Some(short) = resource.short_name() {
        entry["shortNames"] = json!([short]);
    }
    entry
}
