//! Writes a value so that the parser reads the same text: unquoted if possible, otherwise in quotes.

use zeroize::Zeroizing;

use super::absent::ABSENT;
use super::continuation::looks_cut;
use super::reference::PREFIX;

/// A value for the text after `KEY=`. Unquoted if nothing in it needs quotes and `must_quote` is false, else in single
/// quotes, else (for `'` and carriage returns) in double quotes. A line feed is written as `line_end`.
#[must_use]
pub fn quote(value: &str, line_end: &str, must_quote: bool) -> Zeroizing<String> {
    if !must_quote && is_bare(value) {
        return Zeroizing::new(value.to_owned());
    }
    if !value.contains(['\'', '\r']) {
        return Zeroizing::new(format!("'{}'", value.replace('\n', line_end)));
    }
    in_double_quotes(value, line_end)
}

/// A value on one line, line feeds as `\n`: for text from a catalog, so that it cannot begin a new line, not even for a
/// program that ignores quotes.
#[must_use]
pub fn quote_on_one_line(value: &str) -> Zeroizing<String> {
    if value.contains('\n') { in_double_quotes(value, "\\n") } else { quote(value, "\n", false) }
}

fn in_double_quotes(value: &str, line_end: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(value.len() + 8));
    text.push('"');
    for letter in value.chars() {
        match letter {
            '\n' => text.push_str(line_end),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

/// Whether a value needs no quotes: no blanks at its ends, nothing that starts a quote or looks like a comment, nothing
/// that would be read as a reference or as an absent value, no control characters or line separators.
fn is_bare(value: &str) -> bool {
    !value.starts_with(['\'', '"', '#'])
        && !value.starts_with(PREFIX)
        && value != ABSENT
        // the parser would read the line as the end of another value, or as the beginning of one
        && value != "="
        && !looks_cut(value)
        && !value.starts_with(char::is_whitespace)
        && !value.ends_with(char::is_whitespace)
        && !value.contains(" #")
        && !value.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_used_only_where_they_are_needed() {
        for (value, written) in [
            ("", ""),
            ("http://grafana:3000/a?b=c&d=$e#f", "http://grafana:3000/a?b=c&d=$e#f"),
            ("$2a$10$abc", "$2a$10$abc"),
            ("say \"hi\" it's", "say \"hi\" it's"),
            (" x", "' x'"),
            ("a #b", "'a #b'"),
            ("=", "'='"),
            ("a=", "a="),
            ("https://x/?a&", "'https://x/?a&'"),
            ("run \\", "'run \\'"),
            ("C:\\", "C:\\"),
            ("#b", "'#b'"),
            ("'a", "\"'a\""),
            ("a\tb", "'a\tb'"),
            ("a\r\nb\\", "\"a\\r\nb\\\\\""),
        ] {
            assert_eq!(*quote(value, "\n", false), written, "{value:?}");
        }
        assert_eq!(*quote("a", "\n", true), "'a'");
        assert_eq!(*quote("a\nb", "\r\n", false), "'a\r\nb'");
        assert_eq!(*quote_on_one_line("a\nB=\"c\""), "\"a\\nB=\\\"c\\\"\"");
    }
}
