//! How much of an API server's answer is read: pages of lists, objects and logs have a largest size, and so has a refusal.

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use kube::client::Body;

use super::verbs::Operation;

/// The most bytes of a refusal.
const LARGEST_REFUSAL: usize = 1 << 20;
/// The most bytes of one object, a review, a version. etcd stores objects of 1.5 MiB.
const LARGEST_OBJECT: usize = 16 << 20;
/// The most bytes of one pod's log. Kubelets begin a new file after 10 MiB.
const LARGEST_LOG: usize = 32 << 20;
/// The most bytes of one page of a list. Lists are read page by page, and the number of pages has no limit.
const LARGEST_PAGE: usize = 256 << 20;

/// Why a body was not read to its end.
pub(in crate::cluster) enum Unread {
    /// It is larger than so many bytes.
    TooLarge(usize),
    /// The connection broke.
    Broken(kube::Error),
}

/// The most bytes of an answer, decompressed.
pub(in crate::cluster) fn limit(operation: &Operation, status: StatusCode) -> usize {
    match (operation.verb, operation.subresource.as_str()) {
        _ if !status.is_success() => LARGEST_REFUSAL,
        (_, "log") => LARGEST_LOG,
        ("list" | "deletecollection", _) => LARGEST_PAGE,
        _ => LARGEST_OBJECT,
    }
}

/// Reads a body of no more than `limit` bytes.
pub(in crate::cluster) async fn read(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Unread::Broken)?;
        let Some(part) = frame.data_ref() else { continue };
        if bytes.len() + part.len() > limit {
            return Err(Unread::TooLarge(limit));
        }
        bytes.extend_from_slice(part);
    }
    Ok(bytes.freeze())
}
