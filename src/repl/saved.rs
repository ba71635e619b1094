//! `:save`: the accepted lines of a REPL session as a separate script.

use super::incomplete::Grammar;
use crate::error::{Error, Result};
use crate::primitives::api::limits;
use crate::script::tokens::{Kind, tokens};

/// What was accepted so far.
#[derive(Default)]
pub(super) struct Saved {
    entries: Vec<String>,
}

impl Saved {
    /// Adds an entry that was evaluated without an error.
    pub(super) fn add(&mut self, entry: &str) {
        self.entries.push(entry.trim().to_owned());
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Leaves out what a test rejects: what has turned out to be a secret.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.entries.retain(|entry| keep(entry));
    }

    /// The script. A function that was defined again is there once, as it was defined last: a script cannot hold two.
    pub(super) fn script(&self, summary: &str, grammar: &Grammar) -> String {
        let mut text = format!("//! {summary}\n\n");
        let mut later: Vec<(String, usize)> = Vec::new();
        let mut lines = Vec::new();
        for entry in self.entries.iter().rev() {
            lines.push(ended(&without(entry, &later, grammar)));
            later.extend(functions(entry, grammar).into_iter().map(|function| (function.name, function.parameters)));
        }
        for line in lines.iter().rev().filter(|line| !line.trim().is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// A function of an entry, and the bytes that it takes.
struct Function {
    name: String,
    parameters: usize,
    start: usize,
    end: usize,
}

fn functions(entry: &str, grammar: &Grammar) -> Vec<Function> {
    let Some(tree) = grammar.tree(entry) else { return Vec::new() };
    let pieces = tokens(entry);
    let own = tree.iter_functions().filter(|function| !function.name.contains('$'));
    own.filter_map(|function| {
        let name = pieces.iter().enumerate().position(|(at, piece)| {
            piece.text == function.name && before(&pieces[..at]).is_some_and(|word| pieces[word].text == "fn")
        })?;
        let word = before(&pieces[..name])?;
        let private = before(&pieces[..word]).filter(|&at| pieces[at].text == "private");
        let start = pieces[private.unwrap_or(word)].start;
        let end = body_end(&pieces[name..])?;
        Some(Function { name: function.name.to_owned(), parameters: function.params.len(), start, end })
    })
    .collect()
}

/// The piece before, blanks and comments aside.
fn before(pieces: &[crate::script::tokens::Token<'_>]) -> Option<usize> {
    pieces.iter().rposition(|piece| !matches!(piece.kind, Kind::Space | Kind::Comment))
}

/// Where the first block ends.
fn body_end(pieces: &[crate::script::tokens::Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for piece in pieces {
        if piece.is("{") || piece.is("#{") {
            depth += 1;
        } else if piece.is("}") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(piece.start + 1);
            }
        }
    }
    None
}

fn without(entry: &str, later: &[(String, usize)], grammar: &Grammar) -> String {
    let mut text = entry.to_owned();
    let mut gone = functions(entry, grammar);
    gone.retain(|function| later.iter().any(|(name, count)| *name == function.name && *count == function.parameters));
    gone.sort_by_key(|function| std::cmp::Reverse(function.start));
    for function in gone {
        text.replace_range(function.start..function.end, "");
    }
    text.trim().to_owned()
}

/// An entry that others can follow: with the semicolon that a single line does without.
fn ended(entry: &str) -> String {
    let pieces = tokens(entry);
    let Some(last) = before(&pieces) else { return entry.to_owned() };
    if pieces[last].is(";") || (pieces[last].is("}") && is_definition(&pieces)) {
        return entry.to_owned();
    }
    let end = pieces[last].start + pieces[last].text.len();
    format!("{};{}", &entry[..end], &entry[end..])
}

/// Whether a function is the whole text, which needs no semicolon.
fn is_definition(pieces: &[crate::script::tokens::Token<'_>]) -> bool {
    let first = pieces.iter().find(|piece| !matches!(piece.kind, Kind::Space | Kind::Comment));
    first.is_some_and(|piece| matches!(piece.text, "fn" | "private"))
}

/// Fails if the script does not compile: an accepted line may need a definition of a line that failed.
///
/// # Errors
/// What the compiler says.
pub(super) fn check(text: &str) -> Result<()> {
    let mut engine = rhai::Engine::new();
    limits::configure(&mut engine);
    crate::primitives::register(&mut engine);
    engine.compile(text).map(|_| ()).map_err(|failure| {
        let sources = crate::script::source::Sources::default();
        let shown = crate::script::diagnostics::explain_syntax(&failure, "", &sources);
        Error::failed("the lines of this REPL session are not a valid script on their own")
            .cause(shown.message.clone())
            .hint("a line that failed, or was not kept, defined what a later line needs")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(entries: &[&str]) -> String {
        let mut saved = Saved::default();
        entries.iter().for_each(|entry| saved.add(entry));
        let text = saved.script("Saved.", &Grammar::new());
        check(&text).unwrap();
        text
    }

    #[test]
    fn lines_end_and_the_last_definition_counts() {
        assert_eq!(
            saved(&[
                "import \"std/report\" as report",
                "let a = 1 // one",
                "fn f(x) { x }",
                "fn g() { 1 } fn f(x, y) { x }",
                "let m = #{ a: 1 }",
                "fn f(x) {\n  #{ b: x }\n}",
                "if a == 1 { print(\"x\") }",
                "f(a);",
            ]),
            "//! Saved.\n\nimport \"std/report\" as report;\nlet a = 1; // one\nfn g() { 1 } fn f(x, y) { x }\n\
             let m = #{ a: 1 };\nfn f(x) {\n  #{ b: x }\n}\nif a == 1 { print(\"x\") };\nf(a);\n"
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        let error = check("//! x\nold.len();\n").unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("no variable `old`"));
    }
}
