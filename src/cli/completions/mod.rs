//! Completion in shells: the line that registers it, and the answers to the shell's requests.
//!
//! A shell requests candidates by running `mcpctl` with `MCPCTL_COMPLETE` set. Live values have a time limit of
//! milliseconds, so that an unreachable cluster costs only its values.

mod bash;
mod line;
mod live;
mod shells;
pub(super) mod tree;

use clap::{Arg, ArgMatches, Command};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use crate::error::{Error, Result};

use super::{globals, launch};

/// The variable with which a shell asks. Not `COMPLETE`, which other programs set for themselves.
const VARIABLE: &str = "MCPCTL_COMPLETE";

/// What registers completion in a shell, and the file where the line belongs.
const SHELLS: [(&str, &str, &str); 5] = [
    ("bash", "source <(MCPCTL_COMPLETE=bash mcpctl)", "~/.bashrc"),
    ("zsh", "source <(MCPCTL_COMPLETE=zsh mcpctl)", "~/.zshrc, behind `compinit`"),
    ("fish", "MCPCTL_COMPLETE=fish mcpctl | source", "~/.config/fish/completions/mcpctl.fish"),
    (
        "powershell",
        "$env:MCPCTL_COMPLETE = \"powershell\"; mcpctl | Out-String | Invoke-Expression; Remove-Item Env:\\MCPCTL_COMPLETE",
        "$PROFILE",
    ),
    ("elvish", "eval (E:MCPCTL_COMPLETE=elvish mcpctl | slurp)", "~/.elvish/rc.elv"),
];

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("completions").about("Print the line that makes a shell complete mcpctl's commands and values").arg(
        Arg::new("shell")
            .value_name("SHELL")
            .required(true)
            .value_parser(SHELLS.map(|(name, ..)| name))
            .help("your shell"),
    )
}

/// Prints the line.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let wanted = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let printer = launch::printer(&globals::read(all)?)?;
    let Some((_, line, file)) = SHELLS.iter().find(|(name, ..)| *name == wanted) else {
        return Err(Error::usage(format!("no shell `{wanted}`")));
    };
    printer.out(line);
    printer.info(&format!("put this line into {file}"));
    Ok(0)
}

/// Answers a shell and ends the process, if a shell asks.
pub(super) fn answer() {
    CompleteEnv::with_factory(tree::complete).shells(Shells(&shells::SHELLS)).var(VARIABLE).bin("mcpctl").complete();
}
