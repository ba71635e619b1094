//! JSON and YAML from untrusted sources: duplicate keys of maps, and no more values than a catalog can have.
//!
//! Readers differ in which value of a duplicate key they use: the gateway could start another server than the one that
//! was shown. So an entry that contains such a key is broken; elsewhere the document is.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::received::short;

/// A document, and the keys that appear twice in its entries. The first value of such a key is kept.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) repeated: Vec<RepeatedKey>,
}

/// A key that appears twice in an entry of a catalog.
#[derive(Debug, PartialEq)]
pub(super) struct RepeatedKey {
    /// The place of the entry: `registry.clock`, `servers[2]`.
    pub(super) entry: String,
    /// The path below it; empty if it is the name of the entry.
    pub(super) path: String,
}

impl RepeatedKey {
    /// What is wrong, with the change that helps.
    pub(super) fn problem(&self) -> String {
        match self.path.as_str() {
            "" => "it appears twice: remove one of the two entries".to_owned(),
            path => format!("its key `{}` appears twice: remove one of the two", short(path)),
        }
    }
}

/// Reads one JSON document of no more than `most` values.
pub(super) fn read(text: &str, most: usize) -> serde_json::Result<Document> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let document = document(&mut reader, most)?;
    reader.end()?;
    Ok(document)
}

/// Reads a document of no more than `most` values, whatever its syntax is. The reader must pass on all keys.
pub(super) fn document<'de, D: Deserializer<'de>>(reader: D, most: usize) -> Result<Document, D::Error> {
    let (left, repeated) = (Cell::new(most), RefCell::default());
    let value = Strict { left: &left, most, repeated: &repeated, path: None }.deserialize(reader)?;
    Ok(Document { value, repeated: repeated.into_inner() })
}

/// JSON without its comments, `// …` and `/* … */`, as some editors allow; none if there are no comments. Blanks
/// replace them, so that every position stays.
pub(super) fn without_comments(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut found = false;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let end = match rest.get(..2) {
            Some("//") => rest.find('\n').unwrap_or(rest.len()),
            Some("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            _ => 0,
        };
        if end > 0 {
            found = true;
            result.extend(rest[..end].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
            rest = &rest[end..];
            continue;
        }
        let length = if letter == '"' { string_length(rest) } else { letter.len_utf8() };
        result.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    found.then_some(result)
}

/// The length of the string at the beginning of a text, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '"' if !is_escaped => return at + 1,
            letter => is_escaped = letter == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// One value, its path, the number of values left, and the limit.
#[derive(Clone, Copy)]
struct Strict<'a> {
    left: &'a Cell<usize>,
    most: usize,
    repeated: &'a RefCell<Vec<RepeatedKey>>,
    path: Option<&'a Path<'a>>,
}

/// A place in a document, from its end to its beginning.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl Path<'_> {
    /// The key that is at this place, if it belongs to an entry.
    fn repeated(&self) -> Option<RepeatedKey> {
        let mut steps: Vec<&Step<'_>> =
            std::iter::successors(Some(self), |path| path.above).map(|path| &path.step).collect();
        steps.reverse();
        match steps[..] {
            [Step::Key("registry"), Step::Key(name), ref rest @ ..] => {
                Some(RepeatedKey { entry: format!("registry.{name}"), path: joined(rest) })
            }
            [Step::Key("servers"), Step::Item(at), ref rest @ ..] => {
                Some(RepeatedKey { entry: format!("servers[{at}]"), path: joined(rest) })
            }
            _ => None,
        }
    }
}

fn joined(steps: &[&Step<'_>]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Key(key) if path.is_empty() => (*key).to_owned(),
        Step::Key(key) => format!("{path}.{key}"),
        Step::Item(at) => format!("{path}[{at}]"),
    })
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom(format!("it has more than {} values", self.most)))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = {
            let path = Path { above: self.path, step: Step::Item(list.len()) };
            items.next_element_seed(Strict { path: Some(&path), ..self })?
        } {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = Path { above: self.path, step: Step::Key(&key) };
            let is_repeated = map.contains_key(&key);
            if is_repeated {
                let found = path.repeated();
                let found =
                    found.ok_or_else(|| A::Error::custom(format!("the key `{}` appears twice", short(&key))))?;
                self.repeated.borrow_mut().push(found);
            }
            let value = entries.next_value_seed(Strict { path: Some(&path), ..self })?;
            if !is_repeated {
                map.insert(key, value);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_key_outside_of_entries_is_an_error_with_its_place() {
        let error = read("{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}", 100).unwrap_err();
        assert!(error.to_string().starts_with("the key `c` appears twice at line 2"), "{error}");
        assert!(read("{} {}", 100).is_err(), "two documents");
    }

    #[test]
    fn a_repeated_key_of_an_entry_is_found_with_its_path() {
        for (text, entry, path) in [
            (r#"{"registry": {"a": {"image": "i", "image": "j"}}}"#, "registry.a", "image"),
            (r#"{"registry": {"a": {}, "a": {}}}"#, "registry.a", ""),
            (r#"{"registry": {"a": {"env": [{}, {"x": 1, "x": 2}]}}}"#, "registry.a", "env[1].x"),
            (r#"{"servers": [{}, {"snapshot": {"server": {"n": 1, "n": 2}}}]}"#, "servers[1]", "snapshot.server.n"),
        ] {
            let repeated = read(text, 100).unwrap().repeated;
            assert_eq!(repeated, [RepeatedKey { entry: entry.to_owned(), path: path.to_owned() }], "{text}");
        }
        for text in [r#"{"registry": {}, "registry": {}}"#, r#"{"x-a": {"b": 1, "b": 1}}"#, r#"{"a": 1, "a": 1}"#] {
            assert!(read(text, 100).is_err(), "{text}");
        }
    }

    #[test]
    fn comments_are_blanked_outside_of_strings() {
        for (text, plain) in [
            ("{} // a", Some("{}     ")),
            ("{/* a\nb */}", Some("{    \n    }")),
            ("{\"a\": 1 // é\n}", Some("{\"a\": 1     \n}")),
            ("{\"u\": \"http://x\", \"e\": \"\\\"//\"}", None),
            ("{\"p\": \"c:\\\\\"} //", Some("{\"p\": \"c:\\\\\"}   ")),
            ("\"open // no", None),
            ("/* open", Some("       ")),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(without_comments(text).as_deref(), plain, "{text}");
        }
    }

    #[test]
    fn there_is_an_end_to_the_values() {
        let few = format!("[{}0]", "0,".repeat(1_000));
        assert_eq!(read(&few, 1_002).unwrap().value.as_array().unwrap().len(), 1_001);
        let error = read(&few, 1_001).unwrap_err();
        assert!(error.to_string().starts_with("it has more than 1001 values"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_json_reads(text in r#"[\[\]{}",:a01.e\- tfn\\u]{0,40}"#) {
            if let Ok(document) = read(&text, 1_000) {
                prop_assert_eq!(document.value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
