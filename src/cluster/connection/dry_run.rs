//! The dry run: marks each change so that the server judges it and does nothing, or refuses to send it.
//!
//! For POST, PUT and PATCH the mark is in the query. For DELETE it must be in the `DeleteOptions` body: the
//! server ignores the query when there is a body, and the object would really be gone.

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use kube::client::Body;
use serde_json::{Map, Value, json};

use super::verbs::Operation;
use crate::error::{Error, Kind, Result};

/// Marks a change; reads pass as they are.
pub(in crate::cluster) fn mark(request: Request<Body>) -> Result<Request<Body>> {
    let operation = Operation::of(&request);
    if !operation.changes() {
        return Ok(request);
    }
    if !operation.can_be_judged() {
        return Err(refused(&operation));
    }
    if request.method() == Method::DELETE {
        mark_body(request).ok_or_else(|| refused(&operation))
    } else {
        mark_query(request).ok_or_else(|| refused(&operation))
    }
}

fn refused(operation: &Operation) -> Error {
    let what = format!("{} {}", operation.verb, operation.full_resource());
    Error::new(Kind::Refused, format!("a dry run cannot {what}: the server would really do it"))
}

fn mark_query(mut request: Request<Body>) -> Option<Request<Body>> {
    let uri = request.uri();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if key != "dryRun" && !key.is_empty() {
            query.append_pair(&key, &value);
        }
    }
    query.append_pair("dryRun", "All");
    let target = format!("{}?{}", uri.path(), query.finish());
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().ok()?);
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(request)
}

fn mark_body(request: Request<Body>) -> Option<Request<Body>> {
    let (mut parts, body) = request.into_parts();
    let bytes = body.collect_bytes().now_or_never()?.ok()?;
    let mut options = if bytes.is_empty() {
        Map::new()
    } else {
        match serde_json::from_slice(&bytes).ok()? {
            Value::Object(options) => options,
            _ => return None,
        }
    };
    options.entry("kind").or_insert(json!("DeleteOptions"));
    options.entry("apiVersion").or_insert(json!("v1"));
    options.insert("dryRun".to_owned(), json!(["All"]));
    let bytes = Bytes::from(serde_json::to_vec(&options).ok()?);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(CONTENT_LENGTH);
    Some(Request::from_parts(parts, Body::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str, body: &str) -> Request<Body> {
        Request::builder().method(method).uri(uri).body(Body::from(body.as_bytes().to_vec())).unwrap()
    }

    fn body(request: Request<Body>) -> Value {
        let bytes = request.into_body().collect_bytes().now_or_never().unwrap().unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn changes_are_marked_in_the_query_once() {
        for method in ["POST", "PUT", "PATCH"] {
            let uri = "/api/v1/namespaces/a/configmaps?&fieldManager=mcpctl%3Aa&dryRun=";
            let marked = mark(request(method, uri, "{}")).unwrap();
            assert_eq!(marked.uri().query(), Some("fieldManager=mcpctl%3Aa&dryRun=All"), "{method}");
        }
    }

    #[test]
    fn a_deletion_is_marked_in_its_body_with_or_without_one() {
        let uri = "/api/v1/namespaces/a/pods/b";
        let bare = body(mark(request("DELETE", uri, "")).unwrap());
        assert_eq!(bare, json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}));
        let full = body(mark(request("DELETE", uri, r#"{"preconditions":{"uid":"u"}}"#)).unwrap());
        assert_eq!(full["dryRun"], json!(["All"]));
        assert_eq!(full["preconditions"]["uid"], "u");
        let collection = body(mark(request("DELETE", "/api/v1/namespaces/a/pods", "")).unwrap());
        assert_eq!(collection["dryRun"], json!(["All"]));
    }

    #[test]
    fn what_cannot_be_marked_is_refused_and_reads_pass() {
        for (method, uri, body) in [
            ("DELETE", "/api/v1/namespaces/a/pods/b", "not json"),
            ("GET", "/api/v1/namespaces/a/pods/b/attach", ""),
            ("POST", "/api/v1/namespaces/a/pods/b/eviction", "{}"),
            ("POST", "/api/v1/namespaces/a/serviceaccounts/b/token", "{}"),
        ] {
            assert_eq!(mark(request(method, uri, body)).unwrap_err().kind, Kind::Refused, "{method} {uri}");
        }
        let review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        assert_eq!(mark(request("POST", review, "{}")).unwrap().uri().query(), None);
        assert_eq!(mark(request("GET", "/api/v1/pods", "")).unwrap().uri().query(), None);
    }
}
