//! One run of the program: its settings, its printer, its secrets, and the cluster, connected when first
//! needed. Primitives reach everything through it; two runs in one process share nothing.

mod catalog;
mod cluster;
mod envfiles;
pub mod gateway;
mod image_availability;
mod image_loading;
mod image_strategy;
mod images;
mod input;
pub mod journal;
pub mod process;
mod repl;
pub mod resolvers;
pub mod server_status;
pub mod settings;
pub mod test_context;
mod world;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::cluster::Cluster;
use crate::encoding;
use crate::error::{Error, Kind, Result};
use crate::files::{FileLock, Files};
use crate::images::{Chosen, Images};
use crate::interrupt::Interrupt;
use crate::output::{self, Document, Printer, Prompter};
use crate::provision::catalog::Catalog;
use crate::record::{Effect, Recorder};
use crate::secret::Vault;
use kube_sandbox::Sandbox;
use resolvers::Resolvers;
use settings::Settings;
use test_context::TestContext;

/// One run.
pub struct Host {
    /// The flags and their defaults.
    pub settings: Settings,
    /// Prints to stderr for any form of the result; [`Host::shown`] is for results.
    pub printer: Printer,
    /// Asks the user.
    pub prompter: Prompter,
    /// The secrets of the run.
    pub vault: Arc<Vault>,
    /// What the run has done.
    pub recorder: Arc<Recorder>,
    /// Set by Ctrl-C and SIGTERM.
    pub interrupt: Interrupt,
    /// The user's files.
    pub files: Files,
    runtime: Handle,
    shown: OnceLock<Result<Printer>>,
    catalog: Mutex<Option<Arc<Catalog>>>,
    images: OnceLock<Images>,
    image_strategy: OnceLock<Result<Chosen>>,
    cluster: OnceLock<Result<Cluster>>,
    announced: Mutex<BTreeSet<String>>,
    named_servers: OnceLock<Vec<String>>,
    script: OnceLock<String>,
    world_lock: Mutex<Option<FileLock>>,
    world: OnceLock<Result<Option<Sandbox>>>,
    /// The resolvers for references in env files.
    pub resolvers: Resolvers,
    test_context: OnceLock<Arc<TestContext>>,
    journal: OnceLock<journal::Keeping>,
    /// The context of the test that runs this script.
    calling_test: OnceLock<Arc<TestContext>>,
}

impl Host {
    /// A run with these settings, on a runtime that the caller drives.
    #[must_use]
    pub fn new(settings: Settings, printer: Printer, runtime: Handle) -> Self {
        let prompter = if settings.dry_run {
            Prompter::dry_run(printer.clone())
        } else {
            Prompter::new(printer.clone(), settings.yes)
        };
        Self::with_prompter(settings, printer, prompter, runtime)
    }

    /// A run with a prompter of the caller.
    #[must_use]
    pub fn with_prompter(settings: Settings, printer: Printer, prompter: Prompter, runtime: Handle) -> Self {
        let recorder = Arc::new(Recorder::within(settings.allowed.clone()));
        Self {
            files: Files::new(settings.dry_run, settings.refuses_changes(), Arc::clone(&recorder))
                .within(settings.bounds()),
            prompter: prompter.noted_by(&recorder),
            vault: Arc::clone(printer.vault()),
            recorder,
            interrupt: Interrupt::default(),
            shown: OnceLock::new(),
            catalog: Mutex::default(),
            images: OnceLock::new(),
            image_strategy: OnceLock::new(),
            cluster: OnceLock::new(),
            announced: Mutex::default(),
            named_servers: OnceLock::new(),
            script: OnceLock::new(),
            world_lock: Mutex::default(),
            world: OnceLock::new(),
            resolvers: Resolvers::default(),
            test_context: OnceLock::new(),
            calling_test: OnceLock::new(),
            journal: OnceLock::new(),
            settings,
            printer,
            runtime,
        }
    }

    /// Sets the running script; the first call counts.
    pub fn runs(&self, script: &str) {
        // a script that a script runs is part of it
        let _ = self.script.set(script.to_owned());
    }

    /// Records the servers of the command line; the first call counts, as with [`runs`](Self::runs).
    pub fn names_servers(&self, servers: Vec<String>) {
        let _ = self.named_servers.set(servers);
    }

    /// The servers that the command line names.
    #[must_use]
    pub fn named_servers(&self) -> &[String] {
        self.named_servers.get().map_or(&[], Vec::as_slice)
    }

    /// The default field manager of a script's objects: `mcpctl:` and the script's name.
    #[must_use]
    pub fn owner(&self) -> String {
        format!("mcpctl:{}", self.script())
    }

    /// The name of the script that runs.
    #[must_use]
    pub fn script(&self) -> &str {
        self.script.get().map_or("eval", String::as_str)
    }

    /// The hint of a refused confirmation: how to preview first, then how to continue.
    #[must_use]
    pub fn hint_to_confirm(&self) -> String {
        let line = &self.settings.command_line;
        if line.is_empty() {
            return "look with `--dry-run`, then repeat with `--yes`".to_owned();
        }
        format!("look with `{line} --dry-run`, then repeat with `--yes`")
    }

