//! Every typed value that scripts can hold, in one list.

use std::any::TypeId;
use std::sync::{Arc, OnceLock};

use rhai::{Dynamic, Engine, Map};
use serde_json::Value;

use super::typed::{self, Property, Typed};
use super::value;
use crate::cluster::objects::{Applied, Object, ObjectDeletion};
use crate::cluster::pods::{Deletion, Pod, Session};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::server_status::ServerStatus;
use crate::host::test_context::RunResult;
use crate::images::{Chosen, ImageResult};
use crate::nearest;
use crate::output::Document;
use crate::primitives::catalog::requirement::Requirement;
use crate::primitives::language::duration::DurationValue;
use crate::provision::catalog::{Catalog, Server};
use crate::provision::envfile::{Missing, Saved};
use crate::verify::Verdict;

/// A type of the script language: what the reference shows of it, and how its values are read.
#[derive(Debug)]
pub struct TypeInfo {
    /// Its name in scripts.
    pub name: &'static str,
    /// Its properties.
    pub properties: Vec<Property>,
    rust: &'static str,
    id: TypeId,
    register: fn(&mut Engine),
    json: fn(&Dynamic) -> Option<Result<Value>>,
    read: fn(&Dynamic, &str) -> Option<Result<Dynamic>>,
    document: fn(&Host, &[Dynamic]) -> Result<Option<Document>>,
}

impl TypeInfo {
    fn of<T: Typed>() -> Self {
        Self {
            name: T::NAME,
            properties: T::PROPERTIES.iter().map(|known| known.property).collect(),
            rust: std::any::type_name::<T>(),
            id: TypeId::of::<T>(),
            register: typed::register::<T>,
            json: |value| value.read_lock::<T>().map(|typed| value::object(&*typed)),
            read: |value, name| value.read_lock::<T>().map(|typed| typed::read(&*typed, name)),
            document: |host, items| {
                let items = items.iter().map(|item| item.read_lock::<T>().map(|item| item.clone())).collect();
                let items: Option<Vec<T>> = items;
                items.map_or(Ok(None), |items| T::document(host, &items))
            },
        }
    }

    /// Whether it has such a property.
    #[must_use]
    pub fn has(&self, property: &str) -> bool {
        self.properties.iter().any(|known| known.name == property)
    }
}

/// Every typed value that scripts can hold.
pub fn all() -> &'static [TypeInfo] {
    static TYPES: OnceLock<Vec<TypeInfo>> = OnceLock::new();
    TYPES.get_or_init(|| {
        vec![
            TypeInfo::of::<Arc<Applied>>(),
            TypeInfo::of::<Arc<Catalog>>(),
            TypeInfo::of::<Arc<Object>>(),
            TypeInfo::of::<Arc<Pod>>(),
            TypeInfo::of::<Arc<RunResult>>(),
            TypeInfo::of::<Arc<Server>>(),
            TypeInfo::of::<Arc<ServerStatus>>(),
            TypeInfo::of::<Arc<Session>>(),
            TypeInfo::of::<Chosen>(),
            TypeInfo::of::<Arc<Verdict>>(),
            TypeInfo::of::<Deletion>(),
            TypeInfo::of::<DurationValue>(),
            TypeInfo::of::<ImageResult>(),
            TypeInfo::of::<Missing>(),
            TypeInfo::of::<ObjectDeletion>(),
            TypeInfo::of::<Requirement>(),
            TypeInfo::of::<Saved>(),
        ]
    })
}

/// The type of a typed value.
fn of_value(value: &Dynamic) -> Option<&'static TypeInfo> {
    let id = value.type_id();
    all().iter().find(|info| info.id == id)
}

/// The type of a name in scripts.
#[must_use]
pub fn named(name: &str) -> Option<&'static TypeInfo> {
    all().iter().find(|info| info.name == name)
}

/// Makes every typed value known to the engine.
pub fn register(engine: &mut Engine) {
    all().iter().for_each(|info| (info.register)(engine));
}

/// A typed value as JSON; `None` where the value is of no such type.
#[must_use]
pub fn typed_json(value: &Dynamic) -> Option<Result<Value>> {
    (of_value(value)?.json)(value)
}

/// What a list is shown as whose items are all of one type; `None` for any other list.
///
/// # Errors
/// The cluster whose name stands under the table cannot be chosen.
pub fn document(host: &Host, items: &[Dynamic]) -> Result<Option<Document>> {
    match items.first().and_then(of_value) {
        Some(info) => (info.document)(host, items),
        None => Ok(None),
    }
}

/// A property of a typed value or an entry of a map; `None` where the value has no properties.
#[must_use]
pub fn property(value: &Dynamic, name: &str) -> Option<Result<Dynamic>> {
    if let Some(info) = of_value(value) {
        return (info.read)(value, name);
    }
    let map = value.read_lock::<Map>()?;
    Some(map.get(name).cloned().ok_or_else(|| {
        let near = nearest::nearest(name, map.keys().map(|key| &**key));
        Error::new(Kind::Script, format!("the map has no property `{name}`")).suggest(near)
    }))
}

/// The name that scripts use for a type, by the one in Rust.
#[must_use]
pub fn name(rust: &str) -> &str {
    all().iter().find(|info| info.rust == rust).map_or_else(|| language_name(rust), |info| info.name)
}

/// The name that scripts use for a type, by the last part of the one in Rust.
#[must_use]
pub fn short_name(rust: &str) -> &str {
    let last = |path: &'static str| path.trim_end_matches('>').rsplit("::").next();
    all().iter().find(|info| last(info.rust) == Some(rust)).map_or(rust, |info| info.name)
}

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
