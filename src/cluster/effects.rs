//! Notes each request that is sent, reads too, as an effect of the run, and refuses those that are not allowed.

use http::Request;

use super::verbs::Operation;
use crate::error::Result;
use crate::record::{Effect, Recorder};

/// Notes a request's verb and resource and lets it pass.
///
/// # Errors
/// The effect is not allowed.
pub(super) fn note<B>(recorder: &Recorder, request: Request<B>) -> Result<Request<B>> {
    let operation = Operation::of(&request);
    recorder.effect(Effect::cluster(operation.verb, &operation.full_resource()))?;
    Ok(request)
}
