//! `mcpctl eval EXPR`: one line of script.

use clap::{Arg, ArgMatches, Command};

use crate::error::Result;
use crate::script::run;

use super::{check, globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("eval").about("Evaluate one line of script and print its value").arg(
        Arg::new("expression")
            .value_name("EXPR")
            .required(true)
            .allow_negative_numbers(true)
            .help("as `pods::list().len()`"),
    )
}

/// Evaluates the line.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let text = matches.get_one::<String>("expression").cloned().unwrap_or_default();
    launch::run(globals::read(all)?, move |host| {
        check::before_line(host, run::EVAL, &text)?;
        run::expression(host, &text)
    })
}
