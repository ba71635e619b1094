//! The printer that every layer above is given.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::Value;

use super::document::Document;
use super::form::{Form, Settings};
use super::multiplexer::ContextOutput;
use super::report::{Gravity, Reporter};
use super::screen::{Screen, Size};
use super::sink::{Captured, Sink, not_written};
use super::table::Table;
use super::volume::Volume;
use super::{done, log, manifests, plan, redact, structured};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Signal;
use crate::record::Change;
use crate::secret::{SHORTEST_MASKED, Vault};

/// More rows than a user reads before answering a question.
const MOST_PREVIEWED: usize = 50;

/// Prints: data to stdout, all else to stderr; everything cleaned and masked. Cheap to clone, usable from any
/// thread.
#[derive(Clone)]
pub struct Printer {
    shared: Arc<Shared>,
    settings: Settings,
}

struct Shared {
    out: Sink,
    err: Sink,
    vault: Arc<Vault>,
    bars: OnceLock<MultiProgress>,
    screen: Mutex<Screen>,
    volume: Volume,
    /// Its place, where it is one of several that print into one.
    side: Option<ContextOutput>,
}

impl Printer {
    /// A printer to the process's stdout and stderr.
    #[must_use]
    pub fn new(settings: Settings, vault: Arc<Vault>) -> Self {
        Self::to_sinks(settings, vault, Sink::stdout(), Sink::stderr())
    }

    /// A printer to any two streams.
    #[must_use]
    pub fn to_sinks(settings: Settings, vault: Arc<Vault>, out: Sink, err: Sink) -> Self {
        Self::sharing(settings, vault, out, err, None)
    }

    /// A printer of one of several runs: its results go where those of the others are.
    pub(super) fn of_side(settings: Settings, vault: Arc<Vault>, out: Sink, err: Sink, side: ContextOutput) -> Self {
        Self::sharing(settings, vault, out, err, Some(side))
    }

    fn sharing(settings: Settings, vault: Arc<Vault>, out: Sink, err: Sink, side: Option<ContextOutput>) -> Self {
        let (bars, screen, volume) = (OnceLock::new(), Mutex::default(), Volume::default());
        Self { shared: Arc::new(Shared { out, err, vault, bars, screen, volume, side }), settings }
    }

    /// A printer into memory, without colours, for tests.
    #[must_use]
    pub fn in_memory(form: Form) -> (Self, Captured) {
        let (out, err, captured) = Captured::sinks(false);
        let settings = Settings { form, ..Settings::default() };
        (Self::to_sinks(settings, Arc::new(Vault::default()), out, err), captured)
    }

