//! What becomes of one request that is passed on, with the fault that a test ordered for it.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http::request::Parts;
use http::{Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use kube::Client;
use kube_sandbox::Fault;
use serde_json::json;

use super::fault_proxy::{State, lock};

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Broken>;

/// The connection is to break.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was ordered to break")
    }
}

impl std::error::Error for Broken {}

/// In how many pieces a slow answer comes.
const PIECES: u32 = 8;

/// Answers a request, or breaks its connection.
pub(crate) async fn answer(
    client: &Client,
    state: &Mutex<State>,
    fault: Option<Fault>,
    parts: Parts,
    body: Bytes,
) -> Result<Response<Body>, Broken> {
    match fault {
        Some(Fault::BreakBefore) => return Err(Broken),
        Some(Fault::BlackHole) => std::future::pending().await,
        Some(Fault::Answer { status, retry_after }) => return Ok(failure(status, retry_after, &body)),
        Some(Fault::Forgotten) => lock(state).forgotten = true,
        _ => {}
    }
    let endless = has(&parts, "watch=") || has(&parts, "follow=");
    if is_forgotten(state, &parts) {
        return Ok(failure(410, None, b""));
    }
    let sent = pass_on(client, parts, body).await.ok_or(Broken)?;
    let (mut head, body) = sent.into_parts();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING, header::CONNECTION] {
        head.headers.remove(name);
    }
    let ahead = lock(state).seconds_ahead;
    if ahead != 0 {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
        head.headers.insert(header::DATE, date.parse().unwrap());
    }
    if endless {
        let body = match fault {
            Some(Fault::ClosedWatch) => whole(Bytes::new()),
            Some(Fault::HalfAnswer | Fault::BreakAfter) => half(&Bytes::new()),
            _ => cut(state, body.map_err(|_| Broken).boxed_unsync()),
        };
        return Ok(Response::from_parts(head, body));
    }
    let bytes = body.collect().await.map_err(|_| Broken)?.to_bytes();
    head.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    let body = match fault {
        Some(Fault::BreakAfter) => return Err(Broken),
        Some(Fault::HalfAnswer) => half(&bytes),
        Some(Fault::SlowAnswer(time)) => slow(bytes, time),
        _ => whole(bytes),
    };
    Ok(Response::from_parts(head, body))
}

fn has(parts: &Parts, option: &str) -> bool {
    parts.uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with(option))
}

async fn pass_on(client: &Client, mut parts: Parts, body: Bytes) -> Option<Response<kube::client::Body>> {
    // the client brings its own credentials
    let names = [
        header::HOST,
        header::ACCEPT_ENCODING,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::AUTHORIZATION,
    ];
    for name in names {
        parts.headers.remove(name);
    }
    client.send(Request::from_parts(parts, kube::client::Body::from(body.to_vec()))).await.ok()
}

/// Whether this is the page of a list that a server without its history cannot give. The proxy says so itself: a server
/// that has just been started still has all of its history.
fn is_forgotten(state: &Mutex<State>, parts: &Parts) -> bool {
    has(parts, "continue=") && std::mem::take(&mut lock(state).forgotten)
}

/// A server's no, whose words repeat all that was sent, as those of the real one sometimes do.
fn failure(status: u16, retry_after: Option<u32>, sent: &[u8]) -> Response<Body> {
    let reason = match status {
        401 => "Unauthorized",
        410 => "Expired",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    let text = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": reason, "code": status,
        "message": format!("the proxy was told to answer {status}: {}", String::from_utf8_lossy(sent)),
    });
    let mut response = Response::new(whole(Bytes::from(text.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A watch that ends when its time has come, if there is one for it.
fn cut(state: &Mutex<State>, body: Body) -> Body {
    let Some((time, breaks)) = lock(state).cuts.as_mut().map(|random| (random.u64(..400), random.bool())) else {
        return body;
    };
    let end = tokio::time::sleep(Duration::from_millis(time));
    let end = async move {
        end.await;
        breaks
    };
    let events = body.into_data_stream().map_ok(Frame::data).map(Some);
    let end = futures::stream::once(end).map(|breaks| if breaks { Some(Err(Broken)) } else { None });
    let either = futures::stream::select(events, end).scan((), |(), event| std::future::ready(event));
    StreamBody::new(either).boxed_unsync()
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

fn half(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let pieces = futures::stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(Frame::data(half)), None)),
            None => {
                // what was written leaves before the connection is dropped
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(Broken), None))
            }
        }
    });
    StreamBody::new(pieces).boxed_unsync()
}

fn slow(bytes: Bytes, time: Duration) -> Body {
    let size = bytes.len().div_ceil(PIECES as usize).max(1);
    let pieces = futures::stream::try_unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return Ok(None);
        }
        tokio::time::sleep(time / PIECES).await;
        let piece = rest.split_to(size.min(rest.len()));
        Ok(Some((Frame::data(piece), rest)))
    });
    StreamBody::new(pieces.map_err(|never: Broken| never)).boxed_unsync()
}
