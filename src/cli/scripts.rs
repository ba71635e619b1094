//! `mcpctl scripts`: every script that has a name, with what it does and where it comes from.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::{globals, launch};
use crate::clean;
use crate::embedded;
use crate::error::Result;
use crate::output::{Document, Printer};
use crate::primitives::api::value::to_json;
use crate::script::header::Header;
use crate::script::origin::Origin;
use crate::script::resolve::{Places, Script};
use crate::script::run::Program;
use crate::shell;

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("scripts").about("List the scripts by where they come from, with what each does")
}

/// Prints the list: for people grouped by where the scripts come from, for programs as one array.
pub(super) fn run(all: &[&ArgMatches]) -> Result<u8> {
    list(&launch::printer(&globals::read(all)?)?)?;
    Ok(0)
}

/// Prints the list with any printer.
///
/// # Errors
/// The list cannot be printed.
pub(super) fn list(printer: &Printer) -> Result<()> {
    let places = Places::from_environment();
    let mut found = Vec::new();
    for script in places.all() {
        let header = match Program::header_of(&script) {
            Ok(header) => header,
            // one broken script must not hide the others
            Err(error) => {
                printer.warn(&format!("`{}`: {}", script.label, error.message));
                Header::default()
            }
        };
        found.push((script, header));
    }
    if printer.settings().form.is_document() {
        let values: Result<Vec<Value>> = found.iter().map(|(script, header)| value(script, header)).collect();
        return printer.document(&Document::new(Value::Array(values?)).kind("script"));
    }
    printer.out(grouped(&found, &places.hidden()).trim_end());
    Ok(())
}

/// The shipped scripts for the program's help, each with the first line of its header comment. Reads no files.
pub(super) fn shipped() -> String {
    let names = embedded::script_names();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut text = "Scripts:\n".to_owned();
    for name in names {
        let first = embedded::script(name).and_then(|text| text.lines().next()).unwrap_or_default();
        let summary = first.trim_start_matches("//!").trim().trim_end_matches('.');
        text.push_str(&format!("  {name:width$}  {summary}\n"));
    }
    text + "\nEvery script is a command: `mcpctl scripts` also lists your own, `mcpctl NAME --help` describes one."
}

/// A heading for each origin, the shipped ones first, then in the order in which they are looked for. `hidden` are
/// files of `./scripts` that have a shipped script's name.
fn grouped(found: &[(Script, Header)], hidden: &[String]) -> String {
    let width = found.iter().map(|(script, _)| script.name.chars().count()).max().unwrap_or(0).max(18);
    let mut headings = vec!["shipped".to_owned()];
    let mut order: Vec<&Origin> = found.iter().map(|(script, _)| &script.origin).collect();
    order.sort_by_key(|origin| rank(origin));
    for heading in order.into_iter().map(Origin::heading).chain((!hidden.is_empty()).then(|| HERE.to_owned())) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let mut text = String::new();
    for heading in headings {
        text.push_str(&format!("{heading}\n"));
        for (script, header) in found.iter().filter(|(script, _)| script.origin.heading() == heading) {
            let replaces = if script.replaces_shipped { " (runs instead of the shipped one)" } else { "" };
            text.push_str(format!("  {:width$}  {}{replaces}", script.name, header.summary).trim_end());
            text.push('\n');
        }
        for file in hidden.iter().filter(|_| heading == HERE) {
            let name = clean::cell(file.trim_start_matches("scripts/").trim_end_matches(".rhai"));
            text.push_str(&format!(
                "  {name:width$}  (by its name the other one runs: `mcpctl run {}`)\n",
                shell::path(file.as_ref())
            ));
        }
    }
    text
}

const HERE: &str = "./scripts";

fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Shipped => 0,
        Origin::Path(_) => 1,
        Origin::Config(_) => 2,
        Origin::Here(_) => 3,
        Origin::File(_) | Origin::Input => 4,
    }
}

fn value(script: &Script, header: &Header) -> Result<Value> {
    let parameters = header.params.iter().map(|param| {
        let or = param.or.as_ref().map(to_json).transpose()?;
        Ok(json!({
            "name": param.name,
            "help": param.help,
            "kind": param.kind.name(),
            "option": param.is_option(),
            "required": param.is_required(),
            "many": param.is_list(),
            "choices": param.choices,
            "or": or,
        }))
    });
    Ok(json!({
        "name": script.name,
        "summary": header.summary,
        "from": script.origin.heading(),
        "path": script.origin.path().map(|path| path.display().to_string()),
        "requires": header.requires.as_ref().map(ToString::to_string),
        "parameters": parameters.collect::<Result<Vec<Value>>>()?,
    }))
}
