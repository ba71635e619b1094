//! `mcpctl scripts`: every script that has a name, with what it does and where it comes from.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::error::Result;
use crate::output::{Column, Document, Printer, Table};
use crate::primitives::value::to_json;
use crate::script::header::Header;
use crate::script::resolve::{Places, Script};
use crate::script::run::Program;

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("scripts").about("List the scripts: name, what each does, and where it comes from")
}

/// Prints the list.
pub(super) fn run(all: &[&ArgMatches]) -> Result<u8> {
    list(&launch::printer(&globals::read(all)?)?)?;
    Ok(0)
}

/// Prints the list with any printer.
///
/// # Errors
/// The list cannot be printed.
pub(super) fn list(printer: &Printer) -> Result<()> {
    let mut table = Table::new([Column::new("name"), Column::new("summary"), Column::new("from")]);
    let mut values = Vec::new();
    for script in Places::from_environment().all() {
        let header = match Program::header_of(&script) {
            Ok(header) => header,
            // one broken script must not hide the others
            Err(error) => {
                printer.warn(&format!("`{}`: {}", script.label, error.message));
                Header::default()
            }
        };
        table.row([script.name.clone(), header.summary.clone(), script.origin.heading()]);
        values.push(value(&script, &header)?);
    }
    printer.document(&Document::new(Value::Array(values)).table(table).kind("script"))
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
        "parameters": parameters.collect::<Result<Vec<Value>>>()?,
    }))
}
