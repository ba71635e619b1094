//! Whether a line continues: an open bracket or string, according to the compiler.

use rhai::{Engine, LexError, ParseErrorType, Position};

use crate::primitives::api::limits;

/// A compiler that knows the language and no names.
pub(super) struct Grammar(Engine);

impl Grammar {
    pub(super) fn new() -> Self {
        let mut engine = Engine::new_raw();
        limits::configure(&mut engine);
        // names are resolved when the line is run
        engine.set_strict_variables(false);
        Self(engine)
    }

    /// Whether a line can become right by what follows. What is wrong already is not incomplete: it is run, and its
    /// error shown.
    pub(super) fn is_incomplete(&self, text: &str) -> bool {
        let Err(error) = self.0.compile(text) else {
            return open_comment(text);
        };
        match error.err_type() {
            ParseErrorType::UnexpectedEOF => true,
            ParseErrorType::MissingToken(..) => is_past_end(error.position(), text),
            // a text in double quotes ends with its line
            ParseErrorType::BadInput(LexError::UnterminatedString) => {
                crate::script::tokens::tokens(text).iter().any(|token| !token.closed && token.text.starts_with('`'))
            }
            _ => false,
        }
    }

    /// The syntax tree, where there is one.
    pub(super) fn tree(&self, text: &str) -> Option<rhai::AST> {
        self.0.compile(text).ok()
    }
}

fn open_comment(text: &str) -> bool {
    crate::script::tokens::tokens(text).iter().any(|token| !token.closed && token.text.starts_with("/*"))
}

fn is_past_end(position: Position, text: &str) -> bool {
    let Some(line) = position.line() else { return true };
    let lines: Vec<&str> = text.split('\n').collect();
    let rest: String = lines.iter().skip(line.saturating_sub(1)).copied().collect::<Vec<_>>().join("\n");
    let after: String = rest.chars().skip(position.position().unwrap_or(1).saturating_sub(1)).collect();
    crate::script::tokens::significant(&after).iter().all(|token| token.kind == crate::script::tokens::Kind::Comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_and_texts_go_on() {
        let grammar = Grammar::new();
        for text in [
            "fn f(x) {",
            "let a = #{",
            "[1,",
            "f(1,\n 2",
            "let t = `a\nb",
            "if x {\n  y()\n",
            "/* a",
            "x.map(|y| {",
            "let a =",
            "fn f() { // x",
        ] {
            assert!(grammar.is_incomplete(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_whole_or_wrong_is_run() {
        let grammar = Grammar::new();
        for text in ["", "1 + 1", "fn f() { 1 }", "a.", "pods::", "let 1", "\"open", "x)", "}", "f(1]", "let x = 5;"] {
            assert!(!grammar.is_incomplete(text), "{text:?}");
        }
    }
}
