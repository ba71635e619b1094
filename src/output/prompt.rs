//! Questions to the user. They are shown on the terminal itself, never on stdout.

mod editor;

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::multiplexer::ContextOutput;
use super::printer::Printer;
use super::redact;
use crate::error::{Error, Kind, Result};
use crate::record::{Effect, Recorder};
use crate::secret::Secret;

/// A yes-or-no question, and the error message if there is no terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The question with its question mark: `delete it?`.
    pub question: String,
    /// The error's message: `refusing to delete 1 pod without a confirmation`.
    pub refusal: String,
    /// The error's hint.
    pub hint: Option<String>,
}

impl Confirmation {
    /// A question, and the error message if there is no terminal.
    pub fn new(question: impl Into<String>, refusal: impl Into<String>) -> Self {
        Self { question: question.into(), refusal: refusal.into(), hint: None }
    }

    /// The hint if there is no terminal: ``look with `... --dry-run`, then repeat with `--yes` ``.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn refused(&self) -> Error {
        let error = Error::new(Kind::Refused, self.refusal.as_str());
        match &self.hint {
            Some(hint) => error.hint(hint.as_str()),
            None => error,
        }
    }
}

/// Asks. Cheap to clone.
#[derive(Clone)]
pub struct Prompter {
    printer: Printer,
    yes: bool,
    source: Source,
    /// Records each question as an effect.
    recorder: Option<Arc<Recorder>>,
}

/// Where answers come from.
#[derive(Clone)]
enum Source {
    /// The terminal that stdin is.
    Terminal,
    /// No source of answers.
    Nobody,
    /// A dry run: a confirmation counts as given.
    DryRun,
    /// A list, for tests.
    Scripted(Answers),
    /// As a list, but without a source until an answer is queued.
    Staged(Answers),
    /// One source for several runs at once.
    Several(ContextOutput),
}

/// Queued answers for later questions, in order. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<Option<VecDeque<String>>>>);

impl Answers {
    /// Queues more answers; from now on questions are asked, also after the last answer was used.
    pub fn lay(&self, more: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().extend(more);
    }

    /// Whether answers were ever queued.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn next(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.pop_front()
    }
}

/// What the user typed.
pub(super) enum Typed {
    Line(String),
    /// Ctrl-D.
    End,
}

impl Prompter {
    /// Asks on the terminal if stdin is one. `yes` answers every confirmation (`--yes`), and nothing else.
    #[must_use]
    pub fn new(printer: Printer, yes: bool) -> Self {
        let source = if std::io::stdin().is_terminal() { Source::Terminal } else { Source::Nobody };
        Self { printer, yes, source, recorder: None }
    }

    /// The same, but each question, also one that `--yes` answers, is recorded first, and refused if it is not allowed.
    #[must_use]
    pub fn noted_by(self, recorder: &Arc<Recorder>) -> Self {
        Self { recorder: Some(Arc::clone(recorder)), ..self }
    }

    fn note(&self) -> Result<()> {
        self.recorder.as_ref().map_or(Ok(()), |recorder| recorder.effect(Effect::named("prompt")))
    }

    /// Without a terminal, as in a dry run: confirmations count as given, questions get their default.
    #[must_use]
    pub fn dry_run(printer: Printer) -> Self {
        Self { printer, yes: true, source: Source::DryRun, recorder: None }
    }

    /// Without a terminal, as if stdin were not one.
    #[must_use]
    pub fn nobody(printer: Printer, yes: bool) -> Self {
        Self { printer, yes, source: Source::Nobody, recorder: None }
    }

    /// Takes the answers from a list, in order, for tests; questions and answers are printed to stderr.
    #[must_use]
    pub fn scripted<A: Into<String>>(printer: Printer, answers: impl IntoIterator<Item = A>) -> Self {
        let laid = Answers::default();
        laid.lay(answers.into_iter().map(Into::into));
        Self::answered(printer, false, laid)
    }

    /// As [`Prompter::scripted`], with answers that others may use, too, and optionally with `--yes`.
    #[must_use]
    pub fn answered(printer: Printer, yes: bool, answers: Answers) -> Self {
        Self { printer, yes, source: Source::Scripted(answers), recorder: None }
    }

    /// For tests that queue answers while they run: until then confirmations count as given and there is no terminal.
    #[must_use]
    pub fn staged(printer: Printer, answers: Answers) -> Self {
        Self { printer, yes: true, source: Source::Staged(answers), recorder: None }
    }

    /// For one of several runs.
    pub(super) fn of_side(printer: Printer, yes: bool, side: ContextOutput) -> Self {
        Self { printer, yes, source: Source::Several(side), recorder: None }
    }

