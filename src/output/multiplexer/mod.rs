//! Several runs at once with one output: messages are marked with their context, results are merged, and confirmations
//! become one question, after everything that it is about was shown.
//!
//! A run does not know about it: each has its own [`Printer`] and [`Prompter`], which are connected to it.

mod mark;
mod merge;

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::error::Result;
use crate::interrupt::Interrupt;
use crate::record::Change;

use super::document::Document;
use super::form::Settings;
use super::printer::Printer;
use super::prompt::{Confirmation, Prompter, Typed};
use super::sink::Sink;

/// How often a run that waits for an answer checks for an interrupt.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Several runs and what they have to say.
pub struct Multiplexer {
    state: Mutex<MultiplexerState>,
    woken: Condvar,
    /// Locked while the user types.
    typing: Mutex<()>,
    printer: Printer,
    prompter: Prompter,
    interrupt: Interrupt,
}

struct MultiplexerState {
    parts: Vec<Part>,
    /// Something was drawn since it was last shown.
    drawn: bool,
    asking: bool,
}

/// One of the runs.
#[derive(Default)]
struct Part {
    context: String,
    /// What it said to stderr and has not been shown yet.
    said: Vec<u8>,
    documents: Vec<Document>,
    drawing: Option<Document>,
    plan: Option<Vec<Change>>,
    question: Option<String>,
    answer: Option<Result<bool>>,
    ended: bool,
}

/// The place of one run among several.
#[derive(Clone)]
pub(super) struct ContextOutput {
    multiplexer: Arc<Multiplexer>,
    index: usize,
}

impl Multiplexer {
    /// Room for runs on these contexts. `printer` has the form in which results are wanted.
    #[must_use]
    pub fn new(contexts: &[String], printer: Printer, prompter: Prompter, interrupt: Interrupt) -> Arc<Self> {
        let part = |context: &String| Part { context: context.clone(), ..Part::default() };
        Arc::new(Self {
            state: Mutex::new(MultiplexerState {
                parts: contexts.iter().map(part).collect(),
                drawn: false,
                asking: false,
            }),
            woken: Condvar::new(),
            typing: Mutex::default(),
            printer,
            prompter,
            interrupt,
        })
    }

    /// The printer of one run.
    #[must_use]
    pub fn printer(self: &Arc<Self>, index: usize, settings: Settings) -> Printer {
        let side = ContextOutput { multiplexer: Arc::clone(self), index };
        let colour = self.printer.paint().colour;
        let out = Sink::writer(Box::new(Lines { side: side.clone(), rest: Vec::new() }), false);
        let err = Sink::writer(Box::new(Said(side.clone())), colour);
        Printer::of_side(settings, Arc::clone(self.printer.vault()), out, err, side)
    }

    /// The prompter of one run. `yes` answers its confirmations.
    #[must_use]
    pub fn prompter(self: &Arc<Self>, index: usize, printer: Printer, yes: bool) -> Prompter {
        Prompter::of_side(printer, yes, ContextOutput { multiplexer: Arc::clone(self), index })
    }

    /// One run has ended: it asks no more questions.
    pub fn end(&self, index: usize) {
        let mut state = self.state();
        state.parts[index].ended = true;
        self.show_said(&mut state, index);
        // a drawing cannot be shown where it was made: that it could not is of no use to a run that has ended
        let _ = self.draw(&mut state);
        self.woken.notify_all();
    }

