//! `mcpctl run SCRIPT ARGS`: any script, by path or name.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::error::Result;
use crate::script::arguments::Args;
use crate::script::command as script_command;
use crate::script::resolve::{Places, Script};
use crate::script::run::Program;

use super::{globals, launch, usage};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("run")
        .about("Run a script: a file, or the name of one that `mcpctl scripts` lists")
        .arg(Arg::new("script").value_name("FILE|NAME").required(true).help("the script"))
        .arg(
            Arg::new("args")
                .value_name("ARGS")
                .help("its arguments; `mcpctl run NAME --help` lists them")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString)),
        )
}

/// Runs the script that the command line names.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let wanted = matches.get_one::<String>("script").map(String::as_str).unwrap_or_default();
    let script = Places::from_environment().find(wanted)?;
    let rest = matches.get_many::<OsString>("args").into_iter().flatten().cloned().collect();
    self::script(all, &script, &format!("mcpctl run {wanted}"), rest)
}

/// Runs a script with the words that follow its name; `before` are the flags that stood before it.
pub(super) fn script(before: &[&ArgMatches], script: &Script, called: &str, rest: Vec<OsString>) -> Result<u8> {
    let (script, called, before) =
        (script.clone(), called.to_owned(), before.iter().map(|&m| m.clone()).collect::<Vec<_>>());
    // the header decides what the command line may hold, so the flags are read twice: first those before
    // the name, which decide nothing about compiling, then all of them
    let header = Program::header_of(&script)?;
    let base = Command::new(called.clone()).bin_name(called).args(globals::args()).no_binary_name(true);
    let matches = match script_command::build(base, &header).try_get_matches_from(rest) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(error),
    };
    let mut all: Vec<&ArgMatches> = before.iter().collect();
    all.push(&matches);
    let globals = globals::read(&all)?;
    launch::run(globals, move |host| {
        if script.replaces_shipped {
            host.printer.warn(&format!("`{}` runs instead of the shipped `{}`", script.label, script.name));
        }
        let program = Program::compile(host, &script)?;
        let args = Args::read(&program.header, &matches, host)?;
        program.run(args)
    })
}
