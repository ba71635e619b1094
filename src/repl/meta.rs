//! The commands that begin with a colon: they control the REPL session and are not part of the language.

use crate::error::{Error, Result};
use crate::nearest;

/// A command, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meta {
    Help,
    Doc(String),
    Scripts,
    Run(Vec<String>),
    Load(String),
    Save(String),
    Context(String),
    Namespace(String),
    DryRun(bool),
    ReadOnly(bool),
    Quit,
}

/// Each command's name, what follows it, and what it does.
pub(super) const COMMANDS: [(&str, &str, &str); 10] = [
    ("help", "", "this list"),
    ("doc", "NAME", "the reference of a function, or the list of a namespace's functions"),
    ("scripts", "", "the scripts that have names"),
    ("run", "SCRIPT ARGS", "run a script"),
    ("load", "FILE", "evaluate a file here; what it defines stays"),
    ("save", "FILE", "write the lines of this REPL session as a script"),
    ("use", "context|namespace NAME", "work elsewhere from now on"),
    ("dry-run", "on|off", "only show what would be done"),
    ("read-only", "on|off", "refuse all changes"),
    ("quit", "", "leave, as Ctrl-D does"),
];

/// Whether a line is a command.
pub(super) fn is_meta(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(':') && !line.starts_with("::")
}

/// Reads a line that begins with a colon.
///
/// # Errors
/// No such command, with the nearest; missing or superfluous words.
pub(super) fn parse(line: &str) -> Result<Meta> {
    let line = line.trim().trim_start_matches(':');
    let words = shlex::split(line).ok_or_else(|| Error::usage("a quote is left open"))?;
    let (name, arguments) = words.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (name, texts.as_slice()) {
        ("help", []) => Ok(Meta::Help),
        ("doc", [topic]) => Ok(Meta::Doc((*topic).to_owned())),
        ("scripts", []) => Ok(Meta::Scripts),
        ("run", [_, ..]) => Ok(Meta::Run(arguments.to_vec())),
        ("load", [file]) => Ok(Meta::Load((*file).to_owned())),
        ("save", [file]) => Ok(Meta::Save((*file).to_owned())),
        ("use", ["context", context]) => Ok(Meta::Context((*context).to_owned())),
        ("use", ["namespace", namespace]) => Ok(Meta::Namespace((*namespace).to_owned())),
        ("use", [what, _]) => Err(usage("use").suggest(nearest::nearest(what, ["context", "namespace"]))),
        ("dry-run", [switch]) => on(switch).map(Meta::DryRun).ok_or_else(|| usage(name)),
        ("read-only", [switch]) => on(switch).map(Meta::ReadOnly).ok_or_else(|| usage(name)),
        ("quit", []) => Ok(Meta::Quit),
        _ if COMMANDS.iter().any(|(known, ..)| *known == name) => Err(usage(name)),
        _ => {
            let near = nearest::nearest(name, COMMANDS.iter().map(|(known, ..)| *known));
            let near = near.map(|near| format!(":{near}"));
            Err(Error::usage(format!("no command `:{name}`")).suggest(near.as_deref()).hint("`:help` lists them"))
        }
    }
}

fn on(switch: &str) -> Option<bool> {
    match switch {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn usage(name: &str) -> Error {
    let what = COMMANDS.iter().find(|(known, ..)| *known == name).map_or("", |(_, what, _)| what);
    Error::usage(format!("it is `{}`", called(name, what)))
}

/// A command as it is typed.
fn called(name: &str, what: &str) -> String {
    format!(":{name} {what}").trim_end().to_owned()
}

/// What `:help` prints.
pub(super) fn help() -> String {
    let width = COMMANDS.iter().map(|(name, what, _)| called(name, what).len()).max().unwrap_or(0);
    let mut text: String =
        COMMANDS.iter().map(|(name, what, help)| format!("{:width$}  {help}\n", called(name, what))).collect();
    text.push_str(
        "\nEverything else is script: `pods::list()`, `let old = pods::list(#{ older_than: \"2d\" })`.\n\
         Tab completes, the right arrow takes the hint, Ctrl-R searches the history,\n\
         Ctrl-C ends a running line, Ctrl-D leaves. A line that begins with a blank is not kept.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_their_words() {
        assert_eq!(parse(":use namespace mcp").unwrap(), Meta::Namespace("mcp".to_owned()));
        assert_eq!(parse(" :dry-run on").unwrap(), Meta::DryRun(true));
        assert_eq!(parse(":run stale '24 h'").unwrap(), Meta::Run(vec!["stale".to_owned(), "24 h".to_owned()]));
        assert!(is_meta(" :help") && !is_meta("a:b") && !is_meta("::x"));
    }

    #[test]
    fn a_slip_finds_its_command() {
        let error = parse(":hlep").unwrap_err();
        assert_eq!(error.message, "no command `:hlep`");
        assert_eq!(error.hints[0], "did you mean `:help`?");
        assert_eq!(parse(":dryrun on").unwrap_err().hints[0], "did you mean `:dry-run`?");
        assert_eq!(parse(":dry-run maybe").unwrap_err().message, "it is `:dry-run on|off`");
        assert_eq!(parse(":quit now").unwrap_err().message, "it is `:quit`");
        assert_eq!(parse(":use contxt x").unwrap_err().hints[0], "did you mean `context`?");
    }
}
