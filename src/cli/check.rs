//! `mcpctl check [PATH…]`: checks scripts without running them.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use crate::check::{Checker, Finding, files};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::output::{Document, Form, Printer};
use crate::script::origin::Origin;
use crate::script::resolve::{Places, Script};

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("check")
        .about("Look for mistakes in scripts without running them")
        .after_help("A folder means every `.rhai` file in it and below, tests too. Imported files are checked as well.")
        .arg(
            Arg::new("paths")
                .value_name("PATH")
                .num_args(0..)
                .value_parser(globals::path_value())
                .help("files, folders, or names of scripts [default: the current folder]"),
        )
}

/// Checks the files and prints the findings; exit code 1 if there are any.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let printer = launch::printer(&globals::read(all)?)?;
    let given: Vec<PathBuf> = matches.get_many("paths").into_iter().flatten().cloned().collect();
    let paths = if given.is_empty() { vec![PathBuf::from(".")] } else { given };
    let mut checker = Checker::new().telling_upgrades();
    let mut count = 0;
    for path in &paths {
        count += check(&mut checker, path)?;
    }
    let findings = checker.findings();
    print(&printer, &findings, count)?;
    Ok(u8::from(!findings.is_empty()))
}

/// Checks the scripts of one path; returns their number.
fn check(checker: &mut Checker, path: &Path) -> Result<usize> {
    let name = path.to_string_lossy();
    if !path.exists()
        && let Some(script) = Places::from_environment().find_name(&name)?
    {
        checker.script(&script.label, &script.text);
        return Ok(1);
    }
    let found = files::below(path)?;
    for file in &found {
        match files::read(file) {
            Ok(file) => checker.script(&file.label, &file.text),
            Err(error) => checker.failed(error),
        }
    }
    Ok(found.len())
}

fn print(printer: &Printer, findings: &[Finding], count: usize) -> Result<()> {
    if printer.settings().form != Form::Table {
        let values: Vec<Value> = findings.iter().map(Finding::to_json).collect();
        return printer.document(&Document::new(Value::Array(values)));
    }
    for finding in findings {
        show(printer, finding);
    }
    let scripts = if count == 1 { "1 script".to_owned() } else { format!("{count} scripts") };
    match findings.len() {
        0 => printer.info(&format!("{scripts} checked, no mistakes")),
        1 => printer.info(&format!("{scripts} checked, 1 mistake")),
        mistakes => printer.info(&format!("{scripts} checked, {mistakes} mistakes")),
    }
    Ok(())
}

fn show(printer: &Printer, finding: &Finding) {
    if finding.certain { printer.error(&finding.error) } else { printer.warning(&finding.error) }
}

/// Checks a script before its first line runs: probable mistakes are warnings, certain ones stop it.
///
/// # Errors
/// The last certain mistake; those before it are printed here.
pub(super) fn before_run(host: &Host, script: &Script) -> Result<()> {
    // a shipped script is checked when it is built
    if script.origin == Origin::Shipped {
        return Ok(());
    }
    let mut checker = Checker::new();
    checker.script(&script.label, &script.text);
    judge(host, checker)
}

/// Checks a line of script before it runs.
///
/// # Errors
/// The last certain mistake; those before it are printed here.
pub(super) fn before_line(host: &Host, label: &str, text: &str) -> Result<()> {
    let mut checker = Checker::new();
    checker.line(label, text, &[]);
    judge(host, checker)
}

fn judge(host: &Host, checker: Checker) -> Result<()> {
    let (certain, likely): (Vec<Finding>, Vec<Finding>) =
        checker.findings().into_iter().partition(|finding| finding.certain);
    for finding in &likely {
        host.printer.warning(&finding.error);
    }
    let mut errors: Vec<Error> = certain.into_iter().map(|finding| finding.error).collect();
    let Some(last) = errors.pop() else { return Ok(()) };
    for error in &errors {
        host.printer.error(error);
    }
    Err(last)
}
