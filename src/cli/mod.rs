//! The command line: which command is meant, its flags, and how a run ends.

mod completions;
mod doc;
mod eject;
mod eval;
pub mod globals;
mod launch;
mod man;
mod rbac;
mod run;
mod scripts;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::error::{Error, Result};
use crate::nearest;
use crate::script::resolve::Places;

/// The commands that no script can replace.
const BUILT_IN: [&str; 9] = ["run", "eval", "scripts", "eject", "doc", "rbac", "completions", "man", "help"];

/// Does what the command line says, prints its end, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    completions::answer();
    let words: Vec<OsString> = std::env::args_os().collect();
    launch::finish(dispatch(words))
}

/// The whole command tree, with the global flags.
#[must_use]
pub fn command() -> Command {
    Command::new("mcpctl")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Provision MCP servers on Kubernetes for the Docker MCP Gateway")
        .after_help("Every script is a command too: `mcpctl scripts` lists them, `mcpctl NAME --help` tells about one.")
        .args(globals::args())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .allow_external_subcommands(true)
        .subcommand_value_name("COMMAND|SCRIPT")
        .subcommand(run::command())
        .subcommand(eval::command())
        .subcommand(scripts::command())
        .subcommand(eject::command())
        .subcommand(doc::command())
        .subcommand(rbac::command())
        .subcommand(completions::command())
        .subcommand(man::command())
}

fn dispatch(words: Vec<OsString>) -> Result<u8> {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error),
    };
    match matches.subcommand() {
        Some(("run", sub)) => run::run(&[&matches, sub], sub),
        Some(("eval", sub)) => eval::run(&[&matches, sub], sub),
        Some(("scripts", sub)) => scripts::run(&[&matches, sub]),
        Some(("eject", sub)) => eject::run(&[&matches, sub], sub),
        Some(("doc", sub)) => doc::run(&[&matches, sub], sub),
        Some(("rbac", sub)) => rbac::run(&[&matches, sub], sub),
        Some(("completions", sub)) => completions::run(&[&matches, sub], sub),
        Some(("man", sub)) => man::run(&[&matches, sub], sub),
        Some((name, sub)) => script_by_name(&matches, name, sub),
        None => Ok(0),
    }
}

/// `mcpctl NAME …`: short for `mcpctl run NAME …`, with names only, never paths.
fn script_by_name(matches: &ArgMatches, name: &str, sub: &ArgMatches) -> Result<u8> {
    let places = Places::from_environment();
    if crate::script::resolve::is_path(name) {
        return Err(Error::usage(format!("no command `{name}`")).hint(format!("run a file with `mcpctl run {name}`")));
    }
    let Some(script) = places.find_name(name)? else {
        let scripts = places.all();
        let known = BUILT_IN.into_iter().chain(scripts.iter().map(|script| script.name.as_str()));
        return Err(Error::usage(format!("no command or script `{name}`"))
            .suggest(nearest::nearest(name, known))
            .hint("`mcpctl --help` lists the commands, `mcpctl scripts` the scripts"));
    };
    let rest = sub.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    run::script(&[matches], &script, &format!("mcpctl {name}"), rest)
}
