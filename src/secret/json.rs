//! JSON inside a secret: a script can select a part of it, and the part is a secret again.
//!
//! What is selected is the text as it is written, so that a long number keeps its digits. No error has a place or a
//! word of the document.

use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::error::{Error, Kind};

/// Why an error is final if its absence or presence depends on a secret: a script that could catch it could try
/// repeatedly, and so guess the secret.
pub const SECRET_ANSWER: &str = "the answer depends on a secret, so no `try` catches this error";

/// What is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// The member of an object.
    Name(&'a str),
    /// The item of an array, from 0.
    Index(usize),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "member `{name}`"),
            Self::Index(index) => write!(f, "item {index}"),
        }
    }
}

/// The error for a secret that is not the expected JSON.
pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::new(Kind::Refused, message)
        .cause(SECRET_ANSWER)
        .hint("look at the secret's source: `secret.key` and `secret[0]` select from a JSON object and array")
}

/// What a JSON document says: of a string its content, of `null` nothing, else its text. `None` if it is not JSON.
pub(super) fn content(text: &str) -> Option<Zeroizing<String>> {
    let text = text.trim();
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(text).ok().map(Zeroizing::new),
        b'n' => Some(Zeroizing::default()),
        _ => Some(Zeroizing::new(text.to_owned())),
    }
}

/// The content of one part of a document. `None` if it is not JSON, has no such part, or has it twice.
pub(super) fn select(text: &str, key: Key<'_>) -> Option<Zeroizing<String>> {
    let text = text.trim();
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut rest = text.strip_prefix(if matches!(key, Key::Name(_)) { '{' } else { '[' })?.trim_start();
    let mut found = None;
    let mut index = 0;
    while !rest.starts_with(['}', ']']) {
        let is_wanted = match key {
            Key::Name(wanted) => {
                let (name, after) = next::<String>(rest)?;
                rest = after.trim_start().strip_prefix(':')?;
                *Zeroizing::new(name) == wanted
            }
            Key::Index(wanted) => wanted == index,
        };
        let (_, after) = next::<IgnoredAny>(rest)?;
        if is_wanted && found.replace(&rest[..rest.len() - after.len()]).is_some() {
            return None;
        }
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
        index += 1;
    }
    content(found?)
}

/// The first value of a text, and what follows it.
fn next<'a, T: Deserialize<'a>>(text: &'a str) -> Option<(T, &'a str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#" { "a": "canary-\"a\"" , "n": 12345678901234567890123456789.10, "o": {"x": [ 1, {"y": "canary-y"} ]},
        "t": true, "z": null, "é\"": [], "": "canary-empty", "twice": 1, "twice": 1 } "#;

    fn of(key: &str) -> Option<String> {
        select(DOCUMENT, Key::Name(key)).map(|part| part.to_string())
    }

    #[test]
    fn a_part_is_its_content_or_its_text() {
        assert_eq!(of("a").unwrap(), "canary-\"a\"");
        assert_eq!(of("n").unwrap(), "12345678901234567890123456789.10");
        assert_eq!(of("o").unwrap(), r#"{"x": [ 1, {"y": "canary-y"} ]}"#);
        assert_eq!((of("t").unwrap(), of("z").unwrap()), ("true".to_owned(), String::new()));
        assert_eq!((of("é\"").unwrap(), of("").unwrap()), ("[]".to_owned(), "canary-empty".to_owned()));
        assert_eq!(*select("[1, \"canary-b\",[2]]", Key::Index(1)).unwrap(), "canary-b");
        assert_eq!(*select("[1, \"canary-b\",[2]]", Key::Index(2)).unwrap(), "[2]");
        assert_eq!(*content(" \"canary-c\" ").unwrap(), "canary-c");
        assert_eq!(*content("4711").unwrap(), "4711");
    }

    #[test]
    fn what_cannot_be_selected_is_nothing() {
        assert!(of("b").is_none() && of("twice").is_none());
        for (text, key) in [
            ("", Key::Name("a")),
            ("canary", Key::Name("a")),
            ("4711", Key::Name("a")),
            ("{}", Key::Name("a")),
            ("[]", Key::Index(0)),
            ("[1]", Key::Index(1)),
            ("[1]", Key::Name("0")),
            ("{\"0\": 1}", Key::Index(0)),
            ("{\"a\": 1} x", Key::Name("a")),
            ("{\"a\": 1,}", Key::Name("a")),
        ] {
            assert!(select(text, key).is_none(), "{text} {key}");
        }
        assert!(content("{\"a\": canary}").is_none() && content(&"[".repeat(100_000)).is_none());
    }
}