    /// The runtime that its requests run on.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Waits for a future; returns early if the run is interrupted.
    ///
    /// # Errors
    /// The future's own, or that of the interrupt.
    pub fn wait<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        self.interrupt.check()?;
        self.runtime.block_on(self.interrupt.or(future))
    }

    /// Waits for a future that handles the interrupt itself, because it has to clean up before the end. After an
    /// interrupt it has five seconds: then the process ends.
    ///
    /// # Errors
    /// The future's own; the run was interrupted before.
    pub fn wait_out<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        self.interrupt.check()?;
        let _lingering = self.interrupt.linger();
        self.runtime.block_on(future)
    }

    /// Sleeps; in a dry run not at all.
    ///
    /// # Errors
    /// The run is interrupted.
    pub fn sleep(&self, duration: Duration) -> Result<()> {
        if self.settings.dry_run {
            return self.interrupt.check();
        }
        self.wait(async {
            tokio::time::sleep(duration).await;
            Ok(())
        })
    }

    /// The time, by this machine's clock or the sandbox's.
    ///
    /// # Errors
    /// The sandbox's state cannot be read.
    pub fn now(&self) -> Result<jiff::Timestamp> {
        Ok(self.world()?.map_or_else(jiff::Timestamp::now, |world| world.client_now()))
    }

    /// The printer in the output form of the results, which `./.env` may set.
    ///
    /// # Errors
    /// The form is unknown, or `.env` cannot be read.
    pub fn shown(&self) -> Result<&Printer> {
        let shown = self.shown.get_or_init(|| {
            let mut settings = self.printer.settings();
            if let Some(name) = self.settings.output_given()? {
                settings.form = name.parse()?;
            }
            for name in self.settings.ignored_in_folder() {
                self.printer.warn(&format!("`{name}` in `.env` has no effect: a folder must not choose it"));
            }
            Ok(self.printer.with_settings(settings))
        });
        shown.as_ref().map_err(Clone::clone)
    }

    /// Prints a result.
    ///
    /// # Errors
    /// As [`shown`](Self::shown), and a value without names in the form `name`.
    pub fn show(&self, document: &Document) -> Result<()> {
        self.shown()?.document(document)
    }

    /// Prints the output of a script's `print`: to stdout, or to stderr if stdout is one document or the plan of a dry
    /// run.
    pub fn print(&self, text: &str) {
        if self.settings.dry_run {
            self.printer.line(text);
            return;
        }
        match self.shown() {
            Ok(printer) => printer.print(text),
            Err(error) => self.printer.error(&error),
        }
    }

    /// Refuses a change in a read-only run before anything is shown or asked. The layers below refuse it, too.
    ///
    /// # Errors
    /// `--read-only` is set, and it is not a dry run.
    pub fn refuse_if_read_only(&self, doing: &str) -> Result<()> {
        if !self.settings.refuses_changes() {
            return Ok(());
        }
        Err(Error::new(Kind::Refused, format!("refusing to {doing}"))
            .cause("`--read-only` is set")
            .hint("run it without `--read-only`, or look with `--dry-run`"))
    }

    /// Whether mcpctl may write its own files that no run depends on: copies of catalogs, lines of the REPL.
    #[must_use]
    pub fn keeps_own_files(&self) -> bool {
        let settings = &self.settings;
        !settings.dry_run && !settings.read_only && self.recorder.allows(&Effect::named("files: write"))
    }

    /// Whether a program may be started that only shows a result.
    #[must_use]
    pub fn may_page(&self) -> bool {
        !self.settings.read_only && self.recorder.allows(&Effect::named("process: read"))
    }

    /// The end of a line that could be mistaken for a change of a real cluster: ` (sandbox)`, ` (dry run)`.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        match (self.settings.sandbox.is_some(), self.settings.dry_run) {
            (true, true) => " (sandbox, dry run)",
            (true, false) => " (sandbox)",
            (false, true) => " (dry run)",
            (false, false) => "",
        }
    }

    /// A path for the run: relative ones start from its folder.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.settings.path(path)
    }

    /// Reads a text file that must exist, for a script.
    ///
    /// # Errors
    /// No such file, one that cannot be read as text, or an env file with secrets.
    pub fn read_text(&self, path: &str) -> Result<String> {
        self.refuse_secret_file(&self.path(path))?;
        self.read_unseen_text(path)
    }

    /// As [`read_text`](Self::read_text), for text that no script will see: a secret.
    ///
    /// # Errors
    /// No such file, or one that cannot be read as text.
    pub fn read_unseen_text(&self, path: &str) -> Result<String> {
        let bytes = self.read_given(path)?;
        let bytes = bytes.ok_or_else(|| Error::not_found(format!("no file `{path}`")).object(path))?;
        encoding::text(&bytes, path)
    }

    /// Prints a warning, each only once per run.
    pub fn warn_once(&self, text: &str) {
        if self.is_first(text) {
            self.printer.warn(text);
        }
    }

    /// Whether a message is new in this run.
    #[must_use]
    pub fn is_first(&self, text: &str) -> bool {
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned())
    }

    /// The default printing of results, from `-q` and `-v`.
    #[must_use]
    pub fn output_settings(quiet: bool, verbosity: u8) -> output::Settings {
        output::Settings { form: output::Form::default(), quiet, verbosity }
    }
}
