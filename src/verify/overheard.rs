//! Listens to what a server says on stdout while somebody else reads it: if no answer comes, this is what a person
//! wants to know.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// So much of a line is kept.
const KEPT: usize = 80;

/// What was said so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Lines that look like messages: one JSON object each.
    pub(super) messages: usize,
    /// Lines that are something else.
    pub(super) others: usize,
    /// The beginning of the first such line.
    pub(super) first_other: String,
    /// The beginning of the last line of any kind, the unfinished one included.
    pub(super) last: String,
    pub(super) line: Vec<u8>,
    pub(super) ends_with: u8,
}

impl Said {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line();
                continue;
            }
            if self.line.len() < KEPT {
                self.line.push(*byte);
            }
            if !byte.is_ascii_whitespace() {
                self.ends_with = *byte;
            }
        }
    }

    fn end_line(&mut self) {
        let text = String::from_utf8_lossy(&self.line).trim().to_owned();
        if !text.is_empty() {
            if text.starts_with('{') && self.ends_with == b'}' {
                self.messages += 1;
            } else {
                self.others += 1;
                if self.first_other.is_empty() {
                    self.first_other.clone_from(&text);
                }
            }
            self.last = text;
        }
        self.line.clear();
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
        said.end_line();
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
        let text = format!("starting up\n{{\"a\":\n {{\"jsonrpc\":\"{}\"}}\r\n\nhalf a l", "x".repeat(500));
        let mut passed = String::new();
        heard.listen(text.as_bytes()).read_to_string(&mut passed).await.unwrap();
        assert_eq!(passed, text);
        let said = heard.so_far();
        assert_eq!((said.messages, said.others), (1, 3));
        assert_eq!((said.first_other.as_str(), said.last.as_str()), ("starting up", "half a l"));
        assert_eq!(Heard::default().so_far(), Said::default());
    }
}
