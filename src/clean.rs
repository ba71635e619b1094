//! Foreign text made safe to display: control characters become visible marks, so that no escape sequence, no hidden
//! reordering and no invisible text of a catalog, a pod, a script or a file reaches a terminal, a man page or a shell.
//!
//! Characters are replaced, never dropped: a secret cut in two by one of them must not grow together again.

use std::borrow::Cow;

/// The replacement for a character without a glyph.
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

/// JSON that a library has written, with the characters that need cleaning as `\u` escapes: the same data. Newlines stay,
/// as JSON has none within its strings.
#[must_use]
pub fn json(text: &str) -> String {
    escaped(text, |c| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect())
}

/// As [`json`], for JSON that is read as YAML, whose parsers refuse the halves of a character.
#[must_use]
pub fn json_in_yaml(text: &str) -> String {
    escaped(text, |c| format!("\\U{:08x}", u32::from(c)))
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut result = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && needs_cleaning(c) {
            result.push_str(&escape(c));
        } else {
            result.push(c);
        }
    }
    result
}

/// Whether a text contains a character that is replaced or escaped, newlines and tabs included.
#[must_use]
pub fn is_unclean(text: &str) -> bool {
    text.chars().any(needs_cleaning)
}

/// Whether a character controls a terminal, reorders the characters around it, or is not visible at all.
///
/// Zero-width joiners and the variation selectors of emoji stay: Persian, Indic scripts and emoji need them.
#[must_use]
pub fn needs_cleaning(c: char) -> bool {
    c.is_control() || (c >= '\u{AD}' && is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        // bidirectional marks, embeddings, overrides and isolates
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        // zero-width space, line and paragraph separators, word joiner and invisible operators, old format characters
        | '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        // byte order mark, interlinear annotations, tags and the variation selectors behind them
        | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
        // soft hyphen, grapheme joiner, fillers and other letters without a picture, marks of musical notation
        | '\u{AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}' | '\u{3164}'
        | '\u{FFA0}' | '\u{1D173}'..='\u{1D17A}')
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
        // letters by their category, and nothing on the screen
        assert_eq!(cell("a\u{3164}b\u{115F}c\u{FFA0}d\u{AD}e\u{E0101}f"), "a�b�c�d�e�f");
    }

    #[test]
    fn json_keeps_its_data() {
        let value = serde_json::json!(["x\u{1b}\u{9b}\u{202e}\n", "\u{E0041}\u{7f}é"]);
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && needs_cleaning(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        let text = json_in_yaml(&value.to_string());
        assert!(!text.chars().any(needs_cleaning), "{text:?}");
        assert_eq!(serde_saphyr::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn honest_text_is_not_copied() {
        for honest in ["plain", "naïve 日本語 नमस्ते", "👩\u{200D}💻", "می\u{200C}خواهم"] {
            assert!(matches!(cell(honest), Cow::Borrowed(_)), "{honest}");
            assert!(matches!(text(honest), Cow::Borrowed(_)), "{honest}");
        }
    }
}
