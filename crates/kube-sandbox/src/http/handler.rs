//! From an HTTP request to its answer.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::body::Incoming;

use super::accept::Form;
use super::answer::{ApiResponse, Asked, answer};
use super::body::{self, Body, Broken};
use super::decode::media_type;
use super::query::Query;
use super::route::Target;
use super::status::Failure;
use crate::object::new_uid;
use crate::world::clock::http_date;
use crate::world::faults::Fault;
use crate::world::{Received, World};

/// The size limit of a request's body, in bytes (that of the API server).
const BODY_LIMIT: usize = 3 << 20;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// The media type of [`ApiResponse::Discovery`].
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers one request.
pub(crate) async fn handle(world: Arc<World>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let impersonates = parts.headers.keys().any(|name| name.as_str().starts_with("impersonate-"));
    let body = Limited::new(body, BODY_LIMIT).collect().await.map(http_body_util::Collected::to_bytes);
    let asked = Asked {
        target: Target::of(parts.uri.path()),
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        user_agent: text(&parts.headers, &header::USER_AGENT),
        content_type: text(&parts.headers, &header::CONTENT_TYPE),
        form: Form::of(&text(&parts.headers, &header::ACCEPT)),
        body: body.as_ref().cloned().unwrap_or_default(),
        method: parts.method,
    };
    let verb = asked.target.verb(&asked.method, &asked.query);
    let resource = asked.target.resource();
    world.note(received(&asked, verb, &resource));
    let fault = world.strike(verb, &resource);
    let latency = world.current_latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let reply = match fault {
        Some(Fault::BreakBefore) => return Err(Broken),
        Some(Fault::BlackHole) => std::future::pending().await,
        Some(Fault::Answer { status, retry_after }) => {
            ApiResponse::Failure(Failure::ordered(status).retried_after(retry_after))
        }
        _ if impersonates => ApiResponse::Failure(Failure::impersonated()),
        _ if body.is_err() => ApiResponse::Failure(Failure::too_large(BODY_LIMIT)),
        Some(Fault::BreakAfter) => {
            answer(&world, &asked, verb, &resource);
            return Err(Broken);
        }
        Some(Fault::Forgotten) => {
            world.forget();
            answer(&world, &asked, verb, &resource)
        }
        _ => answer(&world, &asked, verb, &resource),
    };
    let mut response = respond(&world, reply, fault);
    for warning in world.admission(verb, &resource).iter().flat_map(|rule| &rule.warnings) {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    Ok(response)
}

fn received(asked: &Asked, verb: &str, resource: &str) -> Received {
    Received {
        method: asked.method.to_string(),
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        namespace: asked.target.namespace().to_owned(),
        name: asked.target.name().to_owned(),
        dry_run: asked.is_dry_run(),
        path: asked.path.clone(),
        media_type: media_type(&asked.content_type).to_owned(),
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> String {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

/// An answer as HTTP, changed by the fault of its request, if there is one.
pub(crate) fn respond(world: &Arc<World>, answer: ApiResponse, fault: Option<Fault>) -> Response<Body> {
    let mut response = match answer {
        ApiResponse::Json { code, text } => reply(code, JSON, text, fault),
        ApiResponse::Discovery(text) => reply(200, DISCOVERY, text, fault),
        ApiResponse::Text { code, text } => reply(code, TEXT, text.into_bytes(), fault),
        ApiResponse::Failure(failure) => {
            let mut response = reply(failure.code(), JSON, failure.json().to_string().into_bytes(), fault);
            if let Some(seconds) = failure.retry_seconds() {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        ApiResponse::Log(log) => {
            let lines = || StreamBody::new(log.stream(Arc::clone(world))).boxed_unsync();
            with_status(200, TEXT, stream(fault, lines))
        }
        ApiResponse::Watch(watch) => {
            let events = || StreamBody::new(watch.stream(Arc::clone(world))).boxed_unsync();
            with_status(200, JSON, stream(fault, events))
        }
    };
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&http_date(world.now())) {
        headers.insert(header::DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(&new_uid()) {
        headers.insert("audit-id", id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

/// The body of an answer that does not end by itself.
fn stream(fault: Option<Fault>, lines: impl FnOnce() -> Body) -> Body {
    match fault {
        Some(Fault::HalfAnswer) => body::broken(),
        Some(Fault::ClosedWatch) => body::of(Vec::new(), None).0,
        _ => lines(),
    }
}

fn reply(code: u16, content_type: &'static str, text: Vec<u8>, fault: Option<Fault>) -> Response<Body> {
    let (body, size) = body::of(text, fault);
    let mut response = with_status(code, content_type, body);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    response
}

fn with_status(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
