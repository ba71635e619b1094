//! One REPL session: a line in, what it prints, and what lasts of it.

use std::sync::Arc;

use super::assistant::Assistant;
use super::evaluator::Evaluator;
use super::guards::{Guard, Guards};
use super::known::Known;
use super::live::Live;
use super::saved::Saved;
use super::signals::Running;
use super::{Outside, commands, history, manual, meta};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::interrupt::Signal;
use crate::primitives::api::show;
use crate::record::Outcome;
use crate::script::run::Ended;

/// The state of a REPL session.
pub(super) struct Repl<'a> {
    pub(super) session: Evaluator,
    pub(super) outside: &'a dyn Outside,
    pub(super) saved: Saved,
    /// What it began with and cannot switch off.
    pub(super) guards: Guards,
    /// Whether `:load` has brought in what `:save` cannot write.
    pub(super) loaded: bool,
    /// The height of the screen; 0 where nothing is paged.
    pub(super) rows: usize,
    running: Running,
    known: Known,
    live: Live,
    /// Whether the last line failed.
    failed: Option<Kind>,
}

impl<'a> Repl<'a> {
    /// A REPL session with nothing in it.
    pub(super) fn new(host: Arc<Host>, outside: &'a dyn Outside, running: Running) -> Self {
        let live = Live::of(&host);
        let guards = Guards::of(&host.settings);
        Self {
            session: Evaluator::new(host),
            outside,
            saved: Saved::default(),
            guards,
            loaded: false,
            rows: 0,
            running,
            known: Known::default(),
            live,
            failed: None,
        }
    }

    /// The run that lines belong to.
    pub(super) fn host(&self) -> &Arc<Host> {
        self.session.host()
    }

    /// What helps while a line is typed.
    pub(super) fn assistant(&self, colour: bool) -> Assistant {
        Assistant::new(self.known.clone(), self.live.clone(), colour)
    }

    /// Passes the changes of the last line to completion.
    pub(super) fn renew_names(&self) {
        self.known.update(&self.session);
        let changes = self.host().recorder.changes();
        self.live.renew(self.host(), changes.iter().any(|change| change.outcome != Outcome::Planned));
    }

    /// Goes on with another run.
    pub(super) fn continue_with(&mut self, host: Arc<Host>) {
        self.session.continue_with(host);
    }

    /// Prints a text, through a pager if it is long.
    pub(super) fn page(&self, text: &str) {
        let printer = &self.host().printer;
        if self.rows == 0 { printer.out(text) } else { printer.out_paged(text, self.rows) }
    }

    /// Begins to look up the names that live in the cluster.
    pub(super) fn fetch_names(&self) {
        self.live.renew(self.host(), true);
    }

    /// Says what this is and where it works.
    pub(super) fn greet(&self) {
        let host = self.host();
        let place = match host.cluster() {
            Ok(cluster) if cluster.is_simulated() => format!("sandbox ({})", cluster.server()),
            Ok(cluster) => format!("context {} · namespace {}", cluster.context(), cluster.namespace()),
            Err(_) => "no cluster".to_owned(),
        };
        host.printer.info(&format!("mcpctl {} · {place} · :help for help", env!("CARGO_PKG_VERSION")));
        if let Err(error) = host.cluster() {
            host.printer.warning(&error);
        }
    }

    /// The code of a REPL session that came to its end: a pipe's last line counts, as a shell's does.
    pub(super) fn exit_code(&self) -> u8 {
        if self.host().prompter.is_interactive() { 0 } else { self.failed.map_or(0, Kind::exit_code) }
    }

    /// Does what a line says and prints what comes of it. Gives the exit code if the line ends the REPL session.
    pub(super) fn line(&mut self, text: &str) -> Option<u8> {
        self.failed = None;
        self.host().begin();
        if text.trim().is_empty() {
            return None;
        }
        let done = if meta::is_meta(text) || self.is_quit(text) { self.command(text) } else { self.script(text) };
        match done {
            Ok(code) => code,
            Err(error) => {
                self.tell(&error);
                self.failed = Some(error.kind);
                // SIGTERM ends more than the line
                (error.kind == Kind::Terminated).then(|| error.exit_code())
            }
        }
    }

    /// What people type who do not know the colon yet.
    fn is_quit(&self, text: &str) -> bool {
        matches!(text.trim(), "exit" | "quit" | "help") && self.session.variables().all(|(name, _)| name != text.trim())
    }

    fn command(&mut self, text: &str) -> Result<Option<u8>> {
        let text = text.trim();
        let command = meta::parse(if text == "exit" { ":quit" } else { text })?;
        commands::run(self, command)
    }

    fn script(&mut self, text: &str) -> Result<Option<u8>> {
        let ended = self.evaluate(text, None)?;
        if history::may_keep(text, &self.host().vault) && !manual::is_call(text) {
            self.saved.add(text);
        }
        if let Some(code) = ended.exit {
            return Ok(Some(code));
        }
        Ok(None)
    }

    /// Evaluates an entry and prints its value, or the plan of what it would do.
    ///
    /// # Errors
    /// What it ends with, be it a change that failed.
    pub(super) fn evaluate(&mut self, text: &str, file: Option<&str>) -> Result<Ended> {
        let running = self.running.clone();
        let result = running.during(|| self.session.evaluate(text, file));
        let host = Arc::clone(self.host());
        let vault = &host.vault;
        self.saved.retain(|entry| vault.mask(entry) == entry);
        self.conclude(&host, result)
    }

    /// Runs a script as the command line would.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub(super) fn run_script(&mut self, words: &[String]) -> Result<Ended> {
        let (running, outside) = (self.running.clone(), self.outside);
        let host = Arc::clone(self.host());
        let (host, ended) = running.during(|| outside.run_script(&host, words))?;
        self.conclude(&host, Ok(ended))
    }

    fn conclude(&self, host: &Arc<Host>, result: Result<Ended>) -> Result<Ended> {
        host.keep_world()?;
        if host.settings.dry_run && !host.recorder.changes().is_empty() {
            show::plan(host)?;
        }
        let ended = result?;
        if !host.settings.dry_run || host.recorder.changes().is_empty() {
            let name = |value: &rhai::Dynamic| self.session.type_name(value).to_owned();
            super::show::value(host, &ended.value, name, self.rows)?;
        }
        match host.recorder.failure().or_else(|| host.recorder.deferred_error()) {
            Some(failure) => Err(failure),
            None => Ok(ended),
        }
    }

    fn tell(&self, error: &Error) {
        let host = self.host();
        match error.kind {
            Kind::Interrupted => host.printer.interrupted(Signal::Interrupt, &host.recorder.changes()),
            Kind::Terminated => host.printer.interrupted(Signal::Terminate, &host.recorder.changes()),
            // the way out is another one here than on the command line
            Kind::Refused if host.settings.read_only && !host.settings.dry_run => {
                let mut refused = error.clone();
                refused.hints = vec![self.guards.way_out(Guard::ReadOnly)];
                host.printer.error(&refused);
            }
            _ => host.printer.error(error),
        }
    }
}
