//! Notes each request that is sent, reads too, as an effect of the run.

use http::Request;

use super::verbs::Operation;
use crate::record::{Effect, Recorder};

/// Notes a request's verb and resource and lets it pass.
pub(super) fn note<B>(recorder: &Recorder, request: Request<B>) -> Request<B> {
    let operation = Operation::of(&request);
    recorder.effect(Effect::cluster(operation.verb, &operation.full_resource()));
    request
}
