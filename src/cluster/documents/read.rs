//! Reading documents.

use http::{Request, StatusCode};
use serde_json::Value;

use super::{DocumentKind, text};
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// So many at most are asked for at once: a page.
const PAGE: usize = 500;

/// One object; `None` if it is not there.
///
/// # Errors
/// A name that cannot be; the server cannot be asked or says no.
pub async fn get(cluster: &Cluster, kind: DocumentKind, namespace: &str, name: &str) -> Result<Option<Value>> {
    names::check_name(kind.name(), name)?;
    let answer = cluster.exchange(request(&kind.path(namespace, name))?).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => Ok(Some(answer.parse()?)),
        _ => Err(cluster.refusal(&answer)),
    }
}

/// The objects that a label selector fits, of one namespace or (empty) of all, by namespace and name.
///
/// # Errors
/// The server cannot be asked or says no.
pub async fn list(cluster: &Cluster, kind: DocumentKind, namespace: &str, selector: &str) -> Result<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    let mut rest = String::new();
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("labelSelector", selector).append_pair("limit", &PAGE.to_string());
        if !rest.is_empty() {
            query.append_pair("continue", &rest);
        }
        let path = format!("{}?{}", kind.collection(namespace), query.finish());
        let mut page: Value = cluster.call(request(&path)?).await?.parse()?;
        if let Some(items) = page["items"].as_array_mut() {
            found.append(items);
        }
        rest = text(&page, "/metadata/continue").to_owned();
        if rest.is_empty() {
            break;
        }
    }
    found.sort_by(|a, b| place(a).cmp(&place(b)));
    Ok(found)
}

fn place(document: &Value) -> (&str, &str) {
    (text(document, "/metadata/namespace"), text(document, "/metadata/name"))
}

fn request(path: &str) -> Result<Request<Vec<u8>>> {
    Request::get(path).body(Vec::new()).map_err(|_| Error::failed("a request could not be written"))
}