    /// Whether questions can be asked.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        match &self.source {
            Source::Terminal | Source::Scripted(_) => true,
            Source::Staged(answers) => answers.is_open(),
            Source::Several(side) => side.is_interactive(),
            Source::Nobody | Source::DryRun => false,
        }
    }

    /// Asks whether to continue; only `y` and `yes` confirm.
    ///
    /// # Errors
    /// [`Kind::Declined`] for any other answer, [`Kind::Refused`] without a terminal and without `--yes`,
    /// [`Kind::Interrupted`] for Ctrl-C.
    pub fn confirm(&self, confirmation: &Confirmation) -> Result<()> {
        if self.is_yes(confirmation)? {
            return Ok(());
        }
        Err(Error::new(Kind::Declined, "declined: nothing was done"))
    }

    /// As [`Prompter::confirm`], but a no is a valid answer.
    ///
    /// # Errors
    /// [`Kind::Refused`] without a terminal and without `--yes`, [`Kind::Interrupted`] for Ctrl-C.
    pub fn is_yes(&self, confirmation: &Confirmation) -> Result<bool> {
        self.note()?;
        let is_staged = matches!(&self.source, Source::Staged(answers) if answers.is_open());
        if self.yes && !is_staged {
            if let Source::Several(side) = &self.source {
                // show what is about to be done before it is done
                side.show_said();
            }
            return Ok(true);
        }
        if !self.is_interactive() {
            return Err(confirmation.refused());
        }
        if let Source::Several(side) = &self.source {
            return side.is_yes(confirmation);
        }
        let answer = self.read(&format!("{} [y/N] ", self.shown(&confirmation.question)), false)?;
        Ok(matches!(answer, Typed::Line(text) if matches!(text.trim().to_lowercase().as_str(), "y" | "yes")))
    }

    /// Asks for a string; an empty answer is the default, if there is one.
    ///
    /// # Errors
    /// [`Kind::MissingValues`] without a terminal and without a default, [`Kind::Declined`] for Ctrl-D,
    /// [`Kind::Interrupted`] for Ctrl-C.
    pub fn ask(&self, question: &str, default: Option<&str>) -> Result<String> {
        self.note()?;
        if !self.is_interactive() {
            return default.map(str::to_owned).ok_or_else(|| self.cannot_ask(question));
        }
        let shown = self.shown(question);
        let prompt = match default {
            Some(default) => format!("{shown} [{}]: ", self.shown(default)),
            None => format!("{shown}: "),
        };
        let answer = self.line(&prompt, false)?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { default.unwrap_or_default() } else { answer }.to_owned())
    }

    /// Asks for a secret without showing it: each typed character is shown as `*`. The answer is masked in all output
    /// from then on; an empty answer is returned as such.
    ///
    /// # Errors
    /// As [`Prompter::ask`] without a default, and where the terminal cannot hide what is typed.
    pub fn ask_secret(&self, question: &str) -> Result<Secret> {
        self.note()?;
        if !self.is_interactive() {
            return Err(self.cannot_ask(question).hint("a secret is given as `@FILE`, or as `-` for standard input"));
        }
        let secret = Secret::new(self.line(&format!("{} (hidden): ", self.shown(question)), true)?);
        self.printer.vault().keep(&secret);
        Ok(secret)
    }

    /// Asks for one of several, by number or by name; gives its place in the list.
    ///
    /// # Errors
    /// As [`Prompter::ask`]; [`Kind::Invalid`] after three answers that are none of them, or if there is nothing
    /// to choose from.
    pub fn choose(&self, question: &str, options: &[String], default: Option<usize>) -> Result<usize> {
        self.note()?;
        if options.is_empty() {
            return Err(Error::invalid("there is nothing to choose from"));
        }
        let default = default.filter(|place| *place < options.len());
        if !self.is_interactive() {
            return default.ok_or_else(|| self.cannot_ask(question));
        }
        let width = options.len().to_string().len();
        for (place, option) in options.iter().enumerate() {
            self.printer.line(&format!("  {:>width$}  {}", place + 1, self.shown(option)));
        }
        for _ in 0..3 {
            let number = default.map(|place| (place + 1).to_string());
            let answer = self.ask(question, number.as_deref())?;
            let by_number = answer.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < options.len());
            if let Some(place) = options.iter().position(|option| *option == answer).or(by_number) {
                return Ok(place);
            }
            self.printer.line(&format!("answer with a number from 1 to {}, or a name", options.len()));
        }
        Err(Error::invalid("none of the choices was chosen"))
    }

    fn cannot_ask(&self, question: &str) -> Error {
        let question = question.trim_end_matches([':', ' ']);
        let why =
            if matches!(self.source, Source::DryRun) { "a dry run asks nothing" } else { "stdin is not a terminal" };
        Error::new(Kind::MissingValues, format!("no value for `{question}`: {why}"))
    }

    fn shown(&self, text: &str) -> String {
        redact::cell(text, self.printer.vault()).into_owned()
    }

    fn line(&self, prompt: &str, hidden: bool) -> Result<String> {
        match self.read(prompt, hidden)? {
            Typed::Line(line) => Ok(line),
            Typed::End => Err(Error::new(Kind::Declined, "declined: no answer was given")),
        }
    }

    /// Asks with a prompt that is clean already.
    pub(super) fn read(&self, prompt: &str, hidden: bool) -> Result<Typed> {
        match &self.source {
            Source::Scripted(answers) | Source::Staged(answers) => {
                let answer = answers.next();
                let shown = match &answer {
                    Some(answer) if hidden => editor::stars(answer),
                    Some(answer) => self.shown(answer),
                    None => String::new(),
                };
                self.printer.painted(format!("{prompt}{shown}").trim_end());
                Ok(answer.map_or(Typed::End, Typed::Line))
            }
            Source::Several(side) => side.read(prompt, hidden),
            Source::Terminal | Source::Nobody | Source::DryRun => {
                self.printer.paused(|| editor::read(prompt, hidden)).map(|line| line.map_or(Typed::End, Typed::Line))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::super::sink::Captured;
    use super::*;

    fn scripted(answers: &[&str]) -> (Prompter, Captured) {
        let (printer, captured) = Printer::in_memory(Form::Table);
        (Prompter::scripted(printer, answers.iter().copied()), captured)
    }

    fn nobody(yes: bool) -> Prompter {
        Prompter::nobody(Printer::in_memory(Form::Table).0, yes)
    }

    fn confirmation() -> Confirmation {
        Confirmation::new("delete it?", "refusing to delete 1 pod without a confirmation")
            .hint("look with `mcpctl stale 24h --dry-run`, then repeat with `--yes`")
    }

    #[test]
    fn only_yes_means_yes() {
        for (answer, means) in [("y", true), ("YES ", true), ("", false), ("n", false), ("yep", false), ("1", false)] {
            let (prompter, captured) = scripted(&[answer]);
            let result = prompter.confirm(&confirmation());
            assert_eq!(result.is_ok(), means, "{answer}");
            assert_eq!(captured.err(), format!("{}\n", format!("delete it? [y/N] {answer}").trim_end()));
            assert_eq!(captured.out(), "");
            if let Err(error) = result {
                assert_eq!((error.kind, error.message.as_str()), (Kind::Declined, "declined: nothing was done"));
            }
        }
    }

    #[test]
    fn without_a_terminal_a_confirmation_is_refused_unless_yes_is_given() {
        let error = nobody(false).confirm(&confirmation()).unwrap_err();
        assert_eq!(error.kind, Kind::Refused);
        assert_eq!(error.message, "refusing to delete 1 pod without a confirmation");
        assert_eq!(error.hints, ["look with `mcpctl stale 24h --dry-run`, then repeat with `--yes`"]);
        assert!(nobody(true).confirm(&confirmation()).is_ok());
    }

    #[test]
    fn yes_answers_confirmations_only() {
        let error = nobody(true).ask("url", None).unwrap_err();
        assert_eq!(error.kind, Kind::MissingValues);
        assert_eq!(error.message, "no value for `url`: stdin is not a terminal");
        assert_eq!(nobody(true).ask("url", Some("http://a")).unwrap(), "http://a");
        assert!(nobody(true).ask_secret("token").is_err());
    }

    #[test]
    fn a_dry_run_asks_nothing() {
        let prompter = Prompter::dry_run(Printer::in_memory(Form::Table).0);
        assert!(prompter.is_yes(&confirmation()).unwrap());
        assert_eq!(prompter.ask("url", Some("x")).unwrap(), "x");
        assert_eq!(prompter.ask("url: ", None).unwrap_err().message, "no value for `url`: a dry run asks nothing");
    }

    #[test]
    fn an_empty_answer_is_the_default() {
        let (prompter, captured) = scripted(&["", " typed ", ""]);
        assert_eq!(prompter.ask("url\x1b", Some("http://a")).unwrap(), "http://a");
        assert_eq!(prompter.ask("url", Some("http://a")).unwrap(), "typed");
        assert_eq!(prompter.ask("url", None).unwrap(), "");
        assert_eq!(captured.err(), "url␛ [http://a]:\nurl [http://a]:  typed \nurl:\n".replace("typed \n", "typed\n"));
        assert_eq!(prompter.ask("url", None).unwrap_err().kind, Kind::Declined);
    }

    #[test]
    fn a_secret_is_stars_and_masked_from_then_on() {
        let (prompter, captured) = scripted(&["canary-時"]);
        assert_eq!(prompter.ask_secret("api_token").unwrap().expose(), "canary-時");
        prompter.printer.line("got canary-時");
        assert_eq!(captured.err(), "api_token (hidden): *********\ngot ***\n");
    }

    #[test]
    fn one_of_several_is_chosen_by_number_or_name() {
        let options = ["dev".to_owned(), "prod".to_owned()];
        let (prompter, captured) = scripted(&["3", "prod", "1", ""]);
        assert_eq!(prompter.choose("context", &options, None).unwrap(), 1);
        assert_eq!(
            captured.err(),
            "  1  dev\n  2  prod\ncontext: 3\nanswer with a number from 1 to 2, or a name\ncontext: prod\n"
        );
        assert_eq!(prompter.choose("context", &options, None).unwrap(), 0);
        assert_eq!(prompter.choose("context", &options, Some(1)).unwrap(), 1);
        assert!(captured.err().ends_with("context [2]:\n"));
        assert_eq!(nobody(false).choose("context", &options, Some(0)).unwrap(), 0);
        assert!(nobody(false).choose("context", &options, None).is_err());
    }
}
