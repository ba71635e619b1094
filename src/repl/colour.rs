//! The colours of a line while it is typed.

use anstyle::{AnsiColor, Style};

use super::meta;
use crate::script::tokens::{Kind, Token, tokens};

const KEYWORD: Style = AnsiColor::Magenta.on_default();
const NAMESPACE: Style = AnsiColor::Cyan.on_default();
const TEXT: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const COMMAND: Style = AnsiColor::Blue.on_default();
const SAFE: Style = AnsiColor::Green.on_default();
const PLACE: Style = Style::new().bold();

const KEYWORDS: [&str; 31] = [
    "let", "const", "fn", "private", "if", "else", "switch", "for", "in", "while", "loop", "do", "until", "break",
    "continue", "return", "throw", "try", "catch", "import", "export", "as", "true", "false", "this", "global", "and",
    "or", "not", "is", "print",
];

/// A line in its colours.
pub(super) fn line(text: &str) -> String {
    if meta::is_meta(text) {
        let blanks = text.len() - text.trim_start().len();
        let (indent, rest) = text.split_at(blanks);
        let (name, words) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        return format!("{indent}{COMMAND}{name}{COMMAND:#}{words}");
    }
    let pieces = tokens(text);
    pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| match style(piece, pieces.get(at + 1)) {
            Some(style) => format!("{style}{}{style:#}", piece.text),
            None => piece.text.to_owned(),
        })
        .collect()
}

fn style(piece: &Token<'_>, next: Option<&Token<'_>>) -> Option<Style> {
    match piece.kind {
        Kind::Comment => Some(FAINT),
        Kind::Text => Some(TEXT),
        Kind::Number => Some(NUMBER),
        Kind::Word if KEYWORDS.contains(&piece.text) => Some(KEYWORD),
        Kind::Word if next.is_some_and(|next| next.is("::")) => Some(NAMESPACE),
        _ => None,
    }
}

/// The prompt: the place in bold, what holds a line back in green.
pub(super) fn prompt(text: &str) -> String {
    let (place, rest) = text.split_at(text.find([' ', '>']).unwrap_or(text.len()));
    match (rest.find('('), rest.rfind(')')) {
        (Some(open), Some(close)) => format!(
            "{PLACE}{place}{PLACE:#}{}{SAFE}{}{SAFE:#}{}",
            &rest[..open],
            &rest[open..=close],
            &rest[close + 1..]
        ),
        _ => format!("{PLACE}{place}{PLACE:#}{rest}"),
    }
}

/// A hint, or a list's candidate behind its name.
pub(super) fn faint(text: &str) -> String {
    format!("{FAINT}{text}{FAINT:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_character() {
        for text in ["let a = pods::list(#{ x: \"y\" }) // z", ":use namespace mcp", "`open", ""] {
            assert_eq!(anstream::adapter::strip_str(&line(text)).to_string(), text);
        }
        let text = "kind-dev/mcp (dry run)> ";
        assert_eq!(anstream::adapter::strip_str(&prompt(text)).to_string(), text);
        assert!(line("pods::list").contains("\x1b[36mpods"));
    }
}
