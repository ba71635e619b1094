//! Converts a catalog's text to comment lines that cannot become anything else.

use crate::clean;

/// Longest comment line, in characters.
const WIDTH: usize = 110;
/// The length to which a text is cut, in characters. The longest description of the known catalogs has about 600.
const LONGEST: usize = 800;

/// Comment lines without line ends: `#` and a label before the first, two more blanks before the others. Removes every
/// control character, line separator and direction mark, wraps long lines, and cuts a text that is too long, with `…`
/// at its end. None for a text without visible characters.
#[must_use]
pub fn lines(label: &str, text: &str) -> Vec<String> {
    let words = words(text);
    if words.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![if label.is_empty() { "#".to_owned() } else { format!("# {label}") }];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(format!("#   {word}")),
        }
    }
    lines
}

/// The words of a text, cleaned, [`LONGEST`] characters in total at most, each shorter than a line.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut left = LONGEST;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let letters: Vec<char> = word.chars().filter(|c| !clean::needs_cleaning(*c)).collect();
        let kept = &letters[..letters.len().min(left)];
        words.extend(kept.chunks(WIDTH - 30).map(|piece| piece.iter().collect()));
        if kept.len() < letters.len() {
            words.push("…".to_owned());
            break;
        }
        left -= kept.len();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_in_its_comment() {
        assert_eq!(lines("", "one\nTWO=3\r\u{2028}FOUR\u{202e}=\u{1b}[31m5"), ["# one TWO=3 FOUR= [31m5"]);
        assert_eq!(lines("example:", "http://grafana:3000"), ["# example: http://grafana:3000"]);
        assert!(lines("", " \n\u{200b} ").is_empty());
    }

    #[test]
    fn long_text_is_wrapped_and_cut() {
        let wrapped = lines("default:", &"word ".repeat(50));
        assert_eq!(wrapped.len(), 3);
        assert!(wrapped[1].starts_with("#   word") && wrapped.iter().all(|line| line.chars().count() <= WIDTH));
        let cut = lines("", &"x".repeat(5_000));
        assert!(cut.len() < 15 && cut.last().unwrap().ends_with('…'), "{cut:?}");
        let cut = lines("", &"word ".repeat(5_000));
        assert!(cut.len() < 15 && cut.last().unwrap().ends_with('…'));
    }
}
