//! What a server wrote to stdout, line by line, kept outside the conversation: if the conversation is abandoned, this
//! is what explains why.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::line::{Depth, Line, Message};

/// The longest line that is kept, in bytes. Nothing is kept of a longer one: a part of a secret cannot be masked.
const KEPT: usize = 64 * 1024;
/// The longest object over several lines that is put together.
const LONGEST_OBJECT: usize = 8 * 1024 * 1024;
/// How LSP-like servers begin each message.
const FRAMING: &str = "content-length:";

/// What strict clients reject, though the conversation can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deviation {
    /// Text that is not JSON.
    Text,
    /// A byte order mark.
    ByteOrderMark,
    /// JSON that is not a JSON-RPC 2.0 message.
    Foreign,
    /// A message that spans several lines.
    SeveralLines,
    /// A response whose id is null or missing.
    NullId,
    /// A response whose id is a string where the request's was a number.
    StringId,
}

/// What was read so far.
#[derive(Debug, Clone, Default)]
pub struct TranscriptState {
    /// Lines that are JSON-RPC messages.
    pub messages: usize,
    /// Lines that are not JSON.
    pub text_lines: usize,
    /// Lines that are JSON but not JSON-RPC messages.
    pub foreign_lines: usize,
    /// The first line that is not JSON. This and the lines below are whole and not masked, and empty where the line is
    /// longer than what is kept.
    pub first_text: String,
    /// The first line that is JSON, but not a message.
    pub first_foreign: String,
    /// The last line of any kind.
    pub last: String,
    /// Whether a line is the header of a message framed by `Content-Length`.
    pub framed: bool,
    /// The request that has no response yet; empty if there is none.
    pub pending: &'static str,
    /// The error response to `initialize`, where there was one.
    pub rejection: Option<String>,
    /// How many pages of the tools came.
    pub pages: usize,
    /// The names of the tools that came, in the server's order.
    pub tools: Vec<String>,
    deviations: Vec<Deviation>,
    unfinished: Vec<u8>,
    object: String,
    depth: Depth,
}

impl TranscriptState {
    /// What strict clients reject, each kind once, in the order in which it came.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Whether the last line has not ended, and what it has so far is a whole message.
    #[must_use]
    pub fn lacks_line_end(&self) -> bool {
        matches!(Line::parse(&String::from_utf8_lossy(&self.unfinished)), Line::Message(_))
    }

    fn deviate(&mut self, deviation: Deviation) {
        if !self.deviations.contains(&deviation) {
            self.deviations.push(deviation);
        }
    }

    /// Reads a whole line, and gives the messages in it.
    fn read(&mut self, line: &[u8]) -> Vec<Message> {
        self.unfinished.clear();
        let text = String::from_utf8_lossy(line);
        let line = Line::parse(&text);
        if !self.object.is_empty() {
            if !matches!(line, Line::Message(_))
                && let Some(messages) = self.go_on(&text)
            {
                return messages;
            }
            self.give_object_up();
        }
        match line {
            Line::Blank => Vec::new(),
            Line::Message(message) => {
                self.last = quotable(&text);
                self.messages += 1;
                vec![message]
            }
            Line::Begin => {
                self.depth = Depth::default();
                self.go_on(&text).unwrap_or_else(|| {
                    self.text(&text);
                    Vec::new()
                })
            }
            Line::Foreign => {
                self.foreign_lines += 1;
                if self.foreign_lines == 1 {
                    self.first_foreign = quotable(&text);
                }
                self.last = quotable(&text);
                self.deviate(Deviation::Foreign);
                Vec::new()
            }
            Line::Text(messages) => {
                self.text(&text);
                self.messages += messages.len();
                messages
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = text.trim();
        self.last = quotable(text);
        self.text_lines += 1;
        if self.text_lines == 1 {
            self.first_text = quotable(text);
        }
        let is_marked = text.starts_with('\u{feff}');
        self.deviate(if is_marked { Deviation::ByteOrderMark } else { Deviation::Text });
        self.framed |= text.get(..FRAMING.len()).is_some_and(|start| start.eq_ignore_ascii_case(FRAMING));
    }

    /// Adds a line to an object that spans several lines: gives its message once it is complete, and `None` if the line
    /// does not belong to a message.
    fn go_on(&mut self, text: &str) -> Option<Vec<Message>> {
        let before = self.object.len();
        if before + text.len() > LONGEST_OBJECT {
            return None;
        }
        self.object.push_str(text);
        self.object.push('\n');
        self.depth.add(text);
        if !self.depth.is_closed() {
            return Some(Vec::new());
        }
        let Line::Message(message) = Line::parse(&self.object) else {
            self.object.truncate(before);
            return None;
        };
        self.deviate(Deviation::SeveralLines);
        self.last = quotable(text);
        self.messages += 1;
        self.object.clear();
        Some(vec![message])
    }

    /// What looked like the beginning of an object was text.
    fn give_object_up(&mut self) {
        for line in std::mem::take(&mut self.object).lines() {
            self.text(line);
        }
    }
}

fn quotable(text: &str) -> String {
    let text = text.trim();
    if text.len() > KEPT { String::new() } else { text.to_owned() }
}

/// A transcript that outlives the conversation.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<Mutex<TranscriptState>>);

impl Transcript {
    /// What was read so far.
    #[must_use]
    pub fn so_far(&self) -> TranscriptState {
        let mut state = self.lock().clone();
        state.give_object_up();
        state
    }

    pub(super) fn read(&self, line: &[u8]) -> Vec<Message> {
        self.lock().read(line)
    }

    /// Keeps the start of a line that has not ended.
    pub(super) fn begin(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.unfinished.clear();
        state.unfinished.extend_from_slice(&bytes[..bytes.len().min(KEPT)]);
    }

    pub(super) fn is_framed(&self) -> bool {
        self.lock().framed
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut TranscriptState)) {
        change(&mut self.lock());
    }

    pub(super) fn deviate(&self, deviation: Deviation) {
        self.lock().deviate(deviation);
    }

    fn lock(&self) -> MutexGuard<'_, TranscriptState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (TranscriptState, usize) {
        let transcript = Transcript::default();
        let messages = text.split_inclusive('\n').map(|line| transcript.read(line.as_bytes()).len()).sum();
        (transcript.so_far(), messages)
    }

