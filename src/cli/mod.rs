//! The command line: which command is meant, its flags, and how a run ends.

mod check;
mod completions;
mod contexts;
mod crash;
mod doc;
mod doctor;
mod eject;
mod eval;
pub mod globals;
mod history;
mod launch;
mod man;
mod new;
mod rbac;
mod repl;
mod run;
mod sandbox;
mod schedule;
pub mod script_runner;
mod scripts;
mod serve;
mod show;
mod test;
mod usage;
mod verbs;
mod version;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgMatches, Command};

pub use crash::leave_no_values;

use crate::error::{Error, Result};
use crate::reference;
use crate::script::program;
use crate::script::resolve::{Places, is_path};
use crate::{memory, nearest, shell};

/// The commands that no script can replace.
const BUILT_IN: &[&str] = &[
    "run",
    "repl",
    "eval",
    "check",
    "scripts",
    "show",
    "eject",
    "new",
    "doc",
    "doctor",
    "test",
    "sandbox",
    "rbac",
    "schedule",
    "history",
    "completions",
    "man",
    "version",
    "help",
];

/// Does what the command line says, prints its end, and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    leave_no_values();
    crate::files::keep_access_to_new_files();
    completions::answer();
    if let Err(error) = memory::configure() {
        return launch::finish(Err(error));
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    launch::finish(dispatch(words))
}

/// The whole command tree, with the global flags.
#[must_use]
pub fn command() -> Command {
    Command::new("mcpctl")
        .bin_name(called())
        .version(env!("CARGO_PKG_VERSION"))
        .about("Provision MCP servers on Kubernetes for the Docker MCP Gateway")
        .after_help(scripts::shipped())
        .args(globals::args())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .allow_external_subcommands(true)
        .subcommand_value_name("COMMAND|SCRIPT")
        .subcommand(run::command())
        .subcommand(repl::command())
        .subcommand(eval::command())
        .subcommand(check::command())
        .subcommand(scripts::command())
        .subcommand(show::command())
        .subcommand(eject::command())
        .subcommand(new::command())
        .subcommand(doc::command())
        .subcommand(test::command())
        .subcommand(sandbox::command())
        .subcommand(rbac::command())
        .subcommand(schedule::command())
        .subcommand(history::command())
        .subcommand(doctor::command())
        .subcommand(completions::command())
        .subcommand(man::command())
        .subcommand(version::command())
}

/// What usage lines call the program: `kubectl mcp` where kubectl starts it as its plugin.
pub(super) fn called() -> &'static str {
    let started = std::env::args_os().next().unwrap_or_default();
    match Path::new(&started).file_stem().and_then(|name| name.to_str()) {
        Some("kubectl-mcp") => "kubectl mcp",
        _ => "mcpctl",
    }
}

fn dispatch(words: Vec<OsString>) -> Result<u8> {
    let attended = is_attended();
    // without a command a person gets the REPL, a program the help
    let command = command().subcommand_required(!attended).arg_required_else_help(!attended);
    let command = command.mut_subcommands(globals::folded);
    let matches = match command.try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error),
    };
    match matches.subcommand() {
        Some(("run", sub)) => run::run(&[&matches, sub], sub),
        Some(("repl", sub)) => repl::run(&[&matches, sub]),
        Some(("eval", sub)) => eval::run(&[&matches, sub], sub),
        Some(("check", sub)) => check::run(&[&matches, sub], sub),
        Some(("scripts", sub)) => scripts::run(&[&matches, sub]),
        Some(("show", sub)) => show::run(&[&matches, sub], sub),
        Some(("new", sub)) => new::run(&[&matches, sub], sub),
        Some(("eject", sub)) => eject::run(&[&matches, sub], sub),
        Some(("doc", sub)) => doc::run(&[&matches, sub], sub),
        Some(("test", sub)) => test::run(&[&matches, sub], sub),
        Some(("sandbox", sub)) => sandbox::run(&[&matches, sub], sub),
        Some(("doctor", sub)) => doctor::run(&[&matches, sub], sub),
        Some(("rbac", sub)) => rbac::run(&[&matches, sub], sub),
        Some(("schedule", sub)) => schedule::run(&[&matches, sub], sub),
        Some(("history", sub)) => history::run(&[&matches, sub], sub),
        Some(("completions", sub)) => completions::run(&[&matches, sub], sub),
        Some(("man", sub)) => man::run(&[&matches, sub], sub),
        Some(("version", sub)) => version::run(&[&matches, sub]),
        Some((name, sub)) => script_by_name(&matches, name, sub),
        None => repl::run(&[&matches]),
    }
}

/// Whether a person is at both ends.
fn is_attended() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// `mcpctl NAME …`: short for `mcpctl run NAME …`. A path is taken only where the file is made to be started: that
/// is how the system runs a script that begins with `#!/usr/bin/env mcpctl`.
fn script_by_name(matches: &ArgMatches, name: &str, sub: &ArgMatches) -> Result<u8> {
    let places = Places::from_environment();
    let rest: Vec<OsString> = sub.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    if is_path(name) {
        if program::is_program(Path::new(name)) {
            return run::script(&[matches], &places.find(name)?, name, rest);
        }
        return Err(Error::usage(format!("no command `{name}`")).hint(format!(
            "run a file with `mcpctl run {}`, or let it begin with `#!/usr/bin/env mcpctl`",
            shell::path(name.as_ref())
        )));
    }
    let Some(script) = places.find_name(name)? else {
        let scripts = places.all();
        let known = BUILT_IN.iter().copied().chain(scripts.iter().map(|script| script.name.as_str()));
        return Err(Error::usage(format!("no command or script `{name}`"))
            .suggest(nearest::nearest(name, known))
            .hint(match (reference::is_namespace(name), verbs::hint(name)) {
                (true, _) => format!("scripts have functions `{name}::…`: `mcpctl doc {name}` lists them"),
                (false, Some(hint)) => hint.to_owned(),
                (false, None) => "`mcpctl --help` lists the commands, `mcpctl scripts` the scripts".to_owned(),
            }));
    };
    run::script(&[matches], &script, &format!("{} {name}", called()), rest)
}
