//! One line of a server's stdout: a JSON-RPC message, or what a strict client does not accept as one.

use serde_json::{Map, Value};

/// A JSON-RPC message.
pub(super) type Message = Map<String, Value>;

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// Nothing but blanks: every client skips it.
    Blank,
    /// A valid message.
    Message(Message),
    /// JSON that is not a JSON-RPC message.
    Foreign,
    /// Text. It may contain messages all the same: after a prefix, or several of them.
    Text(Vec<Message>),
    /// The beginning of a JSON object that goes on in the next line.
    Begin,
}

impl Line {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Blank;
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) if is_message(&object) => Self::Message(object),
            Ok(Value::Object(_) | Value::Array(_)) => Self::Foreign,
            // a bare number or word is more likely a person's text
            Ok(_) => Self::Text(Vec::new()),
            Err(error) if error.is_eof() && text.starts_with('{') => Self::Begin,
            Err(_) => Self::Text(messages_within(text)),
        }
    }
}

fn is_message(object: &Message) -> bool {
    object.get("jsonrpc").is_some_and(|version| version == "2.0")
        && ["id", "method", "result", "error"].iter().any(|field| object.contains_key(*field))
}

/// The messages in a line that is not JSON as a whole, as in `INFO: {"jsonrpc": …}`.
fn messages_within(text: &str) -> Vec<Message> {
    let Some(start) = text.find('{') else { return Vec::new() };
    let values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let objects = values.map_while(Result::ok).filter_map(|value| match value {
        Value::Object(object) => Some(object),
        _ => None,
    });
    objects.filter(is_message).collect()
}

/// The depth of braces after more text: where it is zero again, an object that spans several lines may be complete.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Depth {
    braces: usize,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    pub(super) fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' => self.braces += 1,
                b'}' => self.braces = self.braces.saturating_sub(1),
                _ => {}
            }
        }
    }

    pub(super) const fn is_closed(self) -> bool {
        self.braces == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_message_foreign_json_text_or_the_beginning_of_an_object() {
        let kind = |text: &str| match Line::parse(text) {
            Line::Blank => "blank".to_owned(),
            Line::Message(_) => "message".to_owned(),
            Line::Foreign => "foreign".to_owned(),
            Line::Text(messages) => format!("text with {}", messages.len()),
            Line::Begin => "begin".to_owned(),
        };
        for (text, expected) in [
            ("", "blank"),
            (" \t\r", "blank"),
            (r#" {"jsonrpc":"2.0","method":"x"} "#, "message"),
            (r#"{"jsonrpc":"1.0","id":1}"#, "foreign"),
            (r#"{"jsonrpc":"2.0"}"#, "foreign"),
            (r#"{"level":"info"}"#, "foreign"),
            (r#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#, "foreign"),
            ("42", "text with 0"),
            ("\"ready\"", "text with 0"),
            ("ready", "text with 0"),
            ("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1}", "text with 1"),
            ("\u{1b}[32m{\"jsonrpc\":\"2.0\",\"id\":1}\u{1b}[0m", "text with 1"),
            (r#"{"jsonrpc":"2.0","id":1}{"jsonrpc":"2.0","id":2}"#, "text with 2"),
            (r#"loaded {"a": 1}"#, "text with 0"),
            ("{", "begin"),
            (r#"{"jsonrpc":"2.0","#, "begin"),
            ("{'a': 1}", "text with 0"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn braces_in_strings_do_not_count() {
        let mut depth = Depth::default();
        depth.add(r#"{"a": "}\"}"#);
        assert!(!depth.is_closed());
        depth.add(r#"", "b": {}}"#);
        assert!(depth.is_closed());
    }
}