    #[test]
    fn each_deviation_is_seen_and_its_messages_are_read_all_the_same() {
        use Deviation::{ByteOrderMark, Foreign, SeveralLines, Text};
        const MESSAGE: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";
        for (text, deviations, messages) in [
            (format!("{MESSAGE}\n\n \n"), vec![], 1),
            (format!("{MESSAGE}\r\n"), vec![], 1),
            (format!("ready\n{MESSAGE}\n"), vec![Text], 1),
            (format!("INFO: {MESSAGE}\n"), vec![Text], 1),
            (format!("{MESSAGE} done\n"), vec![Text], 1),
            (format!("{MESSAGE}{MESSAGE}\n"), vec![Text], 2),
            (format!("\u{feff}{MESSAGE}\n"), vec![ByteOrderMark], 1),
            ("{\"level\":\"info\"}\n".to_owned(), vec![Foreign], 0),
            ("{\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\n  \"result\": {}\n}\n".to_owned(), vec![SeveralLines], 1),
            (format!("{{\n{MESSAGE}\n"), vec![Text], 1),
            (format!("{{\n  \"level\": \"info\"\n}}\n{MESSAGE}\n"), vec![Text], 1),
            ("{\"a\": \"b\n".to_owned(), vec![Text], 0),
        ] {
            let (state, read) = read(&text);
            assert_eq!((state.deviations(), read), (deviations.as_slice(), messages), "{text}");
        }
    }

    proptest::proptest! {
        /// Whatever comes before it, a message on a line of its own is read.
        #[test]
        fn no_text_hides_a_later_message(before in "[{}\"\\\\:,a1 \\[\\]\\n\u{feff}]{0,60}") {
            let (state, messages) = read(&format!("{before}\n{{\"jsonrpc\":\"2.0\",\"id\":1}}\n"));
            proptest::prop_assert_eq!(messages, 1);
            proptest::prop_assert_eq!(state.deviations().is_empty(), before.trim().is_empty());
        }
    }

    #[test]
    fn framing_and_a_message_without_a_line_end_are_known() {
        assert!(read("Content-Length: 12\r\n").0.framed && !read("content\n").0.framed);
        let transcript = Transcript::default();
        transcript.begin(b"{\"jsonrpc\":\"2.0\",\"id\":1}");
        assert!(transcript.so_far().lacks_line_end());
        transcript.begin(b"{\"jsonrpc\":\"2.0\",");
        assert!(!transcript.so_far().lacks_line_end());
    }

    #[test]
    fn a_line_is_kept_whole_or_not_at_all() {
        let (state, _) = read(&format!("{}\n", "x".repeat(KEPT)));
        assert_eq!(state.first_text.len(), KEPT);
        let (state, _) = read(&format!("{}\nb\n", "x".repeat(KEPT + 1)));
        assert_eq!((state.text_lines, state.first_text.as_str(), state.last.as_str()), (2, "", "b"));
    }
}