    /// Prints the results of the runs after all have ended.
    ///
    /// # Errors
    /// A result without names in the form `name`.
    pub fn finish(&self) -> Result<()> {
        let mut state = self.state();
        let form = self.printer.settings().form;
        let rounds = state.parts.iter().map(|part| part.documents.len()).max().unwrap_or(0);
        for round in 0..rounds {
            let of_round =
                state.parts.iter().filter_map(|part| Some((part.context.as_str(), part.documents.get(round)?)));
            self.printer.document(&merge::documents(of_round, form))?;
        }
        let plans: Vec<(String, Vec<Change>)> =
            state.parts.iter_mut().filter_map(|part| Some((part.context.clone(), part.plan.take()?))).collect();
        if !plans.is_empty() {
            self.printer.plans(&plans)?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, MultiplexerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints the messages of a run so far, marked.
    fn show_said(&self, state: &mut MultiplexerState, index: usize) {
        let part = &mut state.parts[index];
        let said = std::mem::take(&mut part.said);
        if !said.is_empty() {
            self.printer.painted(&mark::lines(&part.context, &String::from_utf8_lossy(&said)));
        }
    }

    /// Shows the drawings of all runs as one, once each has one or has ended.
    fn draw(&self, state: &mut MultiplexerState) -> Result<()> {
        if !state.drawn || state.parts.iter().any(|part| part.drawing.is_none() && !part.ended) {
            return Ok(());
        }
        state.drawn = false;
        let drawings = state.parts.iter().filter_map(|part| Some((part.context.as_str(), part.drawing.as_ref()?)));
        let merged = merge::documents(drawings, self.printer.settings().form);
        for index in 0..state.parts.len() {
            self.show_said(state, index);
        }
        self.printer.redraw(&merged)
    }

    /// Asks once for all that wait for an answer.
    fn ask(&self, mut state: MutexGuard<'_, MultiplexerState>) {
        state.asking = true;
        for index in 0..state.parts.len() {
            self.show_said(&mut state, index);
        }
        let asked: Vec<(&str, &str)> =
            state.parts.iter().filter_map(|part| Some((part.context.as_str(), part.question.as_deref()?))).collect();
        let question = mark::question(&asked);
        // others may end meanwhile
        drop(state);
        let answer = self.prompter.is_yes(&Confirmation::new(question, "there is no confirmation"));
        let mut state = self.state();
        state.asking = false;
        for part in &mut state.parts {
            if part.question.take().is_some() {
                part.answer = Some(answer.clone());
            }
        }
        self.woken.notify_all();
    }
}

impl ContextOutput {
    fn context(&self) -> String {
        self.multiplexer.state().parts[self.index].context.clone()
    }

    /// Whether there is a user to ask.
    pub(super) fn is_interactive(&self) -> bool {
        self.multiplexer.prompter.is_interactive()
    }

    /// Waits until all other runs have asked, too, or have ended; then one of them asks for all.
    pub(super) fn is_yes(&self, confirmation: &Confirmation) -> Result<bool> {
        let mut state = self.multiplexer.state();
        state.parts[self.index].question = Some(confirmation.question.clone());
        loop {
            if let Some(answer) = state.parts[self.index].answer.take() {
                return answer;
            }
            let waiting = state.parts.iter().all(|part| part.ended || part.question.is_some());
            if waiting && !state.asking {
                self.multiplexer.ask(state);
                state = self.multiplexer.state();
                continue;
            }
            let (woken, _) =
                self.multiplexer.woken.wait_timeout(state, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            self.multiplexer.interrupt.check()?;
        }
    }

    /// Asks for a line, for this run alone; one run at a time.
    pub(super) fn read(&self, prompt: &str, hidden: bool) -> Result<Typed> {
        let _typing = self.multiplexer.typing.lock().unwrap_or_else(PoisonError::into_inner);
        self.show_said();
        self.multiplexer.prompter.read(&format!("{}: {prompt}", self.context()), hidden)
    }

    /// Keeps a result until all runs have ended.
    pub(super) fn keep(&self, document: Document) {
        self.multiplexer.state().parts[self.index].documents.push(document);
    }

    /// Keeps the plan of a dry run.
    pub(super) fn keep_plan(&self, changes: &[Change]) {
        self.multiplexer.state().parts[self.index].plan = Some(changes.to_vec());
    }

    /// Draws a result together with those of the others.
    pub(super) fn redraw(&self, document: Document) -> Result<()> {
        let mut state = self.multiplexer.state();
        state.parts[self.index].drawing = Some(document);
        state.drawn = true;
        self.multiplexer.draw(&mut state)
    }

    /// A line of a log, behind context and source.
    pub(super) fn log_line(&self, number: usize, source: &str, text: &str) {
        self.show_said();
        let context = self.context();
        let source = if source.is_empty() { context } else { format!("{context}/{source}") };
        let parts = self.multiplexer.state().parts.len();
        self.multiplexer.printer.log_line(number * parts + self.index, &source, text);
    }

    /// A value as one line of JSON, with its context.
    pub(super) fn json_line(&self, value: &Value) {
        self.show_said();
        self.multiplexer.printer.json_line(&merge::with_context(&self.context(), value));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.multiplexer.printer.is_closed()
    }

    pub(super) fn draws_in_place(&self) -> bool {
        self.multiplexer.printer.draws_in_place()
    }

    /// Shows what the run has said so far.
    pub(super) fn show_said(&self) {
        let mut state = self.multiplexer.state();
        self.multiplexer.show_said(&mut state, self.index);
    }
}

/// The stderr of one run.
struct Said(ContextOutput);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.multiplexer.state().parts[self.0.index].said.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The stdout of one run, as far as it prints lines and no results.
struct Lines {
    side: ContextOutput,
    rest: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned();
        self.side.show_said();
        if !text.is_empty() {
            self.side.multiplexer.printer.out(&mark::lines(&self.side.context(), &text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
