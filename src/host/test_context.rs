//! The context of a test of scripts: its state, and scripts that it runs as commands.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::output::{Answers, Captured};
use crate::shell;

use super::Host;
use super::process::{Finished, Program};
use super::settings::Environment;

/// How a test runs a script as if it were typed on a command line.
pub type Runner = Arc<dyn Fn(&Host, &TestContext, &Invocation) -> Result<RunResult> + Send + Sync>;

/// A command of a test.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The script, by path or name.
    pub script: String,
    /// The words after it.
    pub words: Vec<String>,
    /// Answers only for its questions; `None` uses those that are queued for all.
    pub answers: Option<Vec<String>>,
    /// Its standard input.
    pub input: String,
}

impl Invocation {
    /// The line as it would be typed, quoted for a shell.
    #[must_use]
    pub fn command_line(&self) -> String {
        let words = std::iter::once(self.script.as_str()).chain(self.words.iter().map(String::as_str));
        format!("mcpctl {}", shell::line(words))
    }
}

/// The result of a command of a test.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The exit code.
    pub code: u8,
    /// Its result in the form of `-o json`; null if it gave none or failed.
    pub value: Value,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
    /// What it changed, or would change, in the form of a plan.
    pub plan: Value,
    /// Its error, if it failed.
    pub error: Option<Error>,
}

/// The output of a command of a test, shown if the test fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// As it would be typed.
    pub command: String,
    /// Its exit code.
    pub code: u8,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
}

/// A test's context.
pub struct TestContext {
    /// The folder of the test's file: scripts and worlds are named from there.
    pub beside: PathBuf,
    /// The queued answers.
    pub answers: Answers,
    /// What the test itself printed.
    pub captured: Captured,
    /// The variables that the test set.
    variables: Arc<Mutex<Vec<(String, String)>>>,
    catalog: Mutex<Option<PathBuf>>,
    programs: Mutex<Vec<(String, Finished)>>,
    ran: Mutex<Vec<Logged>>,
    runner: Runner,
}

impl TestContext {
    /// An empty context.
    #[must_use]
    pub fn new(beside: PathBuf, captured: Captured, runner: Runner) -> Self {
        Self {
            beside,
            answers: Answers::default(),
            captured,
            variables: Arc::default(),
            catalog: Mutex::default(),
            programs: Mutex::default(),
            ran: Mutex::default(),
            runner,
        }
    }

    /// The commands of the test so far, in order.
    #[must_use]
    pub fn ran(&self) -> Vec<Logged> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The environment of the test and its commands.
    #[must_use]
    pub fn environment(&self) -> Environment {
        Environment::Staged(Arc::clone(&self.variables))
    }

    /// Sets a variable.
    pub fn set_variable(&self, name: &str, value: &str) {
        let mut variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        variables.push((name.to_owned(), value.to_owned()));
    }

    /// Sets the catalog of the scripts that the test runs.
    pub fn set_catalog(&self, path: PathBuf) {
        *self.catalog.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    /// The catalog that was set.
    #[must_use]
    pub fn catalog(&self) -> Option<PathBuf> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Mocks a program: it is not started, and this is its output. The words are those it is started with, or the first
    /// of them.
    pub fn set_program(&self, words: &str, finished: Finished) {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner).push((words.to_owned(), finished));
    }

    /// The mock of a program: the one with the longest match of its words.
    #[must_use]
    pub fn program(&self, program: &Program) -> Option<Finished> {
        let line = program.words.join(" ");
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = programs.iter().filter(|(words, _)| line == *words || line.starts_with(&format!("{words} ")));
        fits.max_by_key(|(words, _)| words.len()).map(|(_, finished)| finished.clone())
    }
}

impl std::fmt::Debug for TestContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("beside", &self.beside).finish_non_exhaustive()
    }
}

impl Host {
    /// Whether the run is a test, or belongs to one.
    #[must_use]
    pub(super) fn is_in_test(&self) -> bool {
        self.test_context.get().or_else(|| self.calling_test.get()).is_some()
    }

    /// Makes the run that of a test.
    #[must_use]
    pub fn in_test(self, test_context: Arc<TestContext>) -> Self {
        // a new run has no test context yet
        let _ = self.test_context.set(test_context);
        self
    }

    /// Whether this is the run of a test itself, not of a script that it runs.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.test_context.get().is_some()
    }

    /// The test's context, for a function of `sandbox`.
    ///
    /// # Errors
    /// The run does not belong to a test.
    pub fn test_context(&self, function: &str) -> Result<&Arc<TestContext>> {
        self.test_context.get().ok_or_else(|| {
            Error::new(Kind::Script, format!("`{function}` works in tests only"))
                .hint("put it into a function `test_…` of a file `…_test.rhai`, and run that with `mcpctl test`")
        })
    }

    /// The output of a mocked program, in a test and its commands.
    #[must_use]
    pub fn mocked_program(&self, program: &Program) -> Option<Finished> {
        self.test_context.get().or_else(|| self.calling_test.get())?.program(program)
    }

    /// Makes the run that of a script which a test runs: it uses the programs that the test mocks.
    #[must_use]
    pub fn run_by(self, test: &Self) -> Self {
        if let Some(test_context) = test.test_context.get() {
            // a new run does not belong to another test yet
            let _ = self.calling_test.set(Arc::clone(test_context));
        }
        self
    }

    /// Runs a script as if it were typed on a command line, in the test's world.
    ///
    /// # Errors
    /// The run does not belong to a test; there is no such script.
    pub fn run_in_test(&self, function: &str, order: &Invocation) -> Result<RunResult> {
        let test_context = self.test_context(function)?;
        let ran = (test_context.runner)(self, test_context, order)?;
        let (command, code) = (order.command_line(), ran.code);
        let logged = Logged { command, code, stdout: ran.stdout.clone(), stderr: ran.stderr.clone() };
        test_context.ran.lock().unwrap_or_else(PoisonError::into_inner).push(logged);
        Ok(ran)
    }
}
