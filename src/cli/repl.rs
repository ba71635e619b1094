//! `mcpctl repl`: the language at hand, line by line.

use std::ffi::OsString;
use std::sync::Arc;

use clap::{ArgMatches, Command};

use crate::error::{Error, Result};
use crate::host::Host;
use crate::repl::{self, Outside};
use crate::script::run::Ended;

use super::{globals, launch, run, scripts};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("repl").about("Work line by line; plain `mcpctl` on a terminal does the same").after_help(
        "Variables, functions and imports last. Tab completes; `:help` lists the commands that begin with a colon.",
    )
}

/// Begins a REPL session and gives its exit code.
pub(super) fn run(all: &[&ArgMatches]) -> Result<u8> {
    launch::run_repl(globals::read(all)?, |host| repl::run(host, &CommandLine))
}

/// The command line's part in a REPL session.
struct CommandLine;

impl Outside for CommandLine {
    fn run_script(&self, host: &Arc<Host>, words: &[String]) -> Result<(Arc<Host>, Ended)> {
        let Some((name, rest)) = words.split_first() else { return Err(Error::usage("no script is named")) };
        run::within(host, name, rest.iter().map(OsString::from).collect())
    }

    fn list_scripts(&self, host: &Host) -> Result<()> {
        scripts::list(host.shown()?)
    }
}
