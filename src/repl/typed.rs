//! What is known about a line while it is typed: none of it has run.

use super::incomplete::Grammar;
use super::{cursor_context, meta, secret_detection};

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Whether it is a command of the REPL and not of the language.
    pub is_command: bool,
    /// Whether it goes on in the next line.
    pub is_incomplete: bool,
    /// Whether it contains a secret as a literal, so that the history must not keep it.
    pub holds_secret: bool,
    /// The byte at which the word begins that a completion would replace.
    pub word_start: usize,
}

impl Typed {
    /// Looks at a line whose end is the cursor.
    #[must_use]
    pub fn read(line: &str) -> Self {
        let is_command = meta::is_meta(line) && meta::parse(line).is_ok();
        Self {
            is_command,
            is_incomplete: !is_command && Grammar::new().is_incomplete(line),
            holds_secret: secret_detection::holds_secret_literal(line),
            word_start: cursor_context::at(line).map_or(line.len(), |spot| spot.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    #[test]
    fn what_is_typed_is_judged_before_it_runs() {
        let typed = Typed::read("pods::li");
        assert_eq!((typed.is_command, typed.is_incomplete, typed.word_start), (false, false, 6));
        assert!(Typed::read("let x = [1,").is_incomplete);
        assert!(Typed::read(":help").is_command);
        assert!(Typed::read("let token = \"canary-of-a-token\"").holds_secret);
    }
}
