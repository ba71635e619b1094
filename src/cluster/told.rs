//! Tells of each request when its answer begins, for `-v`: what was asked, what came, how long it took. Never a body.

use std::sync::Arc;

use http::{Request, Response};
use kube::client::Body;
use tokio::time::Instant;
use tower::BoxError;

use super::transport::Transport;
use super::verbs::Operation;

/// Gets each request that was sent, each try on its own, and one line about it.
pub type Listener = Arc<dyn Fn(&Operation, &str) + Send + Sync>;

/// Sends a request and tells of it where somebody listens.
pub(super) async fn send(
    transport: &Transport,
    listener: Option<&Listener>,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let Some(listener) = listener else { return transport.send(request).await };
    let operation = Operation::of(&request);
    let asked = format!("{} {}", request.method(), request.uri());
    let begun = Instant::now();
    let result = transport.send(request).await;
    let came = result.as_ref().map_or_else(|_| "no answer".to_owned(), |answer| answer.status().as_str().to_owned());
    listener(&operation, &format!("{asked}: {came} after {} ms", begun.elapsed().as_millis()));
    result
}
