//! Numbers and booleans in place of strings: `value: 1.10` is the string `1.10`, as in the gateway, and not the number
//! 1.1. The parser returns their values, so a second pass over the document reads their original text.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The fields that contain only strings.
const STRINGS: [&str; 5] = ["command", "image", "user", "value", "volumes"];

/// Whether a document contains a number or a boolean where strings are expected.
pub(super) fn matters(document: &Value) -> bool {
    is_odd(document, false)
}

fn is_odd(value: &Value, is_string: bool) -> bool {
    match value {
        Value::Number(_) | Value::Bool(_) => is_string,
        Value::Array(items) => items.iter().any(|item| is_odd(item, is_string)),
        Value::Object(map) => map.iter().any(|(key, value)| is_odd(value, STRINGS.contains(&key.as_str()))),
        Value::Null | Value::String(_) => false,
    }
}

/// Reads a parsed document again for its original text.
#[derive(Clone, Copy)]
pub(super) struct Spelled<'a> {
    known: &'a Value,
    is_string: bool,
}

impl<'a> Spelled<'a> {
    pub(super) const fn of(known: &'a Value) -> Self {
        Self { known, is_string: false }
    }
}

impl<'de> DeserializeSeed<'de> for Spelled<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.known {
            Value::Object(_) => deserializer.deserialize_map(self),
            Value::Array(_) => deserializer.deserialize_seq(self),
            Value::Number(_) | Value::Bool(_) if self.is_string => String::deserialize(deserializer).map(Value::String),
            other => IgnoredAny::deserialize(deserializer).map(|_| other.clone()),
        }
    }
}

impl<'de> Visitor<'de> for Spelled<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same document")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let known = self.known.as_array().map_or(&[][..], Vec::as_slice);
        for known in known {
            list.extend(items.next_element_seed(Self { known, ..self })?);
        }
        // the parser requires that a list is read to its end
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let known = self.known.get(&key).unwrap_or(&Value::Null);
            let value = entries.next_value_seed(Self { known, is_string: STRINGS.contains(&key.as_str()) })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
