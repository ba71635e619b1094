//! The reference as plain text for a terminal.

use super::entry::{FunctionEntry, Parameter};

/// One line a function: its signature and what it does.
#[must_use]
pub fn overview(entries: &[&FunctionEntry]) -> String {
    let width = entries.iter().map(|entry| entry.path().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in entries {
        text.push_str(&format!("{:width$}  {}\n", entry.path(), entry.summary));
    }
    text
}

/// All that is known of one function.
#[must_use]
pub fn page(entry: &FunctionEntry) -> String {
    let mut text = format!("{}\n\n{}\n", entry.signature, entry.summary);
    if let Some(name) = entry.module.strip_prefix("std/") {
        text.push_str(&format!("Begin the script with `import \"{}\" as {name};`.\n", entry.module));
    }
    if let Some(deprecated) = &entry.deprecated {
        text.push_str(&format!("\n{}\n", deprecated.notice()));
    }
    if !entry.description.is_empty() {
        text.push_str(&format!("\n{}\n", entry.description));
    }
    text.push_str(&list("parameters", &entry.parameters));
    text.push_str(&list("options", &entry.options));
    if !entry.effects.is_empty() {
        text.push_str(&format!("\neffects: {}\n", entry.described_effects("").join(", ")));
    }
    if !entry.errors.is_empty() {
        text.push_str("\nerrors:\n");
        for error in &entry.errors {
            text.push_str(&format!("  {error}\n"));
        }
    }
    for example in &entry.examples {
        text.push_str("\nexample:\n");
        for line in example.code.lines() {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str(&format!("  // => {}\n", example.result));
    }
    text
}

fn list(title: &str, rows: &[Parameter]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut text = format!("\n{title}:\n");
    for row in rows {
        let kind = if row.kind.is_empty() { String::new() } else { format!("{}  ", row.kind) };
        text.push_str(&format!("  {:width$}  {kind}{}\n", row.name, row.help));
    }
    text
}
