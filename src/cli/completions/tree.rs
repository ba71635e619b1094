//! The command tree for completion and man pages: the built-in commands, and each script as a command of its own
//! with the parameters of its header.

use std::ffi::OsStr;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, SubcommandCandidates, ValueCompleter as _,
};

use crate::reference;
use crate::script::command as script_command;
use crate::script::header::{Header, Param, ParamKind};
use crate::script::resolve::{Places, Script};
use crate::script::run::Program;

use super::live::{self, CompletionKind};

/// Positionals of built-in commands that take the name of a script.
const SCRIPT_ARGUMENTS: [(&str, &str); 5] =
    [("rbac", "scripts"), ("eject", "name"), ("show", "name"), ("check", "paths"), ("test", "paths")];

/// The tree without live values.
#[must_use]
pub(in crate::cli) fn with_scripts(command: Command) -> Command {
    scripts().into_iter().fold(command, |command, (script, header)| command.subcommand(of_script(&script, &header)))
}

/// The tree that answers a shell.
pub(super) fn complete() -> Command {
    let scripts = scripts();
    let mut command = crate::cli::command();
    for (argument, wanted) in [("context", CompletionKind::Contexts), ("namespace", CompletionKind::Namespaces)] {
        command = command.mut_arg(argument, |arg| arg.add(values(wanted)));
    }
    command = command.mut_arg("contexts", |arg| whole(arg).add(list(CompletionKind::Contexts)));
    command = command.mut_arg("kubeconfig", |arg| arg.value_hint(clap::ValueHint::FilePath));
    command = command.mut_arg("catalog", |arg| arg.value_hint(clap::ValueHint::FilePath));
    let names: Vec<(String, String)> =
        scripts.iter().map(|(script, header)| (script.name.clone(), header.summary.clone())).collect();
    for (name, argument) in SCRIPT_ARGUMENTS {
        let known = command.find_subcommand(name).is_some_and(|c| c.get_arguments().any(|a| a.get_id() == argument));
        if known {
            let names = names.clone();
            let complete = move |current: &OsStr| {
                matching(names.iter().map(|(name, summary)| candidate(name, summary)).collect(), current)
            };
            command = command
                .mut_subcommand(name, |inner| inner.mut_arg(argument, |arg| arg.add(ArgValueCompleter::new(complete))));
        }
    }
    command = command.mut_subcommand("doc", |doc| doc.mut_arg("topic", |arg| arg.add(ArgValueCompleter::new(topics))));
    command = command.mut_subcommand("run", |run| {
        let run = scripts.iter().fold(run, |run, script| run.subcommand(live_script(script)));
        run.add(SubcommandCandidates::new(files))
    });
    scripts.iter().fold(command, |command, script| command.subcommand(live_script(script)))
}

/// Every script that has a name no command has, with its header; a broken one has none.
fn scripts() -> Vec<(Script, Header)> {
    let built_in = crate::cli::command();
    Places::from_environment()
        .all()
        .into_iter()
        .filter(|script| built_in.find_subcommand(&script.name).is_none() && script.name != "help")
        .map(|script| {
            let header = Program::header_of(&script).unwrap_or_default();
            (script, header)
        })
        .collect()
}

fn of_script(script: &Script, header: &Header) -> Command {
    script_command::build(Command::new(script.name.clone()), header)
}

fn live_script((script, header): &(Script, Header)) -> Command {
    header.params.iter().filter(|param| param.name != "context").fold(of_script(script, header), |command, param| {
        let completer = completer(&script.name, param);
        // an argument that is changed goes behind the others, so all are, in their order
        let complete = |arg: Arg| match &completer {
            Some(completer) if param.kind == ParamKind::List => whole(arg).add(completer.clone()),
            Some(completer) => arg.add(completer.clone()),
            None => arg,
        };
        let command = command.mut_arg(script_command::id(param), complete);
        if completer.is_none() || param.is_option() || param.name == "namespace" {
            return command;
        }
        command.mut_arg(script_command::by_name_id(param), complete)
    })
}

