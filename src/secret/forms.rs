//! The shapes in which a secret's text may turn up in output.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::SHORTEST_MASKED;

/// Shorter pieces of base64 are too likely to occur in other text.
const SHORTEST_PIECE: usize = 8;

/// What RFC 3986 encodes: all but letters, digits and `-._~`.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &STRICT.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// Forms longer than this, in bytes, are looked for one by one: an automaton of them would take too much memory.
const LONG: usize = 1024;

/// So many lines of a value are masked in every shape, the next only as they are.
const LINES_IN_EVERY_SHAPE: usize = 100;

/// Lines of a value after these are masked only as part of the whole.
const MOST_LINES: usize = 4000;

/// The shapes of one value.
#[derive(Default)]
pub(super) struct Found {
    /// Those for the automaton.
    pub(super) short: Vec<Zeroizing<String>>,
    /// Those that are looked for one by one.
    pub(super) long: Vec<Zeroizing<String>>,
}

/// Every shape of a value that is long enough to be masked: whole, trimmed, and line by line, each as it is,
/// in base64 (both alphabets), URL-encoded (form and percent) and as JSON text; and the whole inside a longer
/// base64 text, as in `Authorization: Basic`.
pub(super) fn forms(value: &str) -> Found {
    let mut forms = Forms::default();
    forms.all(value);
    forms.all(value.trim());
    let lines = value.lines().map(str::trim).filter(|line| !is_armour(line));
    for (number, line) in lines.take(MOST_LINES).enumerate() {
        if number < LINES_IN_EVERY_SHAPE {
            forms.all(line);
        } else {
            forms.add(line);
        }
    }
    for shift in 0..3 {
        forms.inside_base64(value.trim_end(), shift);
    }
    let mut found = Found::default();
    forms.0.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    forms.0.dedup_by(|a, b| a.as_str() == b.as_str());
    for form in forms.0 {
        if form.len() > LONG { found.long.push(form) } else { found.short.push(form) }
    }
    found
}

/// The first and last lines of PEM: the same in all keys and certificates.
fn is_armour(line: &str) -> bool {
    line.starts_with("-----BEGIN ") || line.starts_with("-----END ")
}

#[derive(Default)]
struct Forms(Vec<Zeroizing<String>>);

impl Forms {
    fn add(&mut self, text: impl Into<String>) {
        let text = Zeroizing::new(text.into());
        if text.chars().count() >= SHORTEST_MASKED {
            self.0.push(text);
        }
    }

    fn all(&mut self, part: &str) {
        if part.chars().count() < SHORTEST_MASKED {
            return;
        }
        self.add(part);
        self.add(STANDARD.encode(part));
        self.add(STANDARD_NO_PAD.encode(part));
        self.add(URL_SAFE.encode(part));
        self.add(URL_SAFE_NO_PAD.encode(part));
        self.add(form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>());
        for set in [STRICT, COMPONENT] {
            let percent = Zeroizing::new(utf8_percent_encode(part, set).to_string());
            self.add(lower_escapes(&percent));
            self.add(percent.as_str());
        }
        if let Ok(json) = serde_json::to_string(part).map(Zeroizing::new) {
            let json = &json[1..json.len() - 1];
            // Go's encoder, and so the API server, escapes these three as well
            self.add(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"));
            self.add(json);
        }
    }

    /// The characters of base64 that depend on the value alone when `shift` bytes (of three) stand before it.
    fn inside_base64(&mut self, value: &str, shift: usize) {
        if value.chars().count() < SHORTEST_MASKED {
            return;
        }
        let mut bytes = Zeroizing::new(vec![0_u8; shift]);
        bytes.extend_from_slice(value.as_bytes());
        let (first, last) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = Zeroizing::new(engine.encode(&*bytes));
            if let Some(piece) = text.get(first..last).filter(|piece| piece.len() >= SHORTEST_PIECE) {
                self.add(piece);
            }
        }
    }
}

/// A percent-encoded text with `%2f` for `%2F`.
fn lower_escapes(text: &str) -> String {
    let mut left = 0_u8;
    text.chars()
        .map(|c| {
            left = if c == '%' { 3 } else { left };
            let inside = left > 0;
            left = left.saturating_sub(1);
            if inside { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        {
            let found = forms(value);
            found.short.iter().chain(&found.long).any(|f| f.as_str() == form)
        }
    }

    #[test]
    fn a_value_is_known_in_each_of_its_shapes() {
        let value = "canary/a b?<é\"";
        for form in [
            "canary/a b?<é\"",
            "Y2FuYXJ5L2EgYj88w6ki",
            "canary%2Fa+b%3F%3C%C3%A9%22",
            "canary%2Fa%20b%3F%3C%C3%A9%22",
            "canary%2fa%20b%3f%3c%c3%a9%22",
            "canary/a b?<é\\\"",
            "canary/a b?\\u003cé\\\"",
        ] {
            assert!(has(value, form), "{form}");
        }
        assert!(has("canary??>>", "Y2FuYXJ5Pz8+Pg=="));
        assert!(has("canary??>>", "Y2FuYXJ5Pz8-Pg"));
        assert!(has("canary(1)!", "canary(1)!"));
        assert!(has("canary (1)", "canary%20(1)"));
    }

    #[test]
    fn lines_count_but_short_ones_and_armour_do_not() {
        let value = "-----BEGIN KEY-----\ncanary-line\nab\n-----END KEY-----\n";
        assert!(has(value, "canary-line"));
        assert!(has(value, value));
        assert!(!has(value, "ab"));
        assert!(!has(value, "-----BEGIN KEY-----"));
        assert!(forms("short").short.is_empty());
    }

    #[test]
    fn a_value_is_known_inside_longer_base64() {
        for before in ["", "u", "us", "use", "user"] {
            for after in ["", "!", "!!", "!!!"] {
                let text = STANDARD.encode(format!("{before}canary-basic{after}"));
                let found = forms("canary-basic").short.iter().any(|f| text.contains(f.as_str()));
                assert!(found, "{before} {after} {text}");
            }
        }
    }
}
