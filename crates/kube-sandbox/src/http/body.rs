//! The bodies of answers: complete, or changed by a fault.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;

use crate::world::faults::Fault;

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Broken>;

/// The connection breaks.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was ordered to break")
    }
}

impl std::error::Error for Broken {}

/// The number of pieces of a slow answer.
const PIECES: usize = 8;

/// A body, and the length that it declares.
pub(crate) fn of(bytes: Vec<u8>, fault: Option<Fault>) -> (Body, usize) {
    let size = bytes.len();
    let bytes = Bytes::from(bytes);
    let body = match fault {
        Some(Fault::HalfAnswer) => half(&bytes),
        Some(Fault::SlowAnswer(whole)) => slow(bytes, whole),
        _ => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
    };
    (body, size)
}

/// A body that breaks off at once.
pub(crate) fn broken() -> Body {
    half(&Bytes::new())
}

fn half(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let pieces = futures::stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(Frame::data(half)), None)),
            None => {
                // written data is sent before the connection is dropped
                tokio::task::yield_now().await;
                Some((Err(Broken), None))
            }
        }
    });
    StreamBody::new(pieces).boxed_unsync()
}

fn slow(bytes: Bytes, whole: Duration) -> Body {
    let size = bytes.len().div_ceil(PIECES).max(1);
    let pause = whole / u32::try_from(PIECES).unwrap_or(1);
    let pieces = futures::stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok(Frame::data(piece)), rest))
    });
    StreamBody::new(pieces).boxed_unsync()
}
