//! Options maps: every key is known, every value has its type, and nothing empty slips in as a filter.

use std::time::Duration;

use rhai::{Array, Dynamic, Map};

use super::types;
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::nearest;
use crate::primitives::language::duration::DurationValue;

/// The options that several functions have, and what they mean: documentation names them without a text.
pub const SHARED: &[(&str, &str)] = &[
    ("all_namespaces", "look everywhere"),
    ("allow_env", "variables that are let through although they steer loaders"),
    ("any", "also pods that no gateway made; they can be looked at, never deleted"),
    ("config_name", "the ConfigMap; default: `mcp-gateway-config`"),
    ("container", "which container"),
    ("labels", "labels beside those that every object of mcpctl has"),
    ("namespace", "where; `\"\"` is the current namespace"),
    ("nth", "which matching request, counting from now; default: 1"),
    ("owner", "the field manager; default: `mcpctl:` and the script's name"),
    ("port", "where it listens then"),
    ("rewrite", "rules for the images, as `images::rewrite` takes them"),
    ("secret_name", "the Secret; default: `mcp-gateway-secrets`"),
    ("selector", "a further label selector"),
    ("timeout", "how long to wait; default: `60s`"),
    ("transport", "how agents reach it: `stdio`, `sse` or `streaming`"),
];

/// An options map of a primitive, checked against the keys that it knows.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    map: &'a Map,
    function: String,
}

impl<'a> Options<'a> {
    /// Takes a map whose keys must all be among `known`.
    ///
    /// # Errors
    /// An unknown key, with the nearest known one.
    pub fn new(function: impl Into<String>, map: &'a Map, known: &[&str]) -> Result<Self> {
        let function = function.into();
        for key in map.keys() {
            if !known.contains(&key.as_str()) {
                let near = nearest::nearest(key, known.iter().copied());
                let error = Error::new(Kind::Script, format!("`{function}` has no option `{key}`")).suggest(near);
                let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(if near.is_none() { error.hint(format!("its options are {list}")) } else { error });
            }
        }
        Ok(Self { map, function })
    }

    fn wrong(&self, key: &str, expected: &str, got: &Dynamic) -> Error {
        let function = &self.function;
        if got.is_unit() || got.clone().into_string().is_ok_and(|text| text.is_empty()) {
            let shown = if got.is_unit() { "()" } else { "an empty text" };
            return Error::new(Kind::Script, format!("option `{key}` of `{function}` is {shown}"))
                .hint("leave the option out to use its default: an empty value is taken for a slip");
        }
        Error::new(
            Kind::Script,
            format!("option `{key}` of `{function}` must be {expected}, not {}", types::with_article(got)),
        )
    }

    /// The value as it is.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Dynamic> {
        self.map.get(key)
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// The value is no text, empty, or `()`.
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        let Some(value) = self.map.get(key) else { return Ok(None) };
        match value.clone().into_string() {
            Ok(text) if !text.is_empty() => {
                crate::secret::Vault::refuse(&text, &format!("option `{key}` of `{}`", self.function))?;
                Ok(Some(text))
            }
            _ => Err(self.wrong(key, "text", value)),
        }
    }

    /// A namespace: text, where the empty one means the current namespace.
    ///
    /// # Errors
    /// The value is no text.
    pub fn namespace(&self) -> Result<Option<String>> {
        let Some(value) = self.map.get("namespace") else { return Ok(None) };
        match value.clone().into_string() {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(self.wrong("namespace", "text", value)),
        }
    }

    /// `true` or `false`; false where it is left out.
    ///
    /// # Errors
    /// The value is something else.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.map.get(key) {
            None => Ok(false),
            Some(value) => value.as_bool().map_err(|_| self.wrong(key, "true or false", value)),
        }
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// The value is something else, or smaller.
    pub fn number(&self, key: &str, least: i64) -> Result<Option<i64>> {
        let Some(value) = self.map.get(key) else { return Ok(None) };
        let number = value.as_int().map_err(|_| self.wrong(key, "a whole number", value))?;
        if number < least {
            return Err(Error::new(
                Kind::Script,
                format!("option `{key}` of `{}` must be at least {least}, not {number}", self.function),
            ));
        }
        Ok(Some(number))
    }

    /// A duration that is not zero: a string like `24h`, a `Duration`, or seconds.
    ///
    /// # Errors
    /// The value is something else, zero or negative.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>> {
        match self.length(key)? {
            Some(length) if length.is_zero() => {
                Err(Error::usage(format!("option `{key}` of `{}` is zero", self.function)).hint("write it like `90s`"))
            }
            length => Ok(length),
        }
    }

    /// As [`duration`](Self::duration), where zero is taken as well.
    ///
    /// # Errors
    /// The value is something else, or negative.
    pub fn length(&self, key: &str) -> Result<Option<Duration>> {
        let Some(value) = self.map.get(key) else { return Ok(None) };
        if let Some(duration) = value.read_lock::<DurationValue>() {
            return duration.to_std().map(Some);
        }
        match value.as_int() {
            Ok(seconds) => u64::try_from(seconds)
                .map(|seconds| Some(Duration::from_secs(seconds).min(duration::LONGEST)))
                .map_err(|_| self.wrong(key, "a duration such as `24h`", value)),
            Err(_) if value.is_string() => {
                let Some(text) = self.text(key)? else { return Ok(None) };
                duration::parse(&text).map(Some)
            }
            Err(_) => Err(self.wrong(key, "a duration such as `24h`", value)),
        }
    }

    /// Texts: one, or an array of them; none of them empty.
    ///
    /// # Errors
    /// The value or an item is no text, or empty.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        let Some(value) = self.map.get(key) else { return Ok(Vec::new()) };
        if let Some(array) = value.read_lock::<Array>() {
            return array.iter().map(|item| self.one_text(key, item)).collect();
        }
        self.one_text(key, value).map(|text| vec![text])
    }

    fn one_text(&self, key: &str, value: &Dynamic) -> Result<String> {
        match value.clone().into_string() {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(self.wrong(key, "texts", value)),
        }
    }
}
