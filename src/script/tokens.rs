//! A line of script split into words, strings and symbols, also if it is unfinished: for colours, completion and the
//! detection of secrets in the history. The compiler cannot do this, because it stops at the first missing part.

use rhai::Position;

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line ends.
    Space,
    /// `// …` or `/* … */`.
    Comment,
    /// A text in any of the three quotes.
    Text,
    /// A number.
    Number,
    /// A name or keyword.
    Word,
    /// `::`, `#{`, or any other single character.
    Symbol,
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Its characters, quotes included.
    pub text: &'a str,
    /// Whether a text or comment has its end.
    pub closed: bool,
}

impl Token<'_> {
    /// Whether it is this symbol.
    pub fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// A text without its quotes.
    pub fn unquoted(&self) -> &str {
        let inner = self.text.get(1..).unwrap_or_default();
        if self.closed { inner.get(..inner.len().saturating_sub(1)).unwrap_or_default() } else { inner }
    }
}

/// Every piece of a text, in order, without gaps.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (kind, length, closed) = piece(rest, first);
        found.push(Token { kind, start, text: &rest[..length], closed });
        start += length;
    }
    found
}

/// The byte at a position.
pub fn offset(text: &str, position: Position) -> Option<usize> {
    let (line, column) = (position.line()?, position.position()?);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let inside = text.get(start..)?.char_indices().nth(column.saturating_sub(1))?;
    Some(start + inside.0)
}

/// The position of a byte.
pub fn position(text: &str, offset: usize) -> Option<Position> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(Position::new(u16::try_from(line).ok()?, u16::try_from(column).ok()?))
}

/// The pieces that mean something.
pub fn significant(text: &str) -> Vec<Token<'_>> {
    tokens(text).into_iter().filter(|token| token.kind != Kind::Space).collect()
}

fn piece(rest: &str, first: char) -> (Kind, usize, bool) {
    let run = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
    if first.is_whitespace() {
        return (Kind::Space, run(char::is_whitespace), true);
    }
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()), rest.contains('\n'));
    }
    if rest.starts_with("/*") {
        let (length, closed) = block_comment(rest);
        return (Kind::Comment, length, closed);
    }
    if matches!(first, '"' | '`' | '\'') {
        let (length, closed) = quoted(rest, first);
        return (Kind::Text, length, closed);
    }
    if first.is_ascii_digit() {
        return (Kind::Number, number(rest), true);
    }
    if is_word(first) {
        return (Kind::Word, run(is_word), true);
    }
    let double = rest.starts_with("::") || rest.starts_with("#{");
    (Kind::Symbol, if double { 2 } else { first.len_utf8() }, true)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `1_000`, `0xff`, `1.5`; the dots of `0..9` are none of it.
fn number(rest: &str) -> usize {
    let whole = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    match rest[whole..].strip_prefix('.') {
        Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => {
            whole + 1 + after.find(|c| !is_word(c)).unwrap_or(after.len())
        }
        _ => whole,
    }
}

/// Comments nest.
fn block_comment(rest: &str) -> (usize, bool) {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (at, true);
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    (rest.len(), false)
}

/// A text to its closing quote; one in `"` ends with its line at the latest.
fn quoted(rest: &str, quote: char) -> (usize, bool) {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote != '`' => {
                characters.next();
            }
            '\n' if quote != '`' => return (at, false),
            c if c == quote => return (at + 1, true),
            _ => {}
        }
    }
    (rest.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(Kind, &str)> {
        significant(text).into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn a_call_is_cut_into_its_pieces() {
        use Kind::{Symbol, Text, Word};
        assert_eq!(
            cut("pods::list(#{ a: \"x\\\"y\" })"),
            [
                (Word, "pods"),
                (Symbol, "::"),
                (Word, "list"),
                (Symbol, "("),
                (Symbol, "#{"),
                (Word, "a"),
                (Symbol, ":"),
                (Text, "\"x\\\"y\""),
                (Symbol, "}"),
                (Symbol, ")"),
            ]
        );
    }

    #[test]
    fn nothing_is_lost_whatever_is_unfinished() {
        for text in ["\"open", "`two\nlines", "/* a /* b */", "x // y", "1.5 0..9 時 'a' \\ $ \"\\", "\"時\nx"] {
            let pieces: String = tokens(text).iter().map(|token| token.text).collect();
            assert_eq!(pieces, text);
        }
        assert!(!tokens("\"open")[0].closed && tokens("`shut`")[0].closed);
        assert_eq!(cut("0..9"), [(Kind::Number, "0"), (Kind::Symbol, "."), (Kind::Symbol, "."), (Kind::Number, "9")]);
    }
}
