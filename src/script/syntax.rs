//! Syntax errors in the words of mcpctl, at the place of the fix.

use rhai::{LexError, ParseError, ParseErrorType, Position};

use super::diagnostics::{FUNCTION_HINT, lower_first, unknown_variable};
use super::{habits, unmatched_bracket};
use crate::error::{Error, Kind};

/// The error and where it stands. The compiler notices what is missing at the word behind it, or at the end.
pub(super) fn explain(failure: &ParseError, text: &str, in_session: bool) -> (Error, Position) {
    if let Some(error) = habits::at(text, failure.position(), in_session) {
        return (error, failure.position());
    }
    let at_end = is_behind(text, failure.position());
    if at_end && let Some((bracket, position)) = unmatched_bracket::bracket(text) {
        let message = match bracket {
            '`' => "the string has no closing quote".to_owned(),
            bracket => format!("`{bracket}` is never closed"),
        };
        return (Error::new(Kind::Script, message), position);
    }
    let missing = matches!(failure.err_type(), ParseErrorType::MissingToken(token, _) if token == ";");
    let position = if at_end || missing { end_before(text, failure.position()) } else { failure.position() };
    let mut error = message(failure.err_type());
    if let ParseErrorType::VariableUndefined(name) = failure.err_type() {
        if !habits::is_behind_function(text, position) {
            // the hint about functions
            error.hints.retain(|hint| !hint.starts_with(FUNCTION_HINT));
        }
        error.hints.extend(habits::declaration(text, position, name));
    }
    (error, position)
}

/// Whether nothing of the text follows a position.
fn is_behind(text: &str, position: Position) -> bool {
    let (Some(line), column) = (position.line(), position.position().unwrap_or(1)) else { return true };
    let mut rest = text.lines().skip(line - 1);
    let first_is_blank =
        rest.next().is_none_or(|first| first.chars().skip(column.saturating_sub(1)).all(char::is_whitespace));
    first_is_blank && rest.all(|line| line.trim().is_empty())
}

/// The position behind the last word before a position; comments and blank lines are passed over.
fn end_before(text: &str, position: Position) -> Position {
    let lines: Vec<&str> = text.lines().collect();
    let line = position.line().map_or(lines.len(), |line| line.min(lines.len()));
    let column = position.position().filter(|_| position.line() == Some(line)).unwrap_or(usize::MAX);
    let before = |number: usize| -> usize {
        let kept: String =
            lines[number - 1].chars().take(if number == line { column - 1 } else { usize::MAX }).collect();
        if kept.trim_start().starts_with("//") { 0 } else { kept.trim_end().chars().count() }
    };
    let found = (1..=line).rev().map(|number| (number, before(number))).find(|(_, length)| *length > 0);
    match found.map(|(number, length)| (u16::try_from(number), u16::try_from(length + 1))) {
        Some((Ok(line), Ok(column))) => Position::new(line, column),
        _ => position,
    }
}

/// What the compiler says, in our words.
pub(super) fn message(kind: &ParseErrorType) -> Error {
    let script = |message: String| Error::new(Kind::Script, message);
    match kind {
        ParseErrorType::UnexpectedEOF => {
            script("the script ends in the middle of something".to_owned()).hint("is a bracket or a quote left open?")
        }
        ParseErrorType::VariableUndefined(name) => unknown_variable(name),
        ParseErrorType::ModuleUndefined(name) => {
            script(format!("no namespace `{name}`")).suggest(crate::reference::nearest_namespace(name))
        }
        ParseErrorType::Reserved(word) if word == "eval" => script("`eval` is switched off".to_owned())
            .hint("strings are never run as a script: name the function, or `import` a file"),
        ParseErrorType::Reserved(word) => script(format!("`{word}` is a reserved word"))
            .hint("choose another name; `map[\"…\"]` reaches a key that has a reserved name"),
        ParseErrorType::BadInput(LexError::UnterminatedString) => script("the string has no closing quote".to_owned()),
        ParseErrorType::BadInput(LexError::ImproperSymbol(word, _)) if word == "eval" => {
            script("`eval` is switched off".to_owned())
                .hint("strings are never run as a script: name the function, or `import` a file")
        }
        ParseErrorType::AssignmentToConstant(name) => script(format!("`{name}` is a constant")),
        ParseErrorType::FnDuplicatedDefinition(name, count) => {
            let parameters = if *count == 1 { "1 parameter".to_owned() } else { format!("{count} parameters") };
            script(format!("there is a function `{name}` with {parameters} already"))
        }
        ParseErrorType::FnDuplicatedParam(_, name) => script(format!("there is a parameter `{name}` already")),
        ParseErrorType::DuplicatedProperty(name) => script(format!("the map has `{name}` already")),
        ParseErrorType::LoopBreak => script("there is no loop here to leave".to_owned()),
        ParseErrorType::MissingToken(token, _) if token == ";" => script("a `;` is missing".to_owned()),
        ParseErrorType::MissingToken(token, why) => {
            script(format!("a `{token}` is missing {why}").trim_end().to_owned())
        }
        other => script(lower_first(&other.to_string())),
    }
}
