//! Foreign text made fit for a terminal: control characters become visible marks, so that no escape sequence,
//! no hidden reordering and no invisible text of a catalog, a pod or a file reaches whoever reads.
//!
//! Characters are replaced, never dropped: a secret cut in two by one of them must not grow together again.

use std::borrow::Cow;

/// What stands for a character without a picture of its own.
const UNKNOWN: char = '\u{FFFD}';

/// Text of several lines: newlines and tabs stay, CRLF becomes a newline, everything else is replaced.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && c != '\t' && needs_cleaning(c)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { visible(c) }).collect())
}

/// Text for one cell or within a line: newlines and tabs become blanks, everything else is replaced.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    if !text.chars().any(needs_cleaning) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { visible(c) }).collect())
}

/// Whether a character steers a terminal, reorders what stands around it, or is not seen at all.
///
/// Zero-width joiners stay: Persian, Indic scripts and emoji need them.
#[must_use]
pub fn needs_cleaning(c: char) -> bool {
    c.is_control() || (c >= '\u{061C}' && is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        // bidirectional marks, embeddings, overrides and isolates
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        // zero-width space, line and paragraph separators, word joiner and invisible operators, old format characters
        | '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        // byte order mark, interlinear annotations, tags
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A mark as wide as a letter: Unicode's control pictures (`␛`) where there is one.
fn visible(c: char) -> char {
    match c {
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(UNKNOWN),
        '\x7F' => '␡',
        c if needs_cleaning(c) => UNKNOWN,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_visible() {
        assert_eq!(text("\x1b[31mred\x1b]0;title\x07 \x7f \u{9b}2J\0"), "␛[31mred␛]0;title␇ ␡ �2J␀");
    }

    #[test]
    fn lines_and_tabs_stay_in_text_and_not_in_cells() {
        assert_eq!(text("a\tb\r\nc\rd\n"), "a\tb\nc␍d\n");
        assert_eq!(cell("a\tb\r\nc\n"), "a b c ");
    }

    #[test]
    fn hidden_and_reordering_characters_are_marked() {
        assert_eq!(cell("a\u{202E}b\u{2066}c\u{200B}d\u{FEFF}e\u{E0041}f\u{2028}g"), "a�b�c�d�e�f�g");
    }

    #[test]
    fn honest_text_is_not_copied() {
        for honest in ["plain", "naïve 日本語 नमस्ते", "👩\u{200D}💻", "می\u{200C}خواهم"] {
            assert!(matches!(cell(honest), Cow::Borrowed(_)), "{honest}");
            assert!(matches!(text(honest), Cow::Borrowed(_)), "{honest}");
        }
    }
}
