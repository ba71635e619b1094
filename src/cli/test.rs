//! `mcpctl test [PATH…]`: the tests of scripts, each in a separate sandbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;

use super::{globals, launch, script_runner};
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::settings::{Isolation, Settings};
use crate::output::{Document, Form};
use crate::script::run::Ended;
use crate::script::testing::{self, Outcome, Setting, Test};

/// How long a test may take unless `--timeout` says otherwise.
const LIMIT: Duration = Duration::from_secs(60);

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("test")
        .about("Run the tests of scripts: the `test_…` functions of `*_test.rhai`, each in a fresh sandbox")
        .after_help(
            "A test has a simulated cluster, a temporary folder, and the variables and programs that it sets. With\n\
             `--real` it uses those of the machine; with `--read-only` or `--dry-run` it then only reads files.",
        )
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .num_args(0..)
                .value_parser(globals::path_value())
                .help("files, or folders to search [default: the current folder]"),
        )
        .arg(
            Arg::new("filter")
                .long("filter")
                .value_name("TEXT")
                .action(ArgAction::Append)
                .help("only tests whose `FILE::NAME` holds this; may be repeated: any of them"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("DURATION")
                .value_parser(|text: &str| duration::parse_positive(text))
                .help("how long one test may take [default: 60s]"),
        )
        .arg(
            Arg::new("jobs")
                .long("jobs")
                .value_name("N")
                .value_parser(value_parser!(u16).range(1..))
                .help("how many run at once [default: one a processor]"),
        )
        .arg(
            Arg::new("real")
                .long("real")
                .action(ArgAction::SetTrue)
                .help("let tests use the files and programs of this machine; the cluster stays simulated"),
        )
}

/// Runs the tests and prints their outcomes: exit code 1 if one fails, 5 if there is none.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let given: Vec<PathBuf> = matches.get_many("path").into_iter().flatten().cloned().collect();
    let filters: Vec<String> = matches.get_many("filter").into_iter().flatten().cloned().collect();
    let limit = matches.get_one::<Duration>("timeout").copied().unwrap_or(LIMIT);
    let jobs = matches.get_one::<u16>("jobs").map_or_else(processors, |jobs| usize::from(*jobs));
    let globals = globals::read(all)?;
    let isolation = isolation(&globals.settings, matches.get_flag("real"));
    launch::look(globals, move |host| {
        let begun = Instant::now();
        let setting = Setting {
            runtime: host.runtime().clone(),
            interrupt: host.interrupt.clone(),
            runner: Arc::new(script_runner::run),
            limit,
            jobs,
            outer: host.settings.clone(),
            isolation,
        };
        let (tests, mut outcomes) = find(given, &filters)?;
        outcomes.extend(testing::run(&tests, &setting)?);
        outcomes.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
        show(host, &outcomes)?;
        let passed = outcomes.len() - failed;
        host.printer.info(&format!("{passed} passed, {failed} failed in {:.2}s", begun.elapsed().as_secs_f64()));
        Ok(Ended::with_code((failed > 0).then_some(1)))
    })
}

/// What of the machine the tests may use. Their cluster is simulated, so the guards concern what is outside of it.
fn isolation(settings: &Settings, real: bool) -> Isolation {
    match (real, settings.read_only || settings.dry_run) {
        (false, _) => Isolation::Full,
        (true, true) => Isolation::NoChanges,
        (true, false) => Isolation::Off,
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// The tests that are meant, and the files in which none can be found because they are wrong.
fn find(given: Vec<PathBuf>, filters: &[String]) -> Result<(Vec<Test>, Vec<Outcome>)> {
    let paths = if given.is_empty() { vec![PathBuf::from(".")] } else { given };
    let (mut tests, mut wrong) = (Vec::new(), Vec::new());
    for file in testing::discover(&paths)? {
        match testing::tests_of(&file) {
            Ok(found) => tests.extend(found),
            Err(error) => wrong.push(Outcome::of_file(&file, error)),
        }
    }
    let known = tests.len();
    tests.retain(|test| {
        let name = format!("{}::{}", test.script.label, test.name);
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    });
    if !tests.is_empty() || !wrong.is_empty() {
        return Ok((tests, wrong));
    }
    if known > 0 {
        let filters = filters.join("`, `");
        return Err(Error::new(Kind::NoTests, format!("none of {known} tests holds `{filters}` in its name"))
            .hint("`mcpctl test` without `--filter` runs them all"));
    }
    let places = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join("`, `");
    Err(Error::new(Kind::NoTests, format!("no test found in `{places}`"))
        .hint("a test is a function `test_…` of a file `…_test.rhai`; `mcpctl doc sandbox` lists what it can do"))
}

fn show(host: &Host, outcomes: &[Outcome]) -> Result<()> {
    let printer = host.shown()?;
    if printer.settings().form.is_document() {
        let value = outcomes.iter().map(entry).collect();
        return printer.document(&Document::new(value).kind("test"));
    }
    let mut file = "";
    for outcome in outcomes {
        if printer.settings().quiet && outcome.failure.is_none() {
            continue;
        }
        if outcome.file != file {
            file = &outcome.file;
            printer.out(file);
        }
        let mark = if outcome.failure.is_some() { "✗" } else { "✓" };
        let wide = printer.settings().form == Form::Wide;
        let took = if wide { format!("  {}ms", outcome.took.as_millis()) } else { String::new() };
        let name = if outcome.name.is_empty() { "(the whole file)" } else { &outcome.name };
        printer.out(&format!(" {mark} {name}{took}"));
    }
    for outcome in outcomes {
        if let Some(failure) = &outcome.failure {
            host.printer.line("");
            host.printer.line(&title(outcome));
            // a failed test shows its line, also that of a `fail`
            let mut failure = failure.clone();
            failure.stated = false;
            host.printer.error(&failure);
            captured(host, "stdout of the test", &outcome.stdout);
            captured(host, "stderr of the test", &outcome.stderr);
            for ran in &outcome.ran {
                host.printer.line(&format!("`{}`: exit code {}", ran.command, ran.code));
                captured(host, "stdout", &ran.stdout);
                captured(host, "stderr", &ran.stderr);
            }
        }
    }
    Ok(())
}

fn title(outcome: &Outcome) -> String {
    if outcome.name.is_empty() { outcome.file.clone() } else { format!("{}::{}", outcome.file, outcome.name) }
}

fn captured(host: &Host, stream: &str, text: &str) {
    if !text.is_empty() {
        host.printer.line(&format!("{stream}:\n{text}"));
    }
}

fn entry(outcome: &Outcome) -> serde_json::Value {
    let failure = outcome.failure.as_ref().map(|error| {
        json!({
            "kind": error.kind.name(),
            "message": error.message,
            "details": error.details,
            "cause": error.cause,
            "hints": error.hints,
            "file": error.place.as_ref().map(|place| &place.file),
            "line": error.place.as_ref().map(|place| place.line),
            "column": error.place.as_ref().map(|place| place.column),
        })
    });
    json!({
        "file": outcome.file,
        "name": outcome.name,
        "line": outcome.line,
        "result": if failure.is_some() { "failed" } else { "passed" },
        "milliseconds": u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        "failure": failure,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
        "ran": outcome.ran.iter().map(|ran| json!({
            "command": ran.command, "code": ran.code, "stdout": ran.stdout, "stderr": ran.stderr,
        })).collect::<Vec<_>>(),
    })
}
