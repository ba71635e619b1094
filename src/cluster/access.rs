//! What the user may do, which namespaces there are, and how old the server is.

use http::Request;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::json;

use super::{ApiResponse, Cluster};
use crate::error::{Error, Result};

#[derive(Deserialize)]
struct Review {
    #[serde(default)]
    status: ReviewStatus,
}

#[derive(Deserialize, Default)]
struct ReviewStatus {
    #[serde(default)]
    allowed: bool,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    items: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

/// Whether the user may do `verb` with `resource` (`pods`, `pods/log`, `roles.rbac.authorization.k8s.io`) in a
/// namespace; `""` is all of them. With a name, whether with the object of that name: a Role may name the few that
/// it is for.
///
/// # Errors
/// The server cannot be asked.
pub async fn can(cluster: &Cluster, verb: &str, resource: &str, namespace: &str, name: &str) -> Result<bool> {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": verb, "group": group, "resource": resource, "subresource": subresource,
            "namespace": namespace, "name": name,
        }},
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header(CONTENT_TYPE, "application/json")
        .body(review.to_string().into_bytes())
        .map_err(|_| Error::failed("an access review could not be written"))?;
    let review: Review = cluster.call(request).await?.parse()?;
    Ok(review.status.allowed)
}

/// The names of all namespaces, sorted.
///
/// # Errors
/// The server cannot be asked, or the user may not list namespaces.
pub async fn namespaces(cluster: &Cluster) -> Result<Vec<String>> {
    let request = Request::get("/api/v1/namespaces").body(Vec::new());
    names(&cluster.call(request.map_err(|_| unwritable())?).await?)
}

/// The names in a list of objects, sorted.
pub(super) fn names(answer: &ApiResponse) -> Result<Vec<String>> {
    let names: Names = answer.parse()?;
    let mut names: Vec<String> = names.items.into_iter().map(|item| item.metadata.name).collect();
    names.sort();
    Ok(names)
}

/// The server's version, like `v1.34.4`.
///
/// # Errors
/// The server cannot be asked.
pub async fn version(cluster: &Cluster) -> Result<String> {
    let request = Request::get("/version").body(Vec::new()).map_err(|_| unwritable())?;
    Ok(cluster.call(request).await?.parse::<Version>()?.git_version)
}

fn unwritable() -> Error {
    Error::failed("a request could not be written")
}