/// What parameters of shipped scripts name, where their kind does not say it.
const NAMES: [(&str, &str, CompletionKind); 5] = [
    ("logs", "name", CompletionKind::Logged),
    ("populate-configmap", "name", CompletionKind::ConfigMaps),
    ("populate-secret", "name", CompletionKind::Secrets),
    ("set-secret", "key", CompletionKind::SecretKeys),
    ("set-secret", "name", CompletionKind::Secrets),
];

fn completer(script: &str, param: &Param) -> Option<ArgValueCompleter> {
    let of_shipped = NAMES.iter().find(|(name, parameter, _)| *name == script && *parameter == param.name);
    if let Some((.., wanted)) = of_shipped {
        return Some(values(*wanted));
    }
    match param.kind {
        ParamKind::Namespace => Some(values(CompletionKind::Namespaces)),
        ParamKind::Session => Some(values(CompletionKind::Sessions)),
        ParamKind::Server => Some(values(CompletionKind::Servers)),
        ParamKind::Context => Some(values(CompletionKind::Contexts)),
        // a list of servers: what stands behind the last comma is completed
        ParamKind::List if matches!(&*param.name, "servers" | "server") => Some(list(CompletionKind::Servers)),
        ParamKind::String => match &*param.name {
            "set" if param.many => Some(ArgValueCompleter::new(set_arguments)),
            "config_name" => Some(values(CompletionKind::ConfigMaps)),
            "secret_name" => Some(values(CompletionKind::Secrets)),
            "pod" => Some(values(CompletionKind::Pods)),
            _ => None,
        },
        ParamKind::Path => Some(ArgValueCompleter::new(PathCompleter::any())),
        _ => None,
    }
}

fn values(wanted: CompletionKind) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        matching(live::values(wanted).into_iter().map(CompletionCandidate::new).collect(), current)
    })
}

/// An argument whose completer gets the list as it is typed, not only what is behind its last comma.
fn whole(arg: Arg) -> Arg {
    arg.value_delimiter(None)
}

/// Names with commas between them: the text after the last comma is completed, with names that the list lacks.
fn list(wanted: CompletionKind) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let text = current.to_string_lossy();
        let last = text.rsplit(',').next().unwrap_or_default();
        let before = &text[..text.len() - last.len()];
        let is_new = |name: &String| name.starts_with(last) && !before.split(',').any(|listed| listed == name);
        let found = live::values(wanted).into_iter().filter(is_new);
        found.map(|name| CompletionCandidate::new(format!("{before}{name}"))).collect()
    })
}

/// `KEY=`, and behind `KEY=@` the files.
fn set_arguments(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = current.to_string_lossy();
    match text.split_once("=@") {
        Some((key, path)) => PathCompleter::any()
            .complete(OsStr::new(path))
            .into_iter()
            .map(|found| found.add_prefix(format!("{key}=@")))
            .collect(),
        None => matching(
            live::values(CompletionKind::Settable).into_iter().map(CompletionCandidate::new).collect(),
            current,
        ),
    }
}

fn topics(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut names: Vec<CompletionCandidate> =
        reference::namespaces().into_iter().map(|name| candidate(name, "namespace")).collect();
    names.extend(reference::entries().iter().map(|entry| candidate(&entry.path(), &entry.summary)));
    names.dedup_by(|a, b| a.get_value() == b.get_value());
    matching(names, current)
}

/// The scripts in this folder and in `./scripts`, as `run` takes them.
fn files() -> Vec<CompletionCandidate> {
    let mut found = Vec::new();
    for folder in ["", "scripts/"] {
        let entries = std::fs::read_dir(if folder.is_empty() { "." } else { folder }).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        found.extend(names.filter(|name| name.ends_with(".rhai")).map(|name| format!("{folder}{name}")));
    }
    found.sort();
    found.into_iter().map(CompletionCandidate::new).collect()
}

fn candidate(name: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(name).help((!help.is_empty()).then(|| help.to_owned().into()))
}

fn matching(candidates: Vec<CompletionCandidate>, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let fits = |one: &CompletionCandidate| one.get_value().to_string_lossy().starts_with(&*current);
    candidates.into_iter().filter(fits).collect()
}
