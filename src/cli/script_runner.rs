//! A script that a test runs: just what `mcpctl NAME …` does, in the test's world and folder, with its output caught.

use std::ffi::OsString;
use std::sync::Arc;

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::{globals, launch, run, usage};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::settings::{Isolation, SandboxState};
use crate::host::test_context::{Invocation, RunResult, TestContext};
use crate::nearest;
use crate::output::{Answers, Captured, Printer, Prompter, Settings};
use crate::primitives::api::value::to_json;
use crate::script::command as script_command;
use crate::script::resolve::{Places, Script, is_path};
use crate::script::run::Program;
use crate::secret::Vault;

/// Runs a script for a test.
///
/// # Errors
/// There is no such script. What the script itself does wrong is in its exit code and output.
pub fn run(test: &Host, test_context: &TestContext, order: &Invocation) -> Result<RunResult> {
    let script = find(test, test_context, &order.script)?;
    let called = format!("mcpctl {}", order.script);
    let header = match Program::header_of(&script) {
        Ok(header) => header,
        Err(error) => return Ok(ended(error)),
    };
    let base = Command::new(called.clone()).bin_name(called).args(globals::args()).no_binary_name(true);
    let words = order.words.iter().map(OsString::from);
    let matches = match script_command::build(base, &header).try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => {
            let help = error.render().to_string();
            return Ok(match usage::refusal(&error) {
                Some(error) => ended(error),
                None => RunResult { stdout: help, ..nothing() },
            });
        }
    };
    play(test, test_context, order, &script, &matches)
}

/// The script beside the test, else the one that has the name: shipped, or in `./scripts`. What is in `$MCPCTL_PATH` and
/// in the user's configuration is the machine's, which an isolated test does not see.
fn find(test: &Host, test_context: &TestContext, wanted: &str) -> Result<Script> {
    let beside = Places { here: test_context.beside.clone(), ..Places::default() };
    if is_path(wanted) {
        return beside.find(wanted);
    }
    let file = format!("./{wanted}.rhai");
    if test_context.beside.join(&file).is_file() {
        return beside.find(&file);
    }
    let places = match test.settings.isolation {
        Isolation::Off => Places::from_environment(),
        Isolation::NoChanges | Isolation::Full => Places::default(),
    };
    match places.find_name(wanted)? {
        Some(script) => Ok(script),
        None => {
            let scripts = places.all();
            Err(Error::not_found(format!("no script `{wanted}`"))
                .object(wanted)
                .suggest(nearest::nearest(wanted, scripts.iter().map(|script| script.name.as_str())))
                .hint("name a file by its path from the test's folder, or a script that `mcpctl scripts` lists"))
        }
    }
}

fn play(
    test: &Host,
    test_context: &TestContext,
    order: &Invocation,
    script: &Script,
    matches: &ArgMatches,
) -> Result<RunResult> {
    let mut globals = match globals::read_in(&[matches], test_context.environment()) {
        Ok(globals) => globals,
        Err(error) => return Ok(ended(error)),
    };
    let settings = &mut globals.settings;
    settings.sandbox = Some(SandboxState::Memory);
    settings.folder.clone_from(&test.settings.folder);
    settings.standard_input = Some(order.input.clone());
    settings.command_line = order.command_line();
    // what a test may not do, the scripts that it runs may not either
    *settings = std::mem::take(settings).within(&test.settings);
    if settings.catalogs.is_empty() {
        settings.catalogs.extend(test_context.catalog().map(Into::into));
    }
    let (out, err, captured) = Captured::sinks(false);
    let form = Settings { quiet: globals.quiet, verbosity: globals.verbose, ..Settings::default() };
    let printer = Printer::to_sinks(form, Arc::new(Vault::default()), out, err);
    let prompter = prompter(test_context, order, &globals, &printer);
    let mut host = Host::with_prompter(globals.settings, printer, prompter, test.runtime().clone()).run_by(test);
    host.interrupt = test.interrupt.clone();
    let world = test.world()?.cloned();
    let host = Arc::new(match world {
        Some(world) => host.in_world(world),
        None => host,
    });
    let result = run::work(&host, script, matches);
    host.interrupt.check()?;
    let value = result.as_ref().ok().and_then(|ended| to_json(&ended.value).ok()).unwrap_or(Value::Null);
    let error =
        result.as_ref().err().cloned().or_else(|| host.recorder.failure()).or_else(|| host.recorder.deferred_error());
    let code = launch::conclude(&host, result);
    Ok(RunResult {
        code,
        value: masked(&value),
        stdout: captured.out(),
        stderr: captured.err(),
        plan: host.printer.plan_value(&host.recorder.changes()),
        error,
    })
}

fn prompter(test_context: &TestContext, order: &Invocation, globals: &globals::Globals, printer: &Printer) -> Prompter {
    let yes = globals.settings.yes;
    if globals.settings.dry_run {
        return Prompter::dry_run(printer.clone());
    }
    let answers = match &order.answers {
        Some(own) => {
            let answers = Answers::default();
            answers.lay(own.iter().cloned());
            answers
        }
        None => test_context.answers.clone(),
    };
    if answers.is_open() {
        Prompter::answered(printer.clone(), yes, answers)
    } else {
        Prompter::nobody(printer.clone(), yes)
    }
}

/// The text of a secret inside the engine is a made-up handle.
fn masked(value: &Value) -> Value {
    serde_json::from_str(&Vault::mask_sentinels(&value.to_string())).unwrap_or(Value::Null)
}

fn nothing() -> RunResult {
    RunResult {
        code: 0,
        value: Value::Null,
        stdout: String::new(),
        stderr: String::new(),
        plan: Value::Array(Vec::new()),
        error: None,
    }
}

/// A run that ended before its script began.
fn ended(error: Error) -> RunResult {
    let (printer, captured) = Printer::in_memory(crate::output::Form::Table);
    printer.error(&error);
    RunResult { code: error.exit_code(), stderr: captured.err(), error: Some(error), ..nothing() }
}
