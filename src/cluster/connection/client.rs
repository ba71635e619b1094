//! The stack of layers that every request goes through: guard, dry run, recorder, retries, transport.
//!
//! kube's own stack cannot be cloned, which retries need, so ours sits around `Client::send` of the inner
//! client; it is the same for a cluster on the network and for the sandbox. Each layer refuses in `call`, never
//! in `poll_ready`: an error there would end kube's buffer for good.

use std::sync::Arc;

use http::Request;
use kube::Client;
use kube::client::Body;
use tokio::time::Instant;
use tower::filter::Filter;
use tower::retry::Retry;
use tower::service_fn;

use super::deadlines::{CONNECT_TIMEOUT, Deadlines};
use super::guard::Guard;
use super::request_log;
use super::request_log::{Listener, Warnings};
use super::retry::Retries;
use super::transport::Transport;
use super::{dry_run, effects};
use crate::error::Error;
use crate::record::Recorder;

/// Builds the client with all layers. Needs a tokio runtime around it.
pub(in crate::cluster) fn stack(
    transport: Arc<Transport>,
    guard: Guard,
    dry_run: bool,
    recorder: Arc<Recorder>,
    listener: Option<Listener>,
    warnings: Warnings,
    namespace: &str,
) -> Client {
    let send = service_fn(move |request: Request<Body>| {
        let (transport, listener, warnings) = (Arc::clone(&transport), listener.clone(), warnings.clone());
        async move { request_log::send(&transport, listener.as_ref(), &warnings, request).await }
    });
    let retried = Retry::new(Retries::default(), send);
    let stamped = Filter::new(retried, |request| Ok::<_, Error>(stamp(request)));
    let noted = Filter::new(stamped, move |request| effects::note(&recorder, request));
    let judged = Filter::new(noted, move |request| if dry_run { dry_run::mark(request) } else { Ok(request) });
    let guarded = Filter::new(judged, move |request: Request<Body>| guard.check(request));
    Client::new(guarded, namespace)
}

/// Sets the deadlines of a request that has none.
fn stamp(mut request: Request<Body>) -> Request<Body> {
    if request.extensions().get::<Deadlines>().is_none() {
        let connected = Instant::now() + CONNECT_TIMEOUT;
        request.extensions_mut().insert(Deadlines { connected, answered: None });
    }
    request
}
