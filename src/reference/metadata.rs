//! The primitives' entries, from what Rhai knows of the plugin functions.

use rhai::Engine;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::primitives;
use crate::primitives::api::types;

use super::doc_comment::{self, DocComment};
use super::entry::{FunctionEntry, Parameter};

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    functions: Vec<Function>,
    #[serde(default)]
    modules: BTreeMap<String, Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Function {
    name: String,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    return_type: String,
    #[serde(default)]
    doc_comments: Vec<String>,
}

#[derive(Deserialize)]
struct Param {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Every primitive that has a name of its own (operators and getters have none).
#[must_use]
pub fn primitives() -> Vec<FunctionEntry> {
    let mut engine = Engine::new_raw();
    primitives::register(&mut engine);
    let json = engine.gen_fn_metadata_to_json(false).unwrap_or_default();
    let metadata: Metadata =
        serde_json::from_str(&json).unwrap_or(Metadata { functions: Vec::new(), modules: BTreeMap::new() });
    let mut entries: Vec<FunctionEntry> = Vec::new();
    collect("", &metadata, &mut entries);
    merged(entries)
}

/// Every function once: a form without an example of its own is part of the one that has one. A form that leaves out
/// the optional argument needs nothing more; an explicit one makes arguments optional, or adds the types that it takes.
fn merged(entries: Vec<FunctionEntry>) -> Vec<FunctionEntry> {
    let (mut documented, forms): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| !entry.examples.is_empty());
    for form in forms {
        let count = form.parameters.len();
        let mut same: Vec<&mut FunctionEntry> =
            documented.iter_mut().filter(|entry| entry.path() == form.path()).collect();
        if same.iter().any(|entry| entry.counts().contains(&count) && *entry.counts().end() > count) {
            continue;
        }
        let Some(entry) = same.iter_mut().find(|entry| entry.parameters.len() >= count) else {
            documented.push(form);
            continue;
        };
        entry.parameters.iter_mut().skip(count).for_each(|parameter| parameter.optional = true);
        for (parameter, other) in entry.parameters.iter_mut().zip(&form.parameters) {
            if parameter.kind != other.kind {
                parameter.kind = format!("{} or {}", parameter.kind, other.kind);
            }
        }
        entry.signature = signature(&entry.module, &entry.name, &entry.parameters, &entry.returns);
    }
    documented
}

fn collect(module: &str, metadata: &Metadata, entries: &mut Vec<FunctionEntry>) {
    entries.extend(metadata.functions.iter().filter(|f| is_named(module, f)).map(|f| entry(module, f)));
    for (name, inner) in &metadata.modules {
        collect(name, inner, entries);
    }
}

/// A `contains` without a namespace is what `in` stands for.
fn is_named(module: &str, function: &Function) -> bool {
    let name = function.name.as_str();
    let is_ours = match name {
        "to_string" | "to_debug" => false,
        "contains" => !module.is_empty(),
        _ => true,
    };
    is_ours && name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('$')
}

fn entry(module: &str, function: &Function) -> FunctionEntry {
    let parameter = |param: &Param| {
        let kind = param.kind.as_deref().unwrap_or_default();
        let name = param.name.clone().unwrap_or_default();
        Parameter { name, kind: type_name(kind), help: String::new(), optional: kind.starts_with("Optional<") }
    };
    let doc = doc_comment::parse(&function.doc_comments.join("\n"));
    described(
        module,
        &function.name,
        function.params.iter().map(parameter).collect(),
        type_name(&function.return_type),
        doc,
    )
}

/// A function with what its documentation says.
pub(super) fn described(
    module: &str,
    name: &str,
    mut parameters: Vec<Parameter>,
    returns: String,
    doc: DocComment,
) -> FunctionEntry {
    let help = |name: &str| {
        let known = doc.parameters.iter().find(|(known, _)| known == name).map(|(_, help)| help.clone());
        known.unwrap_or_else(|| if name == "options" { "see below".to_owned() } else { String::new() })
    };
    for parameter in &mut parameters {
        parameter.help = help(&parameter.name);
    }
    FunctionEntry {
        signature: signature(module, name, &parameters, &returns),
        name: name.to_owned(),
        module: module.to_owned(),
        summary: doc.summary,
        description: doc.description,
        parameters,
        options: doc
            .options
            .into_iter()
            .map(|(name, help)| Parameter { name, kind: String::new(), help, optional: true })
            .collect(),
        returns,
        effects: doc.effects.iter().map(|(effect, _)| effect.clone()).collect(),
        conditional: doc
            .effects
            .into_iter()
            .filter_map(|(effect, with)| Some((effect, with.strip_prefix("with ")?.to_owned())))
            .collect(),
        errors: doc.errors,
        examples: doc.examples,
        deprecated: doc.deprecated,
    }
}

/// `pods::list(options?) -> array of Pod`. Options are always a map.
#[must_use]
pub fn signature(module: &str, name: &str, parameters: &[Parameter], returns: &str) -> String {
    let module = module.strip_prefix("std/").unwrap_or(module);
    let path = if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
    let parameters: Vec<String> = parameters.iter().map(Parameter::to_string).collect();
    let returns = if returns.is_empty() || returns == "()" { String::new() } else { format!(" -> {returns}") };
    format!("{path}({}){returns}", parameters.join(", "))
}

/// A Rust type as scripts call it.
#[must_use]
pub fn type_name(rust: &str) -> String {
    let mut name = rust.trim();
    name = name.strip_prefix("&mut ").or_else(|| name.strip_prefix('&')).unwrap_or(name).trim();
    // of what a closure gives, Rust tells the whole path
    name = name.strip_prefix("core::result::").unwrap_or(name);
    let results = ["Result<", "RhaiResultOf<", "Outcome<"];
    if let Some(inner) = results.iter().find_map(|result| name.strip_prefix(result)) {
        let error = inner.rfind("Box<").and_then(|at| inner[..at].rfind(", "));
        let end = error.or_else(|| inner.rfind('>')).unwrap_or(inner.len());
        name = inner[..end].trim();
    }
    if let Some(inner) = name.strip_prefix("ArrayOf<") {
        return format!("array of {}", type_name(inner.trim_end_matches('>')));
    }
    name = ["Optional<", "Arc<"].iter().find_map(|generic| name.strip_prefix(generic)).unwrap_or(name);
    let last = name.rsplit("::").next().unwrap_or(name).trim_end_matches(['>', ' ']);
    match last {
        "" | "()" => "()".to_owned(),
        "Dynamic" | "?" => "any".to_owned(),
        "ImmutableString" | "String" | "str" | "string" => "string".to_owned(),
        "i64" | "INT" | "int" => "int".to_owned(),
        "f64" | "FLOAT" | "float" => "float".to_owned(),
        "Array" | "array" => "array".to_owned(),
        "Map" | "map" => "map".to_owned(),
        "FnPtr" => "Fn".to_owned(),
        other => types::short_name(other).to_owned(),
    }
}
