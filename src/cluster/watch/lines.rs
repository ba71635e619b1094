//! Answers that go on and on, read line by line: watches and followed logs. The request timeout is none of theirs.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube::client::Body;
use tokio::time::timeout;

use crate::cluster::connection::deadlines::{asked_pause, server_clock};
use crate::cluster::connection::response_body;
use crate::cluster::connection::retry::Once;
use crate::cluster::connection::verbs::Operation;
use crate::cluster::connection::{errors, unreachable};
use crate::cluster::{ApiResponse, Cluster};
use crate::error::{Error, Result};

/// An answer that is read line by line. A line that was begun when a wait for it was given up is not lost.
pub(in crate::cluster) struct Lines {
    cluster: Cluster,
    operation: Operation,
    body: Body,
    held: BytesMut,
    /// Bytes of `held` that were looked at and hold no end of a line.
    looked_at: usize,
    longest: usize,
}

/// What became of a request for lines.
pub(in crate::cluster) enum Opened {
    /// They come.
    Lines(Lines),
    /// The server said no.
    Refused(ApiResponse),
}

impl Cluster {
    /// Asks for something that may go on for ever. `patience` is how long the answer may take to begin; where nothing
    /// may come for a long time, none is set. Lines of more than `longest` bytes are given in pieces.
    ///
    /// # Errors
    /// The server cannot be reached, or the guard refuses.
    pub(in crate::cluster) async fn open(
        &self,
        uri: &str,
        longest: usize,
        patience: Option<Duration>,
    ) -> Result<Opened> {
        let request = Request::get(uri).body(Body::empty());
        let mut request = request.map_err(|_| Error::failed("a request could not be written"))?;
        // whoever reads the lines tries again from the last one
        request.extensions_mut().insert(Once);
        let operation = Operation::of(&request);
        self.prepare(&operation, false).await?;
        let identity = &self.inner.identity;
        let sending = self.inner.client.send(request);
        let answer = match patience {
            None => sending.await,
            Some(patience) => match timeout(patience, sending).await {
                Ok(answer) => answer,
                Err(_) => return Err(unreachable::no_answer(identity, &operation, patience)),
            },
        };
        let response = answer.map_err(|error| errors::from_kube(identity, &operation, error))?;
        if !response.status().is_success() {
            return Ok(Opened::Refused(self.told_no(operation, response).await));
        }
        let body = response.into_body();
        let cluster = self.clone();
        Ok(Opened::Lines(Lines { cluster, operation, body, held: BytesMut::new(), looked_at: 0, longest }))
    }

    /// A no, with its reason if that comes in time.
    async fn told_no(&self, operation: Operation, response: Response<Body>) -> ApiResponse {
        let (parts, body) = response.into_parts();
        let now = server_clock(&parts.headers).unwrap_or_else(Timestamp::now);
        let limit = response_body::limit(&operation, parts.status);
        let body = match timeout(self.inner.request_timeout, response_body::read(body, limit)).await {
            Ok(Ok(body)) => body,
            _ => Bytes::new(),
        };
        ApiResponse { operation, status: parts.status, now, patience: asked_pause(&parts.headers), near: None, body }
    }
}

impl Lines {
    /// The next line without its end; `None` when the answer is over.
    ///
    /// # Errors
    /// The connection broke.
    pub(in crate::cluster) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(line) = self.whole_line() {
                return Ok(Some(line));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.held.extend_from_slice(bytes);
                    }
                }
                Some(Err(error)) => {
                    return Err(errors::from_kube(&self.cluster.inner.identity, &self.operation, error));
                }
                None if self.held.is_empty() => return Ok(None),
                None => return Ok(Some(self.taken(self.held.len()))),
            }
        }
    }

    fn whole_line(&mut self) -> Option<Bytes> {
        let end = self.held[self.looked_at..].iter().position(|byte| *byte == b'\n');
        if let Some(end) = end {
            let mut line = self.taken(self.looked_at + end + 1);
            line.truncate(line.len() - 1);
            return Some(line);
        }
        self.looked_at = self.held.len();
        (self.looked_at >= self.longest).then(|| self.taken(self.longest))
    }

    fn taken(&mut self, length: usize) -> Bytes {
        self.looked_at = 0;
        self.held.split_to(length).freeze()
    }
}
