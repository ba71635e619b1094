//! JSON and YAML as script values, made while they are read: nothing stands in between, and the memory limit holds
//! for each value.

use std::fmt;

use rhai::{Array, Dynamic, Map};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};
use crate::memory;

/// What the parsers' errors contain after the memory limit was reached. The memory is free again by then.
const TOO_LARGE: &str = "more memory than scripts may use";

/// A value of a script.
struct Parsed(Dynamic);

/// Reads one JSON document.
///
/// # Errors
/// Invalid JSON, with line and column but never the text, which may contain anything; the memory limit.
pub(in crate::primitives) fn json(text: &str) -> Result<Dynamic> {
    match serde_json::from_str::<Parsed>(text) {
        Ok(Parsed(value)) => Ok(value),
        // all values are accepted, so that errors about data are ours
        Err(e) if e.is_data() => Err(memory::exceeded()),
        Err(e) => Err(Error::invalid("the text is no JSON").cause(format!("line {}, column {}", e.line(), e.column()))),
    }
}

/// Reads one YAML document.
///
/// # Errors
/// Invalid YAML, or not one document; the memory limit.
pub(in crate::primitives) fn yaml(text: &str) -> Result<Dynamic> {
    match serde_saphyr::from_str::<Parsed>(text) {
        Ok(Parsed(value)) => Ok(value),
        Err(e) if e.to_string().contains(TOO_LARGE) => Err(memory::exceeded()),
        // the parser quotes the text around an error, which may contain anything
        Err(_) => Err(Error::invalid("the text is no YAML document")),
    }
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Parsed)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Dynamic;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Dynamic, E> {
        Ok(Dynamic::UNIT)
    }

    fn visit_none<E>(self) -> Result<Dynamic, E> {
        Ok(Dynamic::UNIT)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Dynamic, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Dynamic, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Dynamic, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Dynamic, E> {
        #[expect(clippy::cast_precision_loss, reason = "a number beyond the integers of scripts is a float there")]
        Ok(i64::try_from(number).map_or_else(|_| (number as f64).into(), Into::into))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Dynamic, E> {
        Ok(if number.is_finite() { number.into() } else { Dynamic::UNIT })
    }

    fn visit_str<E>(self, text: &str) -> Result<Dynamic, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Dynamic, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Dynamic, A::Error> {
        let mut array = Array::new();
        while let Some(Parsed(item)) = items.next_element()? {
            enough::<A::Error>()?;
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Dynamic, A::Error> {
        let mut map = Map::new();
        while let Some((key, Parsed(value))) = entries.next_entry::<String, Parsed>()? {
            enough::<A::Error>()?;
            map.insert(key.into(), value);
        }
        Ok(map.into())
    }
}

fn enough<E: serde::de::Error>() -> Result<(), E> {
    memory::check().map_err(|_| E::custom(TOO_LARGE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::value::to_json;
    use super::*;

    #[test]
    fn every_kind_of_value_arrives() {
        let text = r#"{"a": [1, -2, 1.5, true, null, "x"], "b": {"c": {}}, "big": 18446744073709551615, "b": [1]}"#;
        let expected = json!({"a": [1, -2, 1.5, true, null, "x"], "b": [1], "big": 18446744073709551615_f64});
        assert_eq!(to_json(&json(text).unwrap()), Ok(expected));
        let text = "a: [1, -2, 1.5, true, null, x, \"1\"]\nb:\n  c: ~\n  1: 0x10\nd: |\n  text\n";
        let expected = json!({"a": [1, -2, 1.5, true, null, "x", "1"], "b": {"1": 16, "c": null}, "d": "text\n"});
        assert_eq!(to_json(&yaml(text).unwrap()), Ok(expected));
    }

    #[test]
    fn an_error_names_the_place_and_never_the_text() {
        assert_eq!(json("{\"canary-key\": canary}").unwrap_err().cause.as_deref(), Some("line 1, column 16"));
        for text in ["", "[1", "1 2", &"[".repeat(10_000)] {
            assert_eq!(json(text).unwrap_err().message, "the text is no JSON", "{text:.20}");
        }
        for text in ["a: [canary", "a: 1\n---\nb: 2\n", &"[".repeat(10_000)] {
            assert_eq!(yaml(text).unwrap_err().to_string(), "the text is no YAML document", "{text:.20}");
        }
    }
}
