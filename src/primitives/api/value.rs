//! Script values as JSON: the one way from Rhai to output, files and requests.
//!
//! Rhai's own conversions show Rust type names for host types and turn secrets into plain text, so none of
//! them is used.

use rhai::{Array, Dynamic, Map};
use serde_json::Value;

use super::limits::NESTING;
use super::typed::Typed;
use super::types;
use crate::error::{Error, Kind, Result};
use crate::memory;
use crate::primitives::language::duration::DurationValue;
use crate::primitives::language::nesting::too_deep;
use crate::secret::{MASK, Secret};

/// A script's value as JSON. Secrets are `***`; typed values are objects of their properties.
///
/// # Errors
/// A value that has no JSON form: a function pointer, a number that is not finite, or one that nests too deeply.
pub fn to_json(value: &Dynamic) -> Result<Value> {
    convert(value, 0)
}

/// As [`to_json`], for a value inside so many others.
fn convert(value: &Dynamic, depth: usize) -> Result<Value> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(Value::Bool(flag));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Value::from(number));
    }
    if let Ok(number) = value.as_float() {
        return serde_json::Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| Error::new(Kind::Script, format!("the number {number} has no JSON form")));
    }
    if let Ok(text) = value.clone().into_string() {
        return Ok(Value::String(text));
    }
    if let Some(letter) = value.clone().try_cast::<char>() {
        return Ok(Value::String(letter.to_string()));
    }
    memory::check()?;
    if depth > NESTING {
        return Err(too_deep());
    }
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().map(|item| convert(item, depth + 1)).collect::<Result<Vec<_>>>().map(Value::Array);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map
            .iter()
            .map(|(key, value)| Ok((key.to_string(), convert(value, depth + 1)?)))
            .collect::<Result<_>>()
            .map(Value::Object);
    }
    if let Some(blob) = value.read_lock::<rhai::Blob>() {
        return Ok(Value::Array(blob.iter().copied().map(Value::from).collect()));
    }
    if value.is::<Secret>() {
        return Ok(Value::String(MASK.to_owned()));
    }
    if let Some(duration) = value.read_lock::<DurationValue>() {
        return Ok(duration.to_json());
    }
    if let Some(error) = value.read_lock::<Error>() {
        return Ok(Value::String(error.to_string()));
    }
    if let Some(range) = value.read_lock::<std::ops::Range<i64>>() {
        return Ok(Value::String(format!("{}..{}", range.start, range.end)));
    }
    if let Some(range) = value.read_lock::<std::ops::RangeInclusive<i64>>() {
        return Ok(Value::String(format!("{}..={}", range.start(), range.end())));
    }
    match types::typed_json(value) {
        Some(json) => json,
        None => Err(Error::new(Kind::Script, format!("a value of type `{}` cannot be shown", types::name_of(value)))),
    }
}

/// A typed value as an object of its properties.
///
/// # Errors
/// As [`to_json`].
pub fn object<T: Typed>(value: &T) -> Result<Value> {
    T::PROPERTIES
        .iter()
        .map(|known| Ok((known.property.name.to_owned(), to_json(&(known.get)(value))?)))
        .collect::<Result<serde_json::Map<_, _>>>()
        .map(Value::Object)
}

/// JSON as a script's value.
pub fn from_json(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Array(items) => items.iter().map(from_json).collect::<Array>().into(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.into(), from_json(value))).collect::<Map>().into(),
    }
}
