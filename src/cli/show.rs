//! `mcpctl show NAME`: the source of a script or `std/` module.

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use crate::embedded;
use crate::error::{Error, Result};
use crate::nearest;
use crate::output::Document;
use crate::script::resolve::{Places, Script};
use crate::script::source;

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("show").about("Print the source of a script or `std/` module").arg(
        Arg::new("name")
            .value_name("NAME")
            .required(true)
            .help("a script by name or path, or a module as `std/provision`"),
    )
}

/// Prints the source.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let name = matches.get_one::<String>("name").map_or("", String::as_str);
    let printer = launch::printer(&globals::read(all)?)?;
    let text = match name.strip_prefix("std/") {
        Some(module) => self::module(module.trim_end_matches(".rhai"))?.to_owned(),
        None => script(name)?,
    };
    printer.document(&Document::new(Value::String(text.trim_end().to_owned())))?;
    Ok(0)
}

/// The text of a `std/` module.
///
/// # Errors
/// There is none of that name.
pub(super) fn module(name: &str) -> Result<&'static str> {
    embedded::module(name).ok_or_else(|| {
        let near = nearest::nearest(name, embedded::module_names()).map(|near| format!("std/{near}"));
        let all: Vec<String> = embedded::module_names().iter().map(|name| format!("`std/{name}`")).collect();
        Error::usage(format!("no module `std/{name}`"))
            .suggest(near.as_deref())
            .hint(format!("the modules are {}", all.join(", ")))
    })
}

fn script(name: &str) -> Result<String> {
    let found: Script = Places::from_environment().find(name)?;
    match found.origin.path() {
        Some(path) => source::raw(path),
        None => Ok(found.text),
    }
}
