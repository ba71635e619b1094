//! Listens to what a server says on stdout while somebody else reads it: if no answer comes, this is what a person
//! wants to know.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use serde_json::Value;
use tokio::io::{AsyncRead, ReadBuf};

/// The longest line that is kept, in bytes. Of a longer one nothing is: a part of a secret is not known for one.
const KEPT: usize = 64 * 1024;

/// What was said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Lines that are messages of JSON-RPC.
    pub(super) messages: usize,
    /// Those of them that are answers with an error.
    pub(super) errors: usize,
    /// Lines that are JSON, but no message.
    pub(super) foreign: usize,
    /// Lines that are no JSON.
    pub(super) others: usize,
    /// The last answer with an error. This and the lines below are whole and not masked, and empty where the line is
    /// longer than what is kept, or not finished.
    pub(super) error: String,
    /// The first line that is JSON, but no message.
    pub(super) first_foreign: String,
    /// The first line that is no JSON.
    pub(super) first_other: String,
    /// The last line of any kind.
    pub(super) last: String,
    line: Vec<u8>,
    longer: bool,
    ends_with: u8,
}

/// What a line is.
enum Line {
    Message,
    Error,
    Foreign,
    Other,
}

impl Line {
    fn of(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) if fields.get("jsonrpc").is_some_and(|version| version == "2.0") => {
                if fields.contains_key("error") {
                    Self::Error
                } else if fields.contains_key("result") || fields.contains_key("method") {
                    Self::Message
                } else {
                    Self::Foreign
                }
            }
            Ok(Value::Object(_) | Value::Array(_)) => Self::Foreign,
            // a bare number or word is more likely a person's text
            _ => Self::Other,
        }
    }
}

/// Whether a line, as of a log, is JSON: an object or an array.
pub(super) fn is_json(line: &str) -> bool {
    !matches!(Line::of(line.trim()), Line::Other)
}

impl Said {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line(true);
                continue;
            }
            if self.line.len() < KEPT {
                self.line.push(*byte);
            } else {
                self.longer = true;
            }
            if !byte.is_ascii_whitespace() {
                self.ends_with = *byte;
            }
        }
    }

    fn end_line(&mut self, finished: bool) {
        let text = String::from_utf8_lossy(&self.line).trim().to_owned();
        if !text.is_empty() {
            let line = match (self.longer, text.starts_with('{') && self.ends_with == b'}') {
                (false, _) => Line::of(&text),
                (true, true) => Line::Message,
                (true, false) => Line::Other,
            };
            let quotable = if finished && !self.longer { text } else { String::new() };
            match line {
                Line::Message => self.messages += 1,
                Line::Error => {
                    self.messages += 1;
                    self.errors += 1;
                    self.error.clone_from(&quotable);
                }
                Line::Foreign => {
                    self.foreign += 1;
                    if self.foreign == 1 {
                        self.first_foreign.clone_from(&quotable);
                    }
                }
                Line::Other => {
                    self.others += 1;
                    if self.others == 1 {
                        self.first_other.clone_from(&quotable);
                    }
                }
            }
            self.last = quotable;
        }
        self.line.clear();
        self.longer = false;
        self.ends_with = 0;
    }
}

/// What a reader lets through is written down here.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Said>>);

impl Heard {
    /// What was said so far, the unfinished line as if it had ended.
    pub(super) fn so_far(&self) -> Said {
        let mut said = self.lock().clone();
        said.end_line(false);
        said
    }

    /// A reader that is listened to.
    pub(super) fn listen<R>(&self, inner: R) -> Overheard<R> {
        Overheard { inner, heard: self.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader that is listened to.
pub(super) struct Overheard<R> {
    inner: R,
    heard: Heard,
}

impl<R: AsyncRead + Unpin> AsyncRead for Overheard<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = &polled {
            self.heard.lock().take(&buffer.filled()[before..]);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn messages_and_other_lines_are_told_apart_and_pass_unchanged() {
        let heard = Heard::default();
        let text =
            format!("starting up\n{{\"a\":\n {{\"jsonrpc\":\"2.0\",\"method\":\"{}\"}}\r\n\nhalf a l", "x".repeat(500));
        let mut passed = String::new();
        heard.listen(text.as_bytes()).read_to_string(&mut passed).await.unwrap();
        assert_eq!(passed, text);
        let said = heard.so_far();
        assert_eq!((said.messages, said.others), (1, 3));
        assert_eq!(
            (said.first_other.as_str(), said.last.as_str()),
            ("starting up", ""),
            "an unfinished line is not told"
        );
        assert_eq!(Heard::default().so_far(), Said::default());
    }

    #[test]
    fn json_that_is_no_message_and_errors_are_told_apart() {
        let mut said = Said::default();
        said.take(b"{}\n[1,2]\n42\n{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}}\n");
        assert_eq!((said.foreign, said.first_foreign.as_str()), (2, "{}"));
        assert_eq!((said.others, said.first_other.as_str()), (1, "42"));
        assert_eq!((said.messages, said.errors, said.error == said.last), (1, 1, true));
        assert!(is_json(" {\"level\":\"info\"} ") && !is_json("no json"));
    }

    #[test]
    fn a_line_is_kept_whole_or_not_at_all() {
        let mut said = Said::default();
        said.take(format!("{}\n", "x".repeat(KEPT)).as_bytes());
        assert_eq!(said.last.len(), KEPT);
        said.take(format!("{}\n", "x".repeat(KEPT + 1)).as_bytes());
        assert_eq!((said.others, said.last.as_str()), (2, ""));
    }
}
