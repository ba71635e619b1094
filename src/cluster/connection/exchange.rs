//! One request and its whole answer, within the request timeout.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::Timestamp;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::deadlines::{self, CONNECT_TIMEOUT, Deadlines};
use super::response_body::{self, Unread};
use super::verbs::Operation;
use super::{errors, guard, unreachable};
use crate::cluster::{Cluster, namespaces};
use crate::error::{Error, Result};

/// What a server answered, whatever it was.
#[derive(Debug)]
pub struct ApiResponse {
    /// What was asked.
    pub operation: Operation,
    /// The HTTP status.
    pub status: StatusCode,
    /// The server's clock; ours if it sent no date.
    pub now: Timestamp,
    /// How long the server asks to be left alone, if it does.
    pub patience: Option<Duration>,
    /// Where the namespace does not exist, the one that was probably meant.
    pub near: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Cluster {
    /// Sends a request and collects its answer, also one that says no.
    ///
    /// # Errors
    /// No answer came: refused by the guard, unreachable, timed out, no credentials.
    pub async fn exchange(&self, request: Request<Vec<u8>>) -> Result<ApiResponse> {
        let operation = Operation::of(&request);
        self.prepare(&operation, guard::is_judgement(&request)).await?;
        let start = Instant::now();
        let deadline = start + self.inner.request_timeout;
        let mut request = request.map(Body::from);
        let deadlines = Deadlines { connected: start + CONNECT_TIMEOUT, answered: Some(deadline) };
        request.extensions_mut().insert(deadlines);
        let sending = async {
            let (parts, body) = self.inner.client.send(request).await.map_err(Unread::Broken)?.into_parts();
            let body = response_body::read(body, response_body::limit(&operation, parts.status)).await;
            let body = match body {
                // the status is enough for a refusal
                Err(Unread::TooLarge(_)) if !parts.status.is_success() => Bytes::new(),
                body => body?,
            };
            Ok((parts, body))
        };
        match timeout_at(deadline, sending).await {
            Ok(Ok((parts, body))) => {
                let now = deadlines::server_clock(&parts.headers).unwrap_or_else(Timestamp::now);
                let patience = deadlines::asked_pause(&parts.headers);
                let mut answer = ApiResponse { operation, status: parts.status, now, patience, near: None, body };
                if let Some(name) = errors::missing_namespace(&answer.operation, &answer.reason()) {
                    answer.near = namespaces::nearest(self, &name).await;
                }
                Ok(answer)
            }
            Ok(Err(Unread::Broken(error))) => Err(errors::from_kube(&self.inner.identity, &operation, error)),
            Ok(Err(Unread::TooLarge(limit))) => Err(errors::too_large(&operation, limit)),
            Err(_) => {
                let error = unreachable::no_answer(&self.inner.identity, &operation, self.inner.request_timeout);
                Err(errors::left_open(error, &operation))
            }
        }
    }

    /// Sends a request whose answer must be a yes.
    ///
    /// # Errors
    /// As [`Cluster::exchange`], and the server's no in our words.
    pub async fn call(&self, request: Request<Vec<u8>>) -> Result<ApiResponse> {
        let answer = self.exchange(request).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(self.refusal(&answer)) }
    }

    /// A server's no, in our words.
    pub(in crate::cluster) fn refusal(&self, answer: &ApiResponse) -> Error {
        let status = answer.reason();
        match errors::missing_namespace(&answer.operation, &status) {
            Some(name) => namespaces::error(&name, answer.near.as_deref()),
            None => errors::from_status(&self.inner.identity, &answer.operation, &status),
        }
    }
}

impl ApiResponse {
    /// The body as an object of the API.
    ///
    /// # Errors
    /// It is none.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| errors::unexpected_answer(&self.operation, &error))
    }

    /// Whether its `Retry-After` is longer than anything that is waited for.
    pub(in crate::cluster) fn asks_for_too_long(&self) -> bool {
        self.patience.is_some_and(|asked| asked > deadlines::LONGEST_PAUSE)
    }

    /// Whether it is a no of admission, whatever its status code: a webhook chooses that freely.
    pub(in crate::cluster) fn is_of_admission(&self) -> bool {
        !self.status.is_success() && errors::is_of_admission(&self.reason().message)
    }

    /// The `Status` object of a no; made from the HTTP status where the body holds none.
    pub(in crate::cluster) fn reason(&self) -> Status {
        let mut status: Status = serde_json::from_slice(&self.body).unwrap_or_default();
        status.code = self.status.as_u16();
        if let Some(patience) = self.patience {
            errors::ask_to_wait(&mut status, patience);
        }
        status
    }
}
