//! The reference as Markdown pages: `docs/` is made of them, and a test compares.

use super::entry::{FunctionEntry, Parameter};
use super::{entries, types};
use crate::primitives::api::typed::Property;

/// A page: its file name below `docs/reference/` and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `pods.md`.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// One page a namespace and `std/` module, one for the types, and an index.
#[must_use]
pub fn pages() -> Vec<Page> {
    let mut modules: Vec<&str> = entries().iter().map(|entry| entry.module.as_str()).collect();
    modules.dedup();
    let mut pages: Vec<Page> = modules.iter().map(|module| page(module)).collect();
    pages.push(types_page());
    pages.push(index(&modules));
    pages
}

fn file_name(module: &str) -> String {
    match module {
        "" => "global.md".to_owned(),
        module => format!("{}.md", module.replace('/', "-")),
    }
}

fn title(module: &str) -> String {
    if module.is_empty() { "Global functions".to_owned() } else { format!("`{module}`") }
}

fn page(module: &str) -> Page {
    let mut text = format!("# {}\n", title(module));
    if let Some(name) = module.strip_prefix("std/") {
        text.push_str(&format!("\nBegin the script with `import \"{module}\" as {name};`.\n"));
    }
    for entry in entries().iter().filter(|entry| entry.module == module) {
        text.push_str(&section(entry));
    }
    Page { file: file_name(module), text }
}

/// One function as a section.
#[must_use]
pub fn section(entry: &FunctionEntry) -> String {
    let mut text = format!("\n## `{}`\n\n{}\n", entry.signature, entry.summary);
    if let Some(deprecated) = &entry.deprecated {
        text.push_str(&format!("\n**Deprecated** since {}: use {}.\n", deprecated.since, deprecated.instead));
    }
    if !entry.description.is_empty() {
        text.push_str(&format!("\n{}\n", entry.description));
    }
    text.push_str(&table("Parameter", &entry.parameters));
    text.push_str(&table("Option", &entry.options));
    let effects = entry.described_effects("`");
    if !effects.is_empty() {
        text.push_str(&format!("\nEffects: {}.\n", effects.join(", ")));
    }
    if !entry.errors.is_empty() {
        text.push_str("\nErrors:\n\n");
        for error in &entry.errors {
            text.push_str(&format!("- {error}\n"));
        }
    }
    for example in &entry.examples {
        text.push_str(&format!("\n```rhai\n{}\n// => {}\n```\n", example.code, example.result));
    }
    text
}

fn table(head: &str, rows: &[Parameter]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n| {head} | Meaning |\n|---|---|\n");
    for row in rows {
        let kind = if row.kind.is_empty() { String::new() } else { format!(" ({})", row.kind) };
        text.push_str(&format!("| `{}`{kind} | {} |\n", row.name, row.help.replace('|', "\\|")));
    }
    text
}

fn types_page() -> Page {
    let mut text =
        "# Types\n\nA property that a type does not have is an error. `-o json` uses the same names.\n".to_owned();
    for info in types() {
        text.push_str(&format!("\n## `{}`\n\n| Property | Type | Meaning |\n|---|---|---|\n", info.name));
        for Property { name, kind, help, .. } in &info.properties {
            text.push_str(&format!("| `{name}` | {kind} | {} |\n", help.replace('|', "\\|")));
        }
    }
    Page { file: "types.md".to_owned(), text }
}

fn index(modules: &[&str]) -> Page {
    let mut text = "# Reference\n\nEvery function that scripts can call, made from the program itself by `mcpctl doc -o markdown`.\n\n".to_owned();
    text.push_str("- [Types](types.md)\n");
    for module in modules {
        text.push_str(&format!("- [{}]({})\n", title(module), file_name(module)));
    }
    text.push_str("\n| Function | What it does |\n|---|---|\n");
    for entry in entries() {
        text.push_str(&format!("| `{}` | {} |\n", entry.signature.replace('|', "\\|"), entry.summary));
    }
    Page { file: "README.md".to_owned(), text }
}
