//! Every primitive and `std/` function as one [`FunctionEntry`], read from the engine's own metadata and from the
//! modules' doc comments. Help, `mcpctl doc`, `docs/` and the names in error messages come from here only.

pub mod definitions;
pub mod deprecation;
pub mod doc_comment;
pub mod entry;
pub mod markdown;
pub mod metadata;
pub mod methods;
pub mod search;
pub mod standard;
pub mod text;

use std::sync::OnceLock;

pub use entry::FunctionEntry;

use crate::error::{Error, Kind};
use crate::nearest;
use crate::primitives::api::types;
use crate::primitives::api::types::TypeInfo;

/// How many functions of the same name in several namespaces are suggested at most.
const MOST_SUGGESTED: usize = 3;

/// Every function that scripts can call beyond Rhai's own, sorted by namespace and name; read once.
pub fn entries() -> &'static [FunctionEntry] {
    static ENTRIES: OnceLock<Vec<FunctionEntry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut entries = metadata::primitives();
        entries.extend(standard::functions());
        let order = |e: &FunctionEntry| (e.module.clone(), e.name.clone(), e.parameters.len(), e.signature.clone());
        entries.sort_by_cached_key(order);
        entries
    })
}

/// The types that scripts can hold, with their properties.
#[must_use]
pub fn types() -> &'static [TypeInfo] {
    types::all()
}

/// The namespaces of the primitives, sorted; `std/` modules are not among them.
#[must_use]
pub fn namespaces() -> Vec<&'static str> {
    let mut names: Vec<&str> =
        entries().iter().map(|e| e.module.as_str()).filter(|m| !m.is_empty() && !m.starts_with("std/")).collect();
    names.dedup();
    names
}

/// Whether a name is a namespace of the primitives. Needs no metadata, as every import asks.
#[must_use]
pub fn is_namespace(name: &str) -> bool {
    crate::primitives::NAMESPACES.contains(&name)
}

/// The namespace nearest to a name.
#[must_use]
pub fn nearest_namespace(name: &str) -> Option<&'static str> {
    nearest::nearest(name, crate::primitives::NAMESPACES.iter().copied())
}

/// The entries that a topic means: a namespace, `namespace::name`, a bare name, or a `std/` module.
#[must_use]
pub fn topic(topic: &str) -> Vec<&'static FunctionEntry> {
    let (module, name) = topic.rsplit_once("::").unwrap_or(("", topic));
    let exact: Vec<&FunctionEntry> =
        entries().iter().filter(|e| e.name == name && (module.is_empty() || e.module == module)).collect();
    if !exact.is_empty() && (!module.is_empty() || !is_namespace(topic)) {
        return exact;
    }
    entries().iter().filter(|e| e.module == topic).collect()
}

/// The error for a function that does not exist, or not with such arguments: what there is instead.
#[must_use]
pub fn unknown_function(qualified: &str) -> Error {
    let (module, name) = qualified.rsplit_once("::").unwrap_or(("", qualified));
    let same: Vec<&FunctionEntry> = entries().iter().filter(|e| e.module == module && e.name == name).collect();
    if !same.is_empty() {
        let mut error = Error::new(Kind::Script, format!("`{qualified}` does not take such arguments"));
        for entry in same {
            error = error.hint(format!("it is `{}`", entry.signature));
        }
        return error;
    }
    let error = Error::new(Kind::Script, format!("no function `{qualified}`"));
    if module.is_empty() {
        let near = nearest::nearest(name, entries().iter().filter(|e| e.module.is_empty()).map(|e| e.name.as_str()));
        let mut elsewhere: Vec<String> = entries()
            .iter()
            .filter(|e| e.name == name && !e.module.starts_with("std/"))
            .map(FunctionEntry::path)
            .collect();
        elsewhere.dedup();
        elsewhere.truncate(MOST_SUGGESTED);
        if elsewhere.is_empty() {
            return error.suggest(near);
        }
        return error.suggest(Some(&elsewhere.join("` or `")));
    }
    if !is_namespace(module) {
        return error.suggest(nearest_namespace(module).map(|near| format!("{near}::{name}")).as_deref());
    }
    let near = nearest::nearest(name, entries().iter().filter(|e| e.module == module).map(|e| e.name.as_str()));
    error.suggest(near.map(|near| format!("{module}::{near}")).as_deref())
}
