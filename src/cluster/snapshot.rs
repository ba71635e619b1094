//! Objects as the API server has them, whole, for a sandbox to be made of.

use http::{Request, StatusCode};
use serde_json::Value;

use super::{Cluster, names};
use crate::error::{Error, Result};

/// Objects in one page of a list.
const PAGE: usize = 500;

/// All objects of a resource (`pods`, `secrets` …) in a namespace, each with its `kind`; `""` is all namespaces, or
/// for `namespaces` themselves, all of them.
///
/// # Errors
/// The server cannot be asked or says no; the list went stale while it was read.
pub async fn objects(cluster: &Cluster, resource: &str, kind: &str, namespace: &str) -> Result<Vec<Value>> {
    let collection = if namespace.is_empty() {
        format!("/api/v1/{resource}")
    } else {
        names::check_namespace(namespace)?;
        format!("/api/v1/namespaces/{namespace}/{resource}")
    };
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE.to_string());
        if !next.is_empty() {
            query.append_pair("continue", &next);
        }
        let request = Request::get(format!("{collection}?{}", query.finish()))
            .body(Vec::new())
            .map_err(|_| Error::failed("a request could not be written"))?;
        let answer = cluster.exchange(request).await?;
        if answer.status == StatusCode::GONE {
            return Err(Error::failed("the list went stale while it was read").hint("run the command again"));
        }
        if !answer.status.is_success() {
            return Err(cluster.refusal(&answer));
        }
        let mut page: Value = answer.parse()?;
        for object in page["items"].as_array_mut().into_iter().flatten() {
            object["kind"] = kind.into();
            found.push(object.take());
        }
        next = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
        if next.is_empty() {
            return Ok(found);
        }
    }
}
