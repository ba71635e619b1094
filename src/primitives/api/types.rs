//! Every typed value that scripts can hold, in one list.

use std::sync::Arc;

use rhai::{Dynamic, Engine, Map};
use serde_json::Value;

use super::typed::{self, Property};
use super::value;
use crate::cluster::objects::{Applied, Object, ObjectDeletion};
use crate::cluster::pods::{Deletion, Pod, Session};
use crate::error::{Error, Kind, Result};
use crate::host::server_status::ServerStatus;
use crate::host::test_context::RunResult;
use crate::images::{Chosen, ImageResult};
use crate::nearest;
use crate::primitives::catalog::requirement::Requirement;
use crate::primitives::language::duration::DurationValue;
use crate::provision::catalog::{Catalog, Server};
use crate::provision::envfile::{Missing, Saved};
use crate::verify::Verdict;

/// A type of the script language, as the reference shows it.
#[derive(Debug, Clone, Copy)]
pub struct TypeInfo {
    /// Its name in scripts.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
}

macro_rules! types {
    ($($type:ty),* $(,)?) => {
        /// Makes every typed value known to the engine.
        pub fn register(engine: &mut Engine) {
            $(typed::register::<$type>(engine);)*
        }

        /// A typed value as JSON; `None` where the value is of no such type.
        #[must_use]
        pub fn typed_json(value: &Dynamic) -> Option<Result<Value>> {
            $(if let Some(typed) = value.read_lock::<$type>() {
                return Some(value::object(&*typed));
            })*
            None
        }

        /// A property of a typed value or an entry of a map; `None` where the value has no properties.
        #[must_use]
        pub fn property(value: &Dynamic, name: &str) -> Option<Result<Dynamic>> {
            $(if let Some(typed) = value.read_lock::<$type>() {
                return Some(typed::property(&*typed, name));
            })*
            let map = value.read_lock::<Map>()?;
            Some(map.get(name).cloned().ok_or_else(|| {
                let near = nearest::nearest(name, map.keys().map(|key| key.as_str()));
                Error::new(Kind::Script, format!("the map has no property `{name}`")).suggest(near)
            }))
        }

        /// The name that scripts use for a type, by the one in Rust.
        #[must_use]
        pub fn name(rust: &str) -> &str {
            $(if rust == std::any::type_name::<$type>() {
                return <$type as typed::Typed>::NAME;
            })*
            language_name(rust)
        }

        /// Every typed value's name and properties.
        #[must_use]
        pub fn all() -> Vec<TypeInfo> {
            vec![$(TypeInfo {
                name: <$type as typed::Typed>::NAME,
                properties: <$type as typed::Typed>::PROPERTIES,
            }),*]
        }
    };
}

types![
    Arc<Applied>,
    Arc<Catalog>,
    Arc<Object>,
    Arc<Pod>,
    Arc<RunResult>,
    Arc<Server>,
    Arc<ServerStatus>,
    Arc<Session>,
    Chosen,
    Arc<Verdict>,
    Deletion,
    DurationValue,
    ImageResult,
    Missing,
    ObjectDeletion,
    Requirement,
    Saved,
];

/// The name of a type of the language, or of one that has no properties.
fn language_name(rust: &str) -> &str {
    match rust {
        "i64" | "INT" => "int",
        "f64" | "FLOAT" => "float",
        "&str" | "ImmutableString" | "String" | "&str | ImmutableString | String" => "string",
        "range=" => "range",
        other if other.starts_with("core::ops::range::Range") => "range",
        other if other.ends_with("Vec<rhai::types::dynamic::Dynamic>") => "array",
        other if other.ends_with("FnPtr") => "Fn",
        // `mcpctl::secret::Secret` and its like
        other => other.trim_end_matches('>').rsplit("::").next().unwrap_or(other),
    }
}

/// The name of a value's type, as scripts call it.
#[must_use]
pub fn name_of(value: &Dynamic) -> &'static str {
    name(value.type_name())
}

/// The name of a value's type with its article: `an int`, `a Pod`, `()`.
#[must_use]
pub fn with_article(value: &Dynamic) -> String {
    a(name_of(value))
}

/// The name of a type with its article.
#[must_use]
pub fn a(name: &str) -> String {
    match name {
        "()" => "`()`".to_owned(),
        name if name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) => format!("an {name}"),
        name => format!("a {name}"),
    }
}

/// Whether a type is one of typed values, such as `Pod`.
#[must_use]
pub fn is_typed(name: &str) -> bool {
    all().iter().any(|info| info.name == name)
}

/// Whether a type of typed values has such a property.
#[must_use]
pub fn has_property(name: &str, property: &str) -> bool {
    all().iter().any(|info| info.name == name && info.properties.iter().any(|(known, ..)| *known == property))
}

/// A message in which Rust's names of types are replaced.
#[must_use]
pub fn plain(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "_:<>&".contains(c);
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        plain.push_str(before);
        let is_type = matches!(word, "i64" | "f64" | "INT" | "FLOAT" | "ImmutableString" | "FnPtr" | "&str")
            || (word.contains("::") && word.contains(['<', '>']))
            || ["alloc::", "core::", "std::", "rhai::", "mcpctl::"].iter().any(|root| word.starts_with(root));
        plain.push_str(if is_type { name(word) } else { word });
        rest = after;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_become_those_of_scripts() {
        for (rust, text) in [
            ("expecting i64", "expecting int"),
            ("Data type incorrect: alloc::vec::Vec<rhai::types::dynamic::Dynamic>", "Data type incorrect: array"),
            ("a core::ops::range::Range<i64>", "a range"),
            ("alloc::sync::Arc<mcpctl::cluster::pods::Pod>", "Pod"),
            ("(mcpctl::secret::Secret, &str)", "(Secret, string)"),
            ("no module `a::b`", "no module `a::b`"),
        ] {
            assert_eq!(plain(rust), text);
        }
    }
}
