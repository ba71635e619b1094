//! One test: its sandbox, its folder, its end.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::suite::Test;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::settings::{Isolation, Settings};
use crate::host::test_context::{Logged, Runner, TestContext};
use crate::interrupt::{Interrupt, Signal};
use crate::output::{Form, Printer, Prompter};
use crate::script::run::Program;
use kube_sandbox::Sandbox;

/// How many bytes of a test's output are kept.
const MOST_KEPT: usize = 256 * 1024;

/// What all tests of a run have in common.
#[derive(Clone)]
pub struct Setting {
    /// The runtime of their requests.
    pub runtime: Handle,
    /// Raised to end them all.
    pub interrupt: Interrupt,
    /// How they run scripts as commands.
    pub runner: Runner,
    /// How long one may take.
    pub limit: Duration,
    /// How many run at once.
    pub jobs: usize,
    /// The settings of the run that they are a part of: its `--allow`, `--deny` and `--allow-context` hold for them and
    /// the scripts that they run.
    pub outer: Settings,
    /// What of the machine they may use.
    pub isolation: Isolation,
}

/// How a test ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its file.
    pub file: String,
    /// Its function; empty where the whole file failed.
    pub name: String,
    /// The line on which that begins; 0 where the whole file failed.
    pub line: usize,
    /// How long it took.
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<Error>,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
    /// The commands that it gave, with what they printed.
    pub ran: Vec<Logged>,
}

impl Outcome {
    /// The outcome of a file whose tests cannot be found.
    #[must_use]
    pub fn of_file(file: &Path, failure: Error) -> Self {
        Self {
            file: file.display().to_string(),
            name: String::new(),
            line: 0,
            took: Duration::ZERO,
            failure: Some(failure),
            stdout: String::new(),
            stderr: String::new(),
            ran: Vec::new(),
        }
    }
}

/// The run of a test: an empty cluster, a folder, an environment without variables, output into memory, and of the machine
/// what the setting says. `beside` is the folder of the test's file.
#[must_use]
pub fn host(folder: &Path, beside: &Path, setting: &Setting) -> Arc<Host> {
    let (printer, captured) = Printer::in_memory(Form::Table);
    let test_context = Arc::new(TestContext::new(beside.to_owned(), captured, Arc::clone(&setting.runner)));
    let mut settings = Settings::rehearsal(folder.to_owned());
    settings.environment = test_context.environment();
    settings.allowed = setting.outer.allowed.clone();
    settings.allow_contexts = setting.outer.allow_contexts.clone();
    settings.isolation = setting.isolation;
    let prompter = Prompter::staged(printer.clone(), test_context.answers.clone());
    let host = Host::with_prompter(settings, printer, prompter, setting.runtime.clone());
    Arc::new(host.in_world(Sandbox::new()).in_test(test_context))
}

/// Runs one test on this thread.
pub(super) fn run(test: &Test, setting: &Setting) -> Outcome {
    let begun = Instant::now();
    let private = std::fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("mcpctl-test-").permissions(private).tempdir();
    let (failure, (stdout, stderr, ran)) = match folder {
        Ok(folder) => {
            let beside =
                test.script.origin.path().and_then(|path| path.parent()).map_or_else(PathBuf::new, Path::to_owned);
            let host = host(folder.path(), &beside, setting);
            let failure = limited(&host, setting, || play(&host, test)).err();
            (failure, printed(&host))
        }
        Err(e) => {
            let error = Error::failed("cannot make a folder for the test").cause(crate::error::io_cause(&e));
            (Some(error), Default::default())
        }
    };
    let took = begun.elapsed();
    let (file, name) = (test.script.label.clone(), test.name.clone());
    Outcome { file, name, line: test.line, took, failure, stdout, stderr, ran }
}

/// What the test printed, and what the commands that it gave did.
fn printed(host: &Host) -> (String, String, Vec<Logged>) {
    let seen = |test_context: &Arc<TestContext>| {
        let mut ran = test_context.ran();
        for one in &mut ran {
            one.stdout = shortened(std::mem::take(&mut one.stdout));
            one.stderr = shortened(std::mem::take(&mut one.stderr));
        }
        (shortened(test_context.captured.out()), shortened(test_context.captured.err()), ran)
    };
    host.test_context("").map_or_else(|_| Default::default(), seen)
}

/// The beginning of what was printed: outcomes are kept until all tests have run.
fn shortened(mut text: String) -> String {
    if text.len() <= MOST_KEPT {
        return text;
    }
    let end = (0..=MOST_KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let cut = text.len() - end;
    text.truncate(end);
    text.shrink_to_fit();
    text.push_str(&format!("\n… ({cut} more bytes)\n"));
    text
}

fn play(host: &Arc<Host>, test: &Test) -> Result<()> {
    let program = Program::compile(host, &test.script)?;
    match program.call(&test.name)?.exit {
        None => host.recorder.deferred_error().map_or(Ok(()), Err),
        Some(code) => Err(Error::failed(format!("the test ended itself with `exit({code})`"))
            .hint("`sandbox::run` gives the exit code of a script that ends so")),
    }
}

/// Does the work of a test; raises its interrupt when all are to end, or when it takes too long.
fn limited(host: &Host, setting: &Setting, work: impl FnOnce() -> Result<()>) -> Result<()> {
    setting.interrupt.check()?;
    let (all, own, limit) = (setting.interrupt.clone(), host.interrupt.clone(), setting.limit);
    let watch = setting.runtime.spawn(async move {
        let signal = tokio::time::timeout(limit, all.wait()).await.unwrap_or(Signal::Interrupt);
        own.raise(signal);
    });
    let result = work();
    watch.abort();
    match result {
        Err(error) if error.kind == Kind::Interrupted && setting.interrupt.raised().is_none() => {
            let limit = humantime::format_duration(limit);
            let mut slow = Error::new(Kind::Timeout, format!("the test did not end in {limit}"))
                .hint("`--timeout` gives it more time");
            slow.place = error.place.clone();
            Err(slow)
        }
        result => result,
    }
}
