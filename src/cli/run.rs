//! `mcpctl run SCRIPT ARGS`: any script, by path or name.

use std::ffi::OsString;
use std::sync::Arc;

use clap::{ArgMatches, Command};

use crate::clean;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::script::arguments::Args;
use crate::script::command as script_command;
use crate::script::origin::Origin;
use crate::script::resolve::{Places, Script};
use crate::script::run::{Ended, Program};
use crate::shell;

use super::{check, contexts, globals, launch, usage};

/// The command's declaration.
pub(super) fn command() -> Command {
    // everything behind the script's name is the script's own, `--help` too: just what an external subcommand is
    Command::new("run")
        .about("Run a script: a file, the name of one that `mcpctl scripts` lists, or `-` for standard input")
        .after_help("`mcpctl run NAME --help` describes a script's own arguments.")
        .allow_external_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("FILE|NAME|-")
        .subcommand_help_heading("Scripts")
        .override_usage("mcpctl run [OPTIONS] <FILE|NAME|-> [ARGS]...")
}

/// Runs the script that the command line names.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let Some((wanted, sub)) = matches.subcommand() else { return Err(Error::usage("no script is named")) };
    let script = Places::from_environment().find(wanted)?;
    let rest = sub.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    self::script(all, &script, &format!("mcpctl run {}", shell::path(wanted.as_ref())), rest)
}

/// Runs a script with the words after its name; `before` are the flags before the name.
pub(super) fn script(before: &[&ArgMatches], script: &Script, called: &str, rest: Vec<OsString>) -> Result<u8> {
    let (script, called, before) =
        (script.clone(), called.to_owned(), before.iter().map(|&m| m.clone()).collect::<Vec<_>>());
    let matches = match matches(&script, called, rest)? {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error),
    };
    let mut all: Vec<&ArgMatches> = before.iter().collect();
    all.push(&matches);
    let mut globals = globals::read(&all)?;
    globals.settings.input_is_script = script.origin == Origin::Input;
    if !globals.settings.contexts.is_empty() {
        return contexts::script(globals, script, matches);
    }
    launch::run(globals, move |host| perform(host, &script, &matches))
}

/// Runs a script in a REPL session: with the REPL session's settings, over which its own words go. Gives the run that it had.
pub(super) fn within(host: &Arc<Host>, name: &str, rest: Vec<OsString>) -> Result<(Arc<Host>, Ended)> {
    let script = Places::from_environment().find(name)?;
    let nothing = Ended::nothing();
    let matches = match matches(&script, format!(":run {name}"), rest)? {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error).map(|_| (Arc::clone(host), nothing)),
    };
    let settings = globals::read_within(&host.settings, &[&matches])?.settings;
    let host = Arc::new(host.with_settings(settings));
    host.keep_journal();
    let ended = perform(&host, &script, &matches);
    host.settle_journal();
    Ok((host, ended?))
}

/// What the words mean: the header decides what the command line may hold, so the flags are read twice, first those
/// before the name, which decide nothing about compiling, then all of them.
fn matches(script: &Script, called: String, rest: Vec<OsString>) -> Result<Result<ArgMatches, clap::Error>> {
    let header = Program::header_of(script)?;
    let mut base = globals::folded(Command::new(called.clone()).bin_name(called).no_binary_name(true));
    if script.replaces_shipped {
        base = base.before_help(replaces(script));
    }
    Ok(script_command::build(base, &header).try_get_matches_from(rest))
}

fn perform(host: &Arc<Host>, script: &Script, matches: &ArgMatches) -> Result<Ended> {
    before(host, script)?;
    work(host, script, matches)
}

/// Warnings and notes about a script before it runs.
///
/// # Errors
/// What is certainly wrong in it.
pub(super) fn before(host: &Host, script: &Script) -> Result<()> {
    if script.replaces_shipped {
        host.printer.warn(&replaces(script));
    }
    check::before_run(host, script)
}

/// What is said of a script that has a shipped script's name.
fn replaces(script: &Script) -> String {
    clean::cell(&format!("`{}` runs instead of the shipped `{}`", script.label, script.name)).into_owned()
}

/// Compiles a script and runs it with what its command line gave.
///
/// # Errors
/// As those of [`Program`] and [`Args`].
pub(super) fn work(host: &Arc<Host>, script: &Script, matches: &ArgMatches) -> Result<Ended> {
    launch::refuse_contexts(&host.settings)?;
    let program = Program::compile(host, script)?;
    let args = Args::read(&program.header, matches, host)?;
    program.run(args)
}
