//! Which bracket of a script is never closed: the compiler only reports that the script ends too early.

use rhai::Position;

/// The innermost bracket that is open at the end of a text. `None` if there is none, or if brackets do not match.
#[must_use]
pub fn bracket(text: &str) -> Option<(char, Position)> {
    let letters: Vec<char> = text.chars().collect();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        if open.last().is_some_and(|(bracket, _)| *bracket == '`') {
            match (letter, next) {
                ('`', Some('`')) => at += 1,
                ('`', _) => {
                    open.pop();
                }
                ('$', Some('{')) => {
                    at += 1;
                    open.push(('{', at));
                }
                _ => {}
            }
        } else {
            match (letter, next) {
                ('/', Some('/')) => at = end_of_line(&letters, at),
                ('/', Some('*')) => at = end_of_comment(&letters, at),
                ('"' | '\'', _) => at = end_of_text(&letters, at),
                ('`' | '(' | '[' | '{', _) => open.push((letter, at)),
                (')' | ']' | '}', _) => {
                    let (bracket, _) = open.pop()?;
                    if !matches!((bracket, letter), ('(', ')') | ('[', ']') | ('{', '}')) {
                        return None;
                    }
                }
                _ => {}
            }
        }
        at += 1;
    }
    open.pop().map(|(bracket, at)| (bracket, position(&letters, at)))
}

fn end_of_line(letters: &[char], from: usize) -> usize {
    letters.iter().skip(from).position(|letter| *letter == '\n').map_or(letters.len(), |length| from + length)
}

/// Comments nest.
fn end_of_comment(letters: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut at = from;
    while at + 1 < letters.len() {
        match (letters[at], letters[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at + 1;
        }
        at += 2;
    }
    letters.len()
}

/// The closing quote of the text that begins at `from`; `\` takes the next letter's meaning.
fn end_of_text(letters: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < letters.len() && letters[at] != letters[from] {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at
}

fn position(letters: &[char], at: usize) -> Position {
    let before = &letters[..at];
    let line = before.iter().filter(|letter| **letter == '\n').count() + 1;
    let column = before.iter().rev().take_while(|letter| **letter != '\n').count() + 1;
    match (u16::try_from(line), u16::try_from(column)) {
        (Ok(line), Ok(column)) => Position::new(line, column),
        _ => Position::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_open_bracket_is_found_past_texts_and_comments() {
        let at = |text: &str| bracket(text).map(|(bracket, position)| (bracket, position.line(), position.position()));
        assert_eq!(at("fn f() {\n    if x {\n}\n"), Some(('{', Some(1), Some(8))));
        assert_eq!(at("f(\"(\", '(', `${ g(1) } {`) // (\n/* ( /* ( */ ( */ [1, "), Some(('[', Some(2), Some(19))));
        assert_eq!(at("`a ${ f("), Some(('(', Some(1), Some(8))));
        assert_eq!(at("\"\\\"(\" `a``(`"), None);
        assert_eq!(at("f(]"), None);
    }
}
