//! The Docker engine's API, as far as it is used here: over a local socket or plain `tcp://`, a connection for each
//! request. What is read of an answer has a largest size, and each line of a pull's news, too.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::error::chain;

/// How long an engine may take for an answer, or to begin that to a pull.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// The most bytes of an answer that are read.
const LARGEST_ANSWER: usize = 8 << 20;
/// The most bytes of an engine's error, and of one line of news.
const LARGEST_LINE: usize = 1 << 20;
/// The port of `tcp://` addresses that name none.
const PORT: &str = "2375";

/// Why a request to an engine failed.
#[derive(Debug)]
pub(super) enum EngineError {
    /// There is nothing to connect to, or it may not be used.
    Absent(io::Error),
    /// The engine refuses; the status is 0 in the middle of a pull.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// No answer came in time.
    TimedOut,
    /// The connection broke, or the answer is not one of an engine.
    Broken(String),
}

/// An engine at an address.
pub(super) struct EngineApi {
    address: String,
}

/// Who pulls, as the engine's API takes it.
#[derive(Serialize)]
pub(super) struct EngineLogin {
    /// The registry.
    pub(super) serveraddress: String,
    /// The name; empty with an identity token.
    pub(super) username: String,
    /// The password.
    pub(super) password: String,
    /// The token that stands for both.
    pub(super) identitytoken: String,
}

/// One line of news of a pull.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PullNews {
    /// What it is about, a layer mostly.
    pub(super) id: Option<String>,
    /// The step: `Downloading`.
    pub(super) status: Option<String>,
    /// How far that is.
    pub(super) progress_detail: Option<PullProgress>,
    error_detail: Option<ErrorDetail>,
}

/// How far a layer is, in bytes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PullProgress {
    /// So many have come.
    pub(super) current: Option<i64>,
    /// Of so many.
    pub(super) total: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct ErrorDetail {
    message: String,
}

/// A pull under way.
pub(super) struct Pull {
    body: Incoming,
    held: BytesMut,
}

impl EngineApi {
    /// An engine at `unix://PATH` or `tcp://HOST:PORT`. Nothing is opened yet.
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// The answer to a GET request.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, EngineError> {
        let all = async {
            let answer = self.send(Method::GET, path, None).await?;
            let bytes = read(answer.into_body(), LARGEST_ANSWER).await?;
            serde_json::from_slice(&bytes)
                .map_err(|_| EngineError::Broken("its answer is not that of an engine".to_owned()))
        };
        timeout(ANSWER_TIMEOUT, all).await.unwrap_or(Err(EngineError::TimedOut))
    }

    /// Begins a pull. Name and version stand apart, and the version is never empty: without one the engine pulls every
    /// tag.
    pub(super) async fn pull(
        &self,
        name: &str,
        version: &str,
        platform: Option<String>,
        login: Option<&EngineLogin>,
    ) -> Result<Pull, EngineError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("fromImage", name)
            .append_pair("tag", version)
            .extend_pairs(platform.map(|platform| ("platform", platform)))
            .finish();
        let path = format!("/images/create?{query}");
        let begun = timeout(ANSWER_TIMEOUT, self.send(Method::POST, &path, login)).await;
        let body = begun.unwrap_or(Err(EngineError::TimedOut))?.into_body();
        Ok(Pull { body, held: BytesMut::new() })
    }

    /// The engine's answer, if it is a success.
    async fn send(
        &self,
        method: Method,
        path: &str,
        login: Option<&EngineLogin>,
    ) -> Result<Response<Incoming>, EngineError> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "docker").header(CONTENT_LENGTH, 0);
        if let Some(login) = login {
            let login = serde_json::to_vec(login).map_err(|_| broken("a login that cannot be written as JSON"))?;
            request = request.header("X-Registry-Auth", base64::engine::general_purpose::URL_SAFE.encode(login));
        }
        let request = request.body(Empty::new()).map_err(|_| broken("a request that cannot be written"))?;
        let answer = self.connect(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        #[derive(Deserialize)]
        struct Message {
            message: String,
        }
        let status = answer.status().as_u16();
        let body = read(answer.into_body(), LARGEST_LINE).await.unwrap_or_default();
        let message = serde_json::from_slice(&body).map(|body: Message| body.message);
        let message = message.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned());
        Err(EngineError::Refused { status, message })
    }

    async fn connect(&self, request: Request<Empty<Bytes>>) -> Result<Response<Incoming>, EngineError> {
        match self.address.split_once("://") {
            #[cfg(unix)]
            Some(("unix", path)) => {
                answer(UnixStream::connect(path).await.map_err(EngineError::Absent)?, request).await
            }
            Some(("tcp" | "http", host)) => {
                let host = host.trim_end_matches('/');
                let place = if host.contains(':') { host.to_owned() } else { format!("{host}:{PORT}") };
                answer(TcpStream::connect(place).await.map_err(EngineError::Absent)?, request).await
            }
            _ => Err(EngineError::Absent(io::ErrorKind::Unsupported.into())),
        }
    }
}

impl Pull {
    /// The next line of news; `None` when the engine has said all.
    pub(super) async fn next(&mut self) -> Result<Option<PullNews>, EngineError> {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                match news(&self.held.split_to(end + 1))? {
                    Some(news) => return Ok(Some(news)),
                    None => continue,
                }
            }
            if self.held.len() > LARGEST_LINE {
                return Err(too_large(LARGEST_LINE));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.held.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
                Some(Err(error)) => return Err(EngineError::Broken(chain::deepest(&error))),
                None => return news(&self.held.split()),
            }
        }
    }
}

/// What a line says; nothing if it is blank.
fn news(line: &[u8]) -> Result<Option<PullNews>, EngineError> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let news: PullNews = serde_json::from_slice(line).map_err(|_| broken("its progress report is not JSON"))?;
    match news.error_detail {
        Some(ErrorDetail { message }) => Err(EngineError::Refused { status: 0, message }),
        None => Ok(Some(news)),
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, EngineError> {
    let failed = |error: hyper::Error| EngineError::Broken(chain::deepest(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // it ends with the answer, or when the answer is dropped; its errors come with the answer, too
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(failed)
}

async fn read(mut body: Incoming, limit: usize) -> Result<BytesMut, EngineError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| EngineError::Broken(chain::deepest(&error)))?;
        let Some(part) = frame.data_ref() else { continue };
        if bytes.len() + part.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

fn too_large(limit: usize) -> EngineError {
    EngineError::Broken(format!("its answer is too large: more than {} MiB are not read", limit >> 20))
}

fn broken(what: &str) -> EngineError {
    EngineError::Broken(what.to_owned())
}
