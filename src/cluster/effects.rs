//! Notes each request that is sent, reads too, as an effect of the run, and refuses those that are not allowed.

use http::Request;

use super::verbs::Operation;
use crate::error::Result;
use crate::record::{Effect, Recorder};

/// Marks a request that only asks the server how a change would end. It has no effect, and is sent only where the
/// change itself would be allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judgement;

/// Notes a request's verb and resource and lets it pass.
///
/// # Errors
/// The effect is not allowed.
pub(super) fn note<B>(recorder: &Recorder, request: Request<B>) -> Result<Request<B>> {
    let operation = Operation::of(&request);
    let effect = Effect::cluster(operation.verb, &operation.full_resource());
    if request.extensions().get::<Judgement>().is_some() {
        recorder.permit(&effect)?;
    } else {
        recorder.effect(effect)?;
    }
    Ok(request)
}
