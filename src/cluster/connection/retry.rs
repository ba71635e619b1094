//! The one layer that sends a request again, and the rules for when that is safe.
//!
//! A request that never left is always safe. 429 means that the server did not look at it; after 503 and 504 it
//! may have, so creations are not repeated; 500 is repeated for reads and for opening channels only, because the API
//! server answers malformed changes with it, again and again. A watch, a followed log or a channel is asked for again
//! while its answer is a refusal; once it is open, its reader decides.

use std::error::Error as StdError;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use kube::client::Body;
use tokio::time::{Instant, Sleep, sleep};
use tower::BoxError;
use tower::retry::Policy;

use super::deadlines::{CONNECT_TIMEOUT, Deadlines, LONGEST_PAUSE, Postponed, asked_pause, causes, never_left};
use super::verbs::{Nature, Operation};

/// How often a request is sent at most, after answers that ask for patience.
const TRIES: u32 = 7;
/// How often a connection is tried at most: a server that refuses is soon told of.
const CONNECT_TRIES: u32 = 3;
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Marks a request whose sender has its own way to try again.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Once;

/// The retries of one request.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Retries {
    sent: u32,
}

impl Retries {
    fn pause(&self) -> Duration {
        let full = FIRST_PAUSE.saturating_mul(1 << self.sent.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
        full.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

impl Policy<Request<Body>, Response<Body>, BoxError> for Retries {
    type Future = Sleep;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        result: &mut Result<Response<Body>, BoxError>,
    ) -> Option<Self::Future> {
        self.sent += 1;
        let deadlines = request.extensions().get::<Deadlines>().copied();
        let pause = match result {
            Ok(response) if self.sent < TRIES && repeats(&Operation::of(request), response.status()) => {
                let asked = asked_pause(response.headers()).unwrap_or_default();
                // to ask again before the server wants to be asked is no use, and to wait so long is not either
                if asked > LONGEST_PAUSE {
                    *result = Err(Box::new(Postponed { status: response.status(), asked }));
                    return None;
                }
                let pause = asked.max(self.pause());
                // The server was reached, so the next try has the whole time for its connection.
                if let Some(deadlines) = request.extensions_mut().get_mut::<Deadlines>() {
                    deadlines.connected = Instant::now() + pause + CONNECT_TIMEOUT;
                }
                pause
            }
            Err(error) if self.sent < CONNECT_TRIES && safe_again(&Operation::of(request), error.as_ref()) => {
                let pause = self.pause();
                if deadlines.is_some_and(|d| Instant::now() + pause >= d.connected) {
                    return None;
                }
                pause
            }
            _ => return None,
        };
        let answered = deadlines.and_then(|d| d.answered);
        if answered.is_some_and(|deadline| Instant::now() + pause >= deadline) {
            return None;
        }
        Some(sleep(pause))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        // a watch retries by itself, with what it has seen so far
        if request.extensions().get::<Once>().is_some() {
            return None;
        }
        copy(request)
    }
}

/// A copy of a request whose body is in memory.
pub(in crate::cluster) fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

fn repeats(operation: &Operation, status: StatusCode) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            !operation.changes() || operation.verb != "create"
        }
        StatusCode::INTERNAL_SERVER_ERROR => match operation.nature {
            Nature::Read => true,
            Nature::Channel => operation.verb != "create",
            Nature::Change => false,
        },
        _ => false,
    }
}

/// Whether a request that got no answer may be sent again: it never left, or it only reads.
fn safe_again(operation: &Operation, error: &(dyn StdError + 'static)) -> bool {
    never_left(error) || (!operation.changes() && causes(error).any(<dyn StdError>::is::<hyper::Error>))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, uri: &str) -> Operation {
        Operation::of(&Request::builder().method(method).uri(uri).body(()).unwrap())
    }

    #[test]
    fn each_verb_repeats_what_is_safe_for_it() {
        let pods = "/api/v1/namespaces/a/pods";
        let pod = "/api/v1/namespaces/a/pods/b";
        let review = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let table = [
            ("GET", pods, [true, true, true, true]),
            ("POST", pods, [true, false, false, false]),
            ("PATCH", pod, [true, true, true, false]),
            ("DELETE", pod, [true, true, true, false]),
            ("POST", review, [true, true, true, true]),
            ("GET", "/api/v1/pods?watch=true", [true, true, true, true]),
            ("GET", "/api/v1/namespaces/a/pods/b/log?follow=true", [true, true, true, true]),
            ("GET", "/api/v1/namespaces/a/pods/b/attach?stdin=true", [true, true, true, true]),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", [true, false, false, false]),
        ];
        for (method, uri, expected) in table {
            let operation = operation(method, uri);
            let codes = [429, 503, 504, 500];
            let got = codes.map(|code| repeats(&operation, StatusCode::from_u16(code).unwrap()));
            assert_eq!(got, expected, "{method} {uri}");
            assert!(!repeats(&operation, StatusCode::CONFLICT));
        }
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let pause = |sent| Retries { sent }.pause();
        assert!(pause(1) <= FIRST_PAUSE);
        assert!(pause(3) >= FIRST_PAUSE);
        assert!(pause(60) <= LONGEST_PAUSE);
    }
}
