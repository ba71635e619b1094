//! From an HTTP request to its answer.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Incoming;

use super::answer::{Answer, Asked, answer};
use super::clock::http_date;
use super::decode::media_type;
use super::faults::Fault;
use super::query::Query;
use super::route::Target;
use super::status::Failure;
use super::store::new_uid;
use super::world::{Received, World};

/// The most bytes that a request's body may have (the API server's own limit).
const BODY_LIMIT: usize = 3 << 20;

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The connection is to break.
#[derive(Debug)]
pub(super) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was ordered to break")
    }
}

impl std::error::Error for Broken {}

/// Answers one request.
pub(super) async fn handle(world: Arc<World>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_LIMIT).collect().await.map(http_body_util::Collected::to_bytes);
    let asked = Asked {
        target: Target::of(parts.uri.path()),
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        user_agent: text(&parts.headers, &header::USER_AGENT),
        content_type: text(&parts.headers, &header::CONTENT_TYPE),
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
        Some(Fault::Answer(failure)) => Answer::Failure(failure),
        _ if body.is_err() => Answer::Failure(Failure::too_large(BODY_LIMIT)),
        Some(Fault::BreakAfter) => {
            answer(&world, &asked, verb, &resource);
            return Err(Broken);
        }
        None => answer(&world, &asked, verb, &resource),
    };
    Ok(respond(&world, reply))
}

fn received(asked: &Asked, verb: &str, resource: &str) -> Received {
    Received {
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

fn respond(world: &Arc<World>, answer: Answer) -> Response<Body> {
    let full = |bytes: Vec<u8>| Full::new(Bytes::from(bytes)).boxed_unsync();
    let mut response = match answer {
        Answer::Json { code, text } => reply(code, "application/json", full(text)),
        Answer::Text { code, text } => reply(code, "text/plain; charset=utf-8", full(text.into_bytes())),
        Answer::Failure(failure) => {
            let mut response = reply(failure.code(), "application/json", full(failure.json().to_string().into_bytes()));
            if let Some(seconds) = failure.retry_seconds() {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        Answer::Log(log) => {
            let lines = StreamBody::new(log.stream(Arc::clone(world))).boxed_unsync();
            reply(200, "text/plain; charset=utf-8", lines)
        }
        Answer::Watch(watch) => {
            reply(200, "application/json", StreamBody::new(watch.stream(Arc::clone(world))).boxed_unsync())
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

fn reply(code: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
