//! The line editor's helper: completion, hints, colours, and whether the line continues.

use std::borrow::Cow;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};

use super::hint::{self, Hint};
use super::incomplete::Grammar;
use super::known::Known;
use super::live::Live;
use super::{colour, completion, meta};

/// The editor's helper.
pub(super) struct Assistant {
    grammar: Grammar,
    known: Known,
    live: Live,
    colour: bool,
}

impl Assistant {
    /// A helper that looks at what is known when a key is pressed.
    pub(super) fn new(known: Known, live: Live, colour: bool) -> Self {
        Self { grammar: Grammar::new(), known, live, colour }
    }

    fn painted<'a>(&self, text: &'a str, paint: fn(&str) -> String) -> Cow<'a, str> {
        if self.colour { Cow::Owned(paint(text)) } else { Cow::Borrowed(text) }
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        // a line that is called invalid could not be left
        let open = !meta::is_meta(text) && self.grammar.is_incomplete(text);
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = completion::complete(&line[..position], &self.known, &self.live);
        let pairs = found.into_iter().map(|found| Pair { display: found.shown, replacement: found.word });
        Ok((start, pairs.collect()))
    }
}

impl Hinter for Assistant {
    type Hint = Hint;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Hint> {
        hint::hint(line, position, context, &self.known)
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        self.painted(line, colour::line)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        self.painted(prompt, colour::prompt)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.painted(hint, colour::faint)
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Helper for Assistant {}
