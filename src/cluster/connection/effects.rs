//! Notes each request that is sent, reads too, as an effect of the run, and refuses those that are not allowed.

use http::Request;

use super::verbs::Operation;
use crate::error::Result;
use crate::record::{Effect, Recorder};

/// Marks a request that the script did not ask for: how a change would end, or which namespaces exist where one was not
/// found. It is no effect of the run, and is sent only where that effect would be allowed.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Inquiry;

/// Notes a request's verb and resource and lets it pass.
///
/// # Errors
/// The effect is not allowed.
pub(in crate::cluster) fn note<B>(recorder: &Recorder, request: Request<B>) -> Result<Request<B>> {
    let operation = Operation::of(&request);
    let effect = Effect::cluster(operation.verb, &operation.full_resource());
    if request.extensions().get::<Inquiry>().is_some() {
        recorder.permit(&effect)?;
    } else {
        recorder.effect(effect)?;
    }
    Ok(request)
}
