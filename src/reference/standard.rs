//! The entries of the `std/` modules, from their functions' doc comments.

use rhai::{Engine, FnAccess};

use super::doc_comment;
use super::entry::{FunctionEntry, Parameter};
use super::metadata::described;
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
            let parameters = f.params.iter().map(|name| Parameter {
                name: (*name).to_owned(),
                kind: String::new(),
                help: String::new(),
                optional: false,
            });
            described(&module, f.name, parameters.collect(), String::new(), doc)
        }));
    }
    entries
}
