//! A JSON-RPC client over two streams: requests with ids, one at a time, and answers to what the server asks.
//!
//! Late, repeated and unrelated responses are skipped, and so are notifications. The caller limits the time, and
//! selects with the end of the connection: a write to a server that has ended may block forever.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::line::Message;
use super::transcript::{Deviation, Transcript};

/// The longest line that is read: a list of tools has 100 KB where there are many.
const LONGEST_LINE: usize = 8 * 1024 * 1024;
/// JSON-RPC's code for a method that does not exist.
pub(super) const METHOD_NOT_FOUND: i64 = -32601;

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server closed its stdout.
    Closed,
    /// It frames its messages by `Content-Length` headers.
    Framed,
    /// An error response.
    Refused {
        /// The method.
        method: &'static str,
        /// JSON-RPC's code, where it has one.
        code: Option<i64>,
        /// The server's own words.
        message: String,
    },
    /// A response that is not a valid one, and what is wrong with it.
    Invalid {
        /// The method.
        method: &'static str,
        /// What is wrong, as in `has neither a result nor an error`; of the server's output, it contains only tool
        /// names.
        what: String,
        /// What the server wrote there; empty where that says no more.
        value: String,
    },
    /// A line is longer than what is read.
    TooLong,
}

/// A client of one server.
pub struct Client<R, W> {
    stdout: R,
    stdin: W,
    transcript: Transcript,
    bytes: Vec<u8>,
    /// How many of the bytes have no line end.
    searched: usize,
    queue: VecDeque<Message>,
    last_id: u64,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Client<R, W> {
    /// A client that writes down what it reads.
    pub fn new(stdout: R, stdin: W, transcript: Transcript) -> Self {
        Self { stdout, stdin, transcript, bytes: Vec::new(), searched: 0, queue: VecDeque::new(), last_id: 0 }
    }

    /// Sends a request and waits for its response, however long that takes.
    ///
    /// # Errors
    /// An error response, an invalid one, or none because the server closed its stdout.
    pub async fn request(&mut self, method: &'static str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        self.transcript.change(|state| state.pending = method);
        loop {
            let mut message = self.next().await?;
            if message.get("method").is_some_and(Value::is_string) {
                self.answer(&message).await;
                continue;
            }
            if !self.is_response_to(&message, id) {
                continue;
            }
            self.transcript.change(|state| state.pending = "");
            let present = |value: &Value| !value.is_null();
            return match (message.remove("error").filter(present), message.remove("result").filter(present)) {
                (Some(error), _) => Err(refused(method, &error)),
                (None, Some(result)) => Ok(result),
                (None, None) => Err(Failure::invalid(method, "has neither a result nor an error")),
            };
        }
    }

    /// Sends a notification.
    pub async fn notify(&mut self, method: &str) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method })).await;
    }

    /// Whether a message is the response to a request. A server that gives back null or the number as a string means
    /// it, though strict clients do not find the request then.
    fn is_response_to(&self, message: &Message, id: u64) -> bool {
        let is_response = message.contains_key("result") || message.contains_key("error");
        match message.get("id") {
            None | Some(Value::Null) if is_response || message.contains_key("id") => {
                self.transcript.deviate(Deviation::NullId);
                is_response
            }
            Some(Value::String(text)) if *text == id.to_string() => {
                self.transcript.deviate(Deviation::StringId);
                true
            }
            #[expect(clippy::cast_precision_loss, reason = "ids are small")]
            Some(Value::Number(number)) => number.as_f64() == Some(id as f64),
            _ => false,
        }
    }

    /// Answers what the server asks: a ping with nothing, all else with the error that it is not supported.
    async fn answer(&mut self, request: &Message) {
        let Some(id) = request.get("id").filter(|id| !id.is_null()) else { return };
        let answer = match request["method"].as_str() {
            Some("ping") => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
            _ => json!({ "jsonrpc": "2.0", "id": id, "error": {
                "code": METHOD_NOT_FOUND, "message": "this client does not support the method" } }),
        };
        self.send(&answer).await;
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        // a server that has closed its stdin may still answer; if it has ended, its stdout says so
        if self.stdin.write_all(line.as_bytes()).await.is_ok() {
            let _ = self.stdin.flush().await;
        }
    }

    async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            if let Some(message) = self.queue.pop_front() {
                return Ok(message);
            }
            if self.transcript.is_framed() {
                return Err(Failure::Framed);
            }
            if !self.fill().await? {
                return self.queue.pop_front().ok_or(Failure::Closed);
            }
        }
    }

    /// Reads once, and takes all lines that are complete by then; false at the end of the stream.
    async fn fill(&mut self) -> Result<bool, Failure> {
        let count = self.stdout.read_buf(&mut self.bytes).await.unwrap_or(0);
        while let Some(end) = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=self.searched + end).collect();
            self.searched = 0;
            self.queue.extend(self.transcript.read(&line));
        }
        self.searched = self.bytes.len();
        if count == 0 {
            let line = std::mem::take(&mut self.bytes);
            self.queue.extend(self.transcript.read(&line));
        }
        self.transcript.begin(&self.bytes);
        if self.bytes.len() > LONGEST_LINE { Err(Failure::TooLong) } else { Ok(count > 0) }
    }
}

impl Failure {
    pub(super) fn invalid(method: &'static str, what: impl Into<String>) -> Self {
        Self::Invalid { method, what: what.into(), value: String::new() }
    }

    /// With what the server wrote.
    pub(super) fn showing(self, written: &Value) -> Self {
        match self {
            Self::Invalid { method, what, .. } => Self::Invalid { method, what, value: written.to_string() },
            other => other,
        }
    }
}

fn refused(method: &'static str, error: &Value) -> Failure {
    let message = match error["message"].as_str() {
        Some(message) => message.to_owned(),
        // a bare text, or an object of the server's own shape
        None => error.as_str().map_or_else(|| error.to_string(), str::to_owned),
    };
    let message = match &error["data"] {
        Value::Null => message,
        Value::String(data) => format!("{message}: {data}"),
        data => format!("{message}: {data}"),
    };
    Failure::Refused { method, code: error["code"].as_i64(), message }
}
