//! The entries of the `std/` modules, from their functions' doc comments.

use rhai::{Engine, FnAccess};

use super::doc_comment;
use super::entry::{FunctionEntry, Parameter};
use super::metadata::signature;
use crate::embedded;
use crate::primitives::api::limits;

/// Every function that a `std/` module offers.
#[must_use]
pub fn functions() -> Vec<FunctionEntry> {
    let mut engine = Engine::new_raw();
    limits::configure(&mut engine);
    // no namespace is known here; names are judged when a module is imported
    engine.set_strict_variables(false);
    let mut entries = Vec::new();
    for name in embedded::module_names() {
        let Some(ast) = embedded::module(name).and_then(|text| engine.compile(text).ok()) else { continue };
        let module = format!("std/{name}");
        let public = ast.iter_functions().filter(|f| f.access == FnAccess::Public && !f.name.starts_with("anon$"));
        entries.extend(public.map(|f| {
            let doc = doc_comment::parse(&f.comments.join("\n"));
            let help =
                |name: &str| doc.parameters.iter().find(|(known, _)| known == name).map(|(_, help)| help.clone());
            let parameters: Vec<Parameter> = f
                .params
                .iter()
                .map(|p| Parameter { name: (*p).to_owned(), kind: String::new(), help: help(p).unwrap_or_default() })
                .collect();
            FunctionEntry {
                signature: signature(&module, f.name, &parameters, ""),
                name: f.name.to_owned(),
                module: module.clone(),
                summary: doc.summary,
                description: doc.description,
                parameters,
                options: doc
                    .options
                    .into_iter()
                    .map(|(name, help)| Parameter { name, kind: String::new(), help })
                    .collect(),
                returns: String::new(),
                effects: doc.effects,
                errors: doc.errors,
                examples: doc.examples,
                deprecated: doc.deprecated,
            }
        }));
    }
    entries
}
