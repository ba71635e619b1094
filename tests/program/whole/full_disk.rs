//! Output that cannot be written: every command says so, whoever prints it; a reader that has enough is no error.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use crate::support::program::Mcpctl;

/// A command of each kind that prints something: help, the reference, lists, documents, scripts.
const COMMANDS: [&str; 22] = [
    "--help",
    "--version",
    "list --help",
    "help run",
    "rbac cleanup",
    "show cleanup",
    "doc",
    "doc pods::list",
    "doc -o markdown",
    "doc --search pods",
    "scripts",
    "scripts -o yaml",
    "version",
    "version -o json",
    "history -o json",
    "completions bash",
    "completions fish",
    "check a.rhai -o json",
    "eval 1+1",
    "list --sandbox -o json",
    "doctor --sandbox",
    "schedule cleanup --yes --cron @daily --image mcpctl:1 --manifests --sandbox",
];

fn command(line: &str) -> (Command, Mcpctl) {
    let run = Mcpctl::new(line).file("a.rhai", "//! A.\nfn main() { 1 }\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpctl"));
    command.args(line.split_whitespace()).current_dir(run.folder()).env_clear().env("HOME", run.folder());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("NO_COLOR", "1").stdin(Stdio::null());
    (command, run)
}

#[test]
fn every_command_reports_output_that_cannot_be_written() {
    for line in COMMANDS {
        let (mut command, _run) = command(line);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_ne!(output.status.code(), Some(0), "{line}: {stderr}");
        assert!(stderr.contains("error: cannot write to stdout"), "{line}: {stderr}");
        assert_eq!(stderr.matches("cannot write to stdout").count(), 1, "{line}: {stderr}");
    }
}

#[test]
fn a_closed_pipe_is_quiet() {
    for line in COMMANDS {
        let (mut command, _run) = command(line);
        // the reading end is closed before anything is written
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("cannot write"), "{line}: {stderr}");
    }
}
