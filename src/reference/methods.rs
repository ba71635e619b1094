//! What can stand behind a dot: the functions of the language itself, by the type of their first parameter.

use std::sync::OnceLock;

use rhai::Engine;
use serde_json::Value;

use super::entry::Parameter;
use super::metadata::{signature, type_name};

/// A function that is called on a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The type of the value: `array`, `string`, `map`, `int`, `any` …
    pub on: String,
    /// Its name.
    pub name: String,
    /// `filter(condition: Fn) -> array`, without the value itself.
    pub signature: String,
}

/// What every value has and nobody calls by its name.
const INSIDE: [&str; 4] = ["debug", "print", "to_debug", "tag"];

/// Every method, sorted by name; read once.
pub fn methods() -> &'static [Method] {
    static METHODS: OnceLock<Vec<Method>> = OnceLock::new();
    METHODS.get_or_init(read)
}

fn read() -> Vec<Method> {
    let mut engine = Engine::new();
    crate::primitives::api::limits::configure(&mut engine);
    let json = engine.gen_fn_metadata_to_json(true).unwrap_or_default();
    let metadata: Value = serde_json::from_str(&json).unwrap_or_default();
    let functions = metadata["functions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut methods: Vec<Method> = functions.iter().filter_map(method).collect();
    methods.sort_by(|a, b| (&a.name, &a.on, a.signature.len()).cmp(&(&b.name, &b.on, b.signature.len())));
    methods.dedup_by(|later, first| later.name == first.name && later.on == first.on);
    methods
}

fn method(function: &Value) -> Option<Method> {
    let name = function["name"].as_str()?;
    let word =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !word || INSIDE.contains(&name) || function["access"] == "private" {
        return None;
    }
    let parameters: Vec<Parameter> = function["params"].as_array()?.iter().map(parameter).collect();
    let (value, rest) = parameters.split_first()?;
    let returns = type_name(function["returnType"].as_str().unwrap_or_default());
    Some(Method { on: value.kind.clone(), name: name.to_owned(), signature: signature("", name, rest, &returns) })
}

fn parameter(parameter: &Value) -> Parameter {
    let name = parameter["name"].as_str().unwrap_or("value");
    let kind = type_name(parameter["type"].as_str().unwrap_or_default());
    Parameter { name: name.to_owned(), kind, help: String::new(), optional: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_texts_have_their_methods() {
        let on = |kind: &str, name: &str| methods().iter().any(|method| method.on == kind && method.name == name);
        assert!(on("array", "filter") && on("array", "len") && on("string", "to_upper") && on("map", "keys"));
        assert!(!on("string", "filter"));
    }
}