    /// The same streams with other settings, as the REPL's `:output json` wants.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Self {
        Self { shared: Arc::clone(&self.shared), settings }
    }

    /// How it prints.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The secrets that it masks.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.shared.vault
    }

    /// Whether stderr is a terminal.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.shared.err.is_terminal()
    }

    /// Data to stdout; a newline is added where none ends it.
    pub fn out(&self, text: &str) {
        self.write(&self.shared.out, &redact::text(text, &self.shared.vault));
    }

    /// Text of our own with its colours to stdout, as help is; they are left out where stdout shows none.
    pub fn styled(&self, text: &str) {
        self.put(&self.shared.out, text);
    }

    /// What a script's `print` prints: to stdout, but to stderr where stdout is one document.
    pub fn print(&self, text: &str) {
        let sink = if self.settings.form.is_document() { &self.shared.err } else { &self.shared.out };
        self.write(sink, &redact::text(text, &self.shared.vault));
    }

    /// A result to stdout in the form of `-o`, its summary to stderr.
    ///
    /// # Errors
    /// With `-o name`, if it has no names.
    pub fn document(&self, document: &Document) -> Result<()> {
        if let Some(side) = &self.shared.side {
            side.keep(document.clone());
            return Ok(());
        }
        self.write_document(&self.rendered(document)?);
        self.remark(document);
        Ok(())
    }

    /// What stderr says beside a result.
    pub(super) fn remark(&self, document: &Document) {
        match document.remark(self.settings.form) {
            Some(remark) if document.several => remark.lines().for_each(|line| self.info(line)),
            Some(remark) => self.info(remark),
            None => {}
        }
    }

    /// A result as it stands on stdout.
    pub(super) fn rendered(&self, document: &Document) -> Result<String> {
        let width = if self.shared.out.is_terminal() { Screen::size().map(Size::columns) } else { None };
        document.render(self.settings.form, width, &self.shared.vault, self.shared.out.paint())
    }

    /// Text as it stands on stdout.
    pub(super) fn clean(&self, text: &str) -> String {
        redact::text(text, &self.shared.vault).into_owned()
    }

    /// A list to stdout in the form JSON or YAML, made and written item by item: a long one takes little memory.
    ///
    /// # Errors
    /// An item that is none; then nothing is printed.
    pub fn list(&self, items: impl Iterator<Item = Result<Value>>) -> Result<()> {
        if let Some(side) = &self.shared.side {
            side.keep(Document::new(items.collect::<Result<Vec<_>>>()?.into()));
            return Ok(());
        }
        self.write_document(&structured::list(self.settings.form, items, &self.shared.vault)?);
        Ok(())
    }

    /// Objects of the API to stdout, as documents that can be applied; in the form JSON one list. Nothing in them is
    /// masked: what must not be seen is for the caller to leave out. `remarks` go before them, as comments.
    ///
    /// # Errors
    /// None that is known; writing JSON and YAML is fallible by its signature.
    pub fn manifests(&self, documents: &[Value], remarks: &[String]) -> Result<()> {
        let text = match self.settings.form {
            Form::Json => structured::json(&manifests::list(documents))?,
            _ => manifests::yaml(documents, remarks)?,
        };
        self.write_document(&text);
        Ok(())
    }

    /// Whether results can be drawn in place of earlier ones: stdout is a terminal, and the form is for people.
    #[must_use]
    pub fn draws_in_place(&self) -> bool {
        if let Some(side) = &self.shared.side {
            return side.draws_in_place();
        }
        self.shared.out.is_terminal() && !self.settings.form.is_document()
    }

    /// A result in place of the last one that was drawn, where that can be; elsewhere below it, if it is another.
    ///
    /// # Errors
    /// As [`document`](Self::document).
    pub fn redraw(&self, document: &Document) -> Result<()> {
        if let Some(side) = &self.shared.side {
            return side.redraw(document.clone());
        }
        let text = self.rendered(document)?;
        let place = if self.draws_in_place() { Screen::size() } else { None };
        let drawn = {
            let mut screen = self.shared.screen.lock().unwrap_or_else(PoisonError::into_inner);
            match place {
                Some(size) => {
                    let remark = document.remark(self.settings.form).unwrap_or_default();
                    let remark = if document.several { self.clean(remark) } else { self.indented(remark) };
                    screen.replace(&text, &remark, size, self.settings.form == Form::Wide)
                }
                None if !screen.is_new(&text) => return Ok(()),
                None => text,
            }
        };
        if place.is_some() {
            self.shared.out.write(&drawn);
            return Ok(());
        }
        self.put_document(&drawn);
        self.remark(document);
        Ok(())
    }

    /// A line of a log to stdout, behind the name of what wrote it; each source has its number, and its colour.
    pub fn log_line(&self, number: usize, source: &str, text: &str) {
        if let Some(side) = &self.shared.side {
            return side.log_line(number, source, text);
        }
        let line = redact::text(&log::without_colours(text), &self.shared.vault).into_owned();
        let source = self.clean(source);
        let head = if source.is_empty() {
            String::new()
        } else {
            format!("{} ", self.shared.out.paint().source(number, &format!("{source} |")))
        };
        self.put(&self.shared.out, &format!("{head}{line}"));
    }

    /// A value to stdout as one line of JSON, one of many.
    pub fn json_line(&self, value: &Value) {
        if let Some(side) = &self.shared.side {
            return side.json_line(value);
        }
        self.put(&self.shared.out, &structured::json_line(&redact::value(value, &self.shared.vault)));
    }

    /// The plan of a dry run to stdout in the form of `-o`.
    ///
    /// # Errors
    /// None that is known; writing JSON and YAML is fallible by its signature.
    pub fn plan(&self, changes: &[Change]) -> Result<()> {
        if let Some(side) = &self.shared.side {
            side.keep_plan(changes);
            return Ok(());
        }
        let vault = &self.shared.vault;
        let text = match self.settings.form {
            Form::Table | Form::Wide => plan::render(changes, vault),
            Form::Json => structured::json(&plan::value(changes, vault))?,
            Form::Yaml => structured::yaml(&plan::value(changes, vault))?,
            Form::Name => structured::names(&plan::value(changes, vault), None)?,
        };
        self.write_document(&text);
        Ok(())
    }

    /// The plans of several contexts to stdout as one, in the form of `-o`.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub(super) fn plans(&self, plans: &[(String, Vec<Change>)]) -> Result<()> {
        let vault = &self.shared.vault;
        let text = match self.settings.form {
            Form::Table | Form::Wide => plan::render_all(plans, vault),
            Form::Json => structured::json(&plan::value_all(plans, vault))?,
            Form::Yaml => structured::yaml(&plan::value_all(plans, vault))?,
            Form::Name => structured::names(&plan::value_all(plans, vault), None)?,
        };
        self.write_document(&text);
        Ok(())
    }

    /// The plan as `-o json` shows it.
    #[must_use]
    pub fn plan_value(&self, changes: &[Change]) -> serde_json::Value {
        plan::value(changes, &self.shared.vault)
    }

    /// A line to stderr that is always printed: what a confirmation is about, the context of a change. Its continuation
    /// lines are indented.
    pub fn line(&self, text: &str) {
        self.write(&self.shared.err, &self.indented(text));
    }

    /// A table to stderr, indented: what the question after them is about. Very many
    /// are cut off with their number.
    pub fn preview(&self, table: &Table) {
        let rows = table.preview(MOST_PREVIEWED, &self.shared.vault);
        if !rows.is_empty() {
            self.painted(&rows);
        }
    }

    /// Information to stderr, left out by `--quiet`.
    pub fn info(&self, text: &str) {
        if !self.settings.quiet {
            self.line(text);
        }
    }

    /// `note: ...` to stderr, left out by `--quiet`: useful information that needs no action.
    pub fn note(&self, text: &str) {
        if !self.settings.quiet {
            let head = self.shared.err.paint().faint("note:");
            self.write(&self.shared.err, &format!("{head} {}", self.indented(text)));
        }
    }

    /// `warning: ...` to stderr, always.
    pub fn warn(&self, text: &str) {
        self.warning(&Error::new(Kind::Failed, text));
    }

    /// A whole report as a warning to stderr, always.
    pub fn warning(&self, report: &Error) {
        self.report(Gravity::Warning, report);
    }

    /// An error to stderr, always.
    pub fn error(&self, error: &Error) {
        self.report(Gravity::Error, error);
    }

    /// What `-v` (level 1), `-vv` (2) and so on add, to stderr. The text is only made if it is shown.
    pub fn verbose(&self, level: u8, text: impl FnOnce() -> String) {
        if self.settings.verbosity >= level {
            let text = redact::text(&text(), &self.shared.vault).into_owned();
            self.write(&self.shared.err, &self.shared.err.paint().faint(text.trim_end()));
        }
    }

    /// The line after Ctrl-C or SIGTERM: what had been done by then.
    pub fn interrupted(&self, signal: Signal, changes: &[Change]) {
        self.line(&done::line(signal, changes));
    }

    /// Whether nothing more can be written to stdout: its reader has ended (`| head`), or the disk is full. Later
    /// output is dropped. A run that only prints (`logs -f`) should end: quietly and with success if the reader has
    /// ended, otherwise with the error of [`finish`](Self::finish).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        if let Some(side) = &self.shared.side {
            return side.is_closed();
        }
        self.shared.out.is_closed()
    }

    /// Fails once a run has printed more than it may. Lines of logs and drawings in place do not count.
    ///
    /// # Errors
    /// [`Kind::Limit`].
    pub fn check_volume(&self) -> Result<()> {
        self.shared.volume.check()
    }

    /// Counts what is printed from here on.
    pub fn reset_volume(&self) {
        self.shared.volume.reset();
    }

    /// Checks at the end of a run whether all data was written.
    ///
    /// # Errors
    /// Stdout could not be written (a full disk); a closed pipe is not an error.
    pub fn finish(&self) -> Result<()> {
        match self.shared.out.failure() {
            Some(cause) => Err(not_written(cause)),
            None => Ok(()),
        }
    }

    /// The terminal's progress lines, if there is a terminal and they are wanted.
    pub(super) fn bars(&self) -> Option<&MultiProgress> {
        if self.settings.quiet || !self.shared.err.is_terminal() {
            return None;
        }
        Some(self.shared.bars.get_or_init(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr())))
    }

    /// Uses the terminal while no progress line is drawn. Takes no lock meanwhile, so that others can print, and a run
    /// can end, while a question waits.
    pub(super) fn paused<T>(&self, act: impl FnOnce() -> T) -> T {
        let Some(bars) = self.shared.bars.get() else {
            return act();
        };
        // a terminal that cannot be cleared is one that cannot be drawn on
        let _ = bars.clear();
        bars.set_draw_target(ProgressDrawTarget::hidden());
        let result = act();
        bars.set_draw_target(ProgressDrawTarget::stderr());
        result
    }

    /// A printer that draws progress on a target, as if stderr were a terminal.
    #[cfg(test)]
    pub(super) fn drawing(target: ProgressDrawTarget) -> (Self, Captured) {
        let (out, _, captured) = Captured::sinks(false);
        let err = Sink::new(Box::new(captured.err_writer()), false, true);
        let printer = Self::to_sinks(Settings::default(), Arc::default(), out, err);
        let _ = printer.shared.bars.set(MultiProgress::with_draw_target(target));
        (printer, captured)
    }

    /// A painted line to stderr; its parts are clean already.
    pub(super) fn painted(&self, text: &str) {
        self.write(&self.shared.err, text);
    }

    pub(super) fn paint(&self) -> super::paint::Paint {
        self.shared.err.paint()
    }

    fn report(&self, gravity: Gravity, report: &Error) {
        let reporter = Reporter { vault: &self.shared.vault, paint: self.shared.err.paint() };
        self.write(&self.shared.err, &reporter.render(gravity, report));
    }

    /// Text with indented continuation lines, so that foreign text cannot look like a line of mcpctl.
    pub(super) fn indented(&self, text: &str) -> String {
        redact::text(text, &self.shared.vault).trim_end().replace('\n', "\n  ")
    }

    fn write_document(&self, text: &str) {
        if !text.is_empty() {
            self.write(&self.shared.out, text);
        }
    }

    fn put_document(&self, text: &str) {
        if !text.is_empty() {
            self.put(&self.shared.out, text);
        }
    }

    fn write(&self, sink: &Sink, text: &str) {
        self.shared.volume.add(text.len());
        self.put(sink, text);
    }

    /// Every write passes here; lines of followed logs come without being counted.
    fn put(&self, sink: &Sink, text: &str) {
        if self.shared.vault.unmasked() {
            self.warn(&format!(
                "a secret with fewer than {SHORTEST_MASKED} characters is not masked inside other text"
            ));
        }
        // what is drawn next is drawn below this
        self.shared.screen.lock().unwrap_or_else(PoisonError::into_inner).leave();
        let ended = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
        match self.shared.bars.get() {
            Some(bars) => bars.suspend(|| sink.write(&ended)),
            None => sink.write(&ended),
        }
    }
}

#[cfg(test)]
mod tests;
