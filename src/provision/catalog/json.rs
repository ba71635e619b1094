//! JSON from untrusted sources: no duplicate keys in a map, and no more values than a catalog can have.
//!
//! Readers differ in which value of a duplicate key they use: the gateway could start another server than the one that
//! was shown.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::received::short;

/// Reads one JSON document of at most `most` values.
pub(super) fn read(text: &str, most: usize) -> serde_json::Result<Value> {
    let left = Cell::new(most);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { left: &left, most }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
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

/// One value, the number of values left, and the limit.
#[derive(Clone, Copy)]
struct Strict<'a> {
    left: &'a Cell<usize>,
    most: usize,
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
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{}` appears twice", short(&key))));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_an_error_with_its_place() {
        let error = read("{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}", 100).unwrap_err();
        assert!(error.to_string().starts_with("the key `c` appears twice at line 2"), "{error}");
        assert!(read("{} {}", 100).is_err(), "two documents");
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
        assert_eq!(read(&few, 1_002).unwrap().as_array().unwrap().len(), 1_001);
        let error = read(&few, 1_001).unwrap_err();
        assert!(error.to_string().starts_with("it has more than 1001 values"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_json_reads(text in r#"[\[\]{}",:a01.e\- tfn\\u]{0,40}"#) {
            if let Ok(value) = read(&text, 1_000) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
