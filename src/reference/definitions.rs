//! The reference as definition files (`.d.rhai`) for a Rhai language server: one a namespace, one for the global
//! functions, one a `std/` module. Written from the entries, as Rhai's own writer prints Rust's type names.
//!
//! The form is that of the language server's grammar and resolver (github.com/rhaiscript/lsp, `rhai.ungram` and
//! `hir/add/def.rs`): a module named in quotes is a path from the definition file, as an import is from the script, so
//! the files of `std/` belong into a folder `std` beside the scripts that import them.

use super::entry::{FunctionEntry, Parameter};
use super::markdown::Page;
use super::{entries, types};
use crate::primitives::api::typed::Property;

/// The files, below the folder that they are written to.
#[must_use]
pub fn files() -> Vec<Page> {
    let mut modules: Vec<&str> = entries().iter().map(|entry| entry.module.as_str()).collect();
    modules.dedup();
    let mut files: Vec<Page> = modules.into_iter().map(file).collect();
    if let Some(global) = files.iter_mut().find(|file| file.file == "global.d.rhai") {
        global.text.push_str(&type_definitions());
    }
    files
}

fn file(module: &str) -> Page {
    let (name, head) = match (module, module.strip_prefix("std/")) {
        ("", _) => ("global", "module static;".to_owned()),
        (_, Some(name)) => (module, format!("module \"./{name}\";")),
        _ => (module, format!("module {module};")),
    };
    let mut text = format!("{head}\n");
    for entry in entries().iter().filter(|entry| entry.module == module) {
        text.push_str(&function(entry));
    }
    Page { file: format!("{name}.d.rhai"), text }
}

fn function(entry: &FunctionEntry) -> String {
    let mut text = String::from("\n");
    for line in documentation(entry).lines() {
        text.push_str(format!("/// {line}").trim_end());
        text.push('\n');
    }
    let parameters: Vec<String> =
        entry.parameters.iter().map(|p| format!("{}: {}", p.name, type_name(&p.kind))).collect();
    let returns = match entry.returns.as_str() {
        // what a function of a module gives is not declared
        "" => "?".to_owned(),
        returns => type_name(returns),
    };
    // the format has no optional parameters: each form is a line
    for count in entry.counts().rev() {
        text.push_str(&format!("fn {}({}) -> {returns};\n", entry.name, parameters[..count].join(", ")));
    }
    text
}

/// `?` is any type in definition files.
fn type_name(kind: &str) -> String {
    match kind {
        "" | "any" => "?".to_owned(),
        "map" => "Map".to_owned(),
        kind if kind == "array" || kind.starts_with("array of ") => "Array".to_owned(),
        kind if kind.contains(' ') => "?".to_owned(),
        kind => kind.to_owned(),
    }
}

fn documentation(entry: &FunctionEntry) -> String {
    let mut text = format!("{}\n", entry.summary);
    if !entry.description.is_empty() {
        text.push_str(&format!("\n{}\n", entry.description));
    }
    text.push_str(&list("Parameters", &entry.parameters));
    text.push_str(&list("Options", &entry.options));
    let items = |title: &str, items: &[String]| {
        if items.is_empty() { String::new() } else { format!("\n# {title}\n\n* {}\n", items.join("\n* ")) }
    };
    text.push_str(&items("Effects", &entry.described_effects("")));
    text.push_str(&items("Errors", &entry.errors));
    for example in &entry.examples {
        text.push_str(&format!("\n```rhai\n{}\n// => {}\n```\n", example.code, example.result));
    }
    text
}

fn list(title: &str, rows: &[Parameter]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = rows.iter().map(|row| format!("* `{}` - {}", row.name, row.help)).collect();
    format!("\n# {title}\n\n{}\n", rows.join("\n"))
}

/// The types that scripts hold, with their properties.
fn type_definitions() -> String {
    let mut text = String::new();
    for info in types() {
        text.push_str(&format!("\ntype {} = #{{\n", info.name));
        for Property { name, kind, help, .. } in &info.properties {
            // `string or ()` and the like are any type
            let kind =
                if kind.chars().all(|c| c.is_alphanumeric() || c == ' ') { type_name(kind) } else { "?".to_owned() };
            text.push_str(&format!("    /// {help}\n    {name}: {kind},\n"));
        }
        text.push_str("};\n");
    }
    text
}
