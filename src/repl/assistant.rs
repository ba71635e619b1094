//! What helps while a line is typed: completion, hints, colours, and whether the line goes on.

use rustyline::Helper;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};

use super::incomplete::Grammar;
use super::meta;

/// The editor's helper.
pub(super) struct Assistant {
    grammar: Grammar,
    colour: bool,
}

impl Assistant {
    pub(super) fn new(colour: bool) -> Self {
        Self { grammar: Grammar::new(), colour }
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
    type Candidate = String;
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Helper for Assistant {}
