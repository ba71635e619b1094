//! Bytes from outside as text: the one place that knows byte order marks, UTF-16 and NULs.
//!
//! Editors and shells of Windows write UTF-16 and byte order marks. A mark that stayed would become a part of the first
//! value, and a NUL no variable can contain.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::error::{Error, Place, Result};

/// How text was stored.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8WithMark,
    /// UTF-16 with its mark, the low byte first.
    Utf16Le,
    /// UTF-16 with its mark, the high byte first.
    Utf16Be,
}

/// Text and how it was stored.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The text without a byte order mark.
    pub text: Zeroizing<String>,
    /// How it was stored.
    pub encoding: Encoding,
}

impl Encoding {
    /// Whether it is UTF-16, which few programs of a server read.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// Text in this encoding, with its mark: what [`decode`] reads back.
    #[must_use]
    pub fn encode(self, text: &str) -> Zeroizing<Vec<u8>> {
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        Zeroizing::new(match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8WithMark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Self::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
        })
    }
}

/// Reads bytes as text. `name` is what errors call them: a file's name, or `standard input`.
///
/// # Errors
/// [`Kind::Invalid`](crate::error::Kind::Invalid) with the place, never the text: UTF-32, UTF-16 without a byte order
/// mark, a NUL byte, bytes that are not text.
pub fn decode(bytes: &[u8], name: &str) -> Result<Decoded> {
    let decoded = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err(not_text(name, "is UTF-32, not UTF-8"));
        }
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, Encoding::Utf16Le, name)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, Encoding::Utf16Be, name)?,
        _ if is_utf16_without_mark(bytes) => {
            return Err(not_text(name, "is UTF-16 without a byte order mark"));
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, Encoding::Utf8WithMark, name)?,
        _ => utf8(bytes, Encoding::Utf8, name)?,
    };
    match decoded.text.find('\0') {
        Some(at) => {
            Err(Error::invalid(format!("`{name}` contains a NUL byte: it is binary data or has another encoding"))
                .place(place_in(&decoded.text, at, name))
                .object(name)
                .hint("save it as UTF-8 text"))
        }
        None => Ok(decoded),
    }
}

/// As [`decode`], for text that is not a secret.
///
/// # Errors
/// As [`decode`].
pub fn text(bytes: &[u8], name: &str) -> Result<String> {
    decode(bytes, name).map(|mut decoded| std::mem::take(&mut *decoded.text))
}

/// As [`decode`], for a parser that reads bytes: UTF-8 is not copied.
///
/// # Errors
/// As [`decode`].
pub fn utf8_bytes<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => text(bytes, name).map(|text| Cow::Owned(text.into_bytes())),
        _ if bytes.contains(&0) => Err(decode(bytes, name).err().unwrap_or_else(|| not_text(name, "is not text"))),
        _ => Ok(Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))),
    }
}

fn utf8(bytes: &[u8], encoding: Encoding, name: &str) -> Result<Decoded> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: Zeroizing::new(text.to_owned()), encoding }),
        Err(error) => {
            let before = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            Err(not_text(name, "has bytes that are not UTF-8").place(place_in(before, before.len(), name)))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: Encoding, name: &str) -> Result<Decoded> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = Zeroizing::new(pairs.iter().map(|pair| unit(*pair)).collect::<Vec<u16>>());
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(Decoded { text: Zeroizing::new(text), encoding }),
        _ => Err(not_text(name, "begins as UTF-16 and is not valid UTF-16")),
    }
}

/// Whether every second byte is a NUL, as in UTF-16 of plain letters.
fn is_utf16_without_mark(bytes: &[u8]) -> bool {
    // a character of control means other data
    if bytes.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, 0 | b'\t' | b'\n' | b'\r')) {
        return false;
    }
    let half = bytes.len() / 2;
    let nuls = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    // binary data has them in both places
    half > 0 && ((odd * 4 >= half * 3 && even * 4 < half) || (even * 4 >= half * 3 && odd * 4 < half))
}

fn not_text(name: &str, why: &str) -> Error {
    Error::invalid(format!("`{name}` {why}")).object(name).hint("save it as UTF-8")
}

/// The place of a byte of a text, without the text of the line.
#[must_use]
pub fn place_in(text: &str, at: usize, name: &str) -> Place {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    Place {
        file: name.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        ..Place::default()
    }
}

/// What a value from outside ends with: one line loses its end, which `echo` puts there; several lines (a PEM key) stay
/// as they are.
#[must_use]
pub fn single_value(text: &str) -> &str {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\n') { text } else { line }
}

/// A character in a secret that its owner probably does not know of: copied with it from a page, a chat or a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddCharacter {
    /// Its byte in the text.
    pub at: usize,
    /// What it is, in words.
    pub what: &'static str,
}

/// The first odd character of each kind in a secret.
#[must_use]
pub fn odd_characters(text: &str) -> Vec<OddCharacter> {
    let mut found: Vec<OddCharacter> = Vec::new();
    for (at, letter) in text.char_indices() {
        if let Some(what) = odd(letter)
            && !found.iter().any(|known| known.what == what)
        {
            found.push(OddCharacter { at, what });
        }
    }
    found
}

fn odd(letter: char) -> Option<&'static str> {
    if matches!(letter, '\n' | '\t' | '\r' | ' '..='~') {
        return None;
    }
    Some(match letter {
        '\u{AD}' => "a soft hyphen",
        '\u{A0}' | '\u{202F}' | '\u{2007}' => "a no-break space",
        '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200A}' | '\u{205F}' | '\u{3000}' => "an unusual space",
        '\u{2018}'..='\u{201F}' | '\u{2039}' | '\u{203A}' | '\u{AB}' | '\u{BB}' | '\u{2032}' | '\u{2033}' => {
            "a typographic quote"
        }
        '\u{FEFF}' => "a byte order mark",
        other if other.is_control() => "a control character",
        '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' => "an invisible character",
        other if crate::clean::needs_cleaning(other) => "an invisible character",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_and_editors_write_is_read() {
        for (bytes, text, encoding) in [
            (&b"plain"[..], "plain", Encoding::Utf8),
            (b"", "", Encoding::Utf8),
            ("é日".as_bytes(), "é日", Encoding::Utf8),
            (b"\xef\xbb\xbfmarked", "marked", Encoding::Utf8WithMark),
            (b"\xef\xbb\xbf", "", Encoding::Utf8WithMark),
            (b"\xff\xfea\0b\0", "ab", Encoding::Utf16Le),
            (b"\xfe\xff\0a\0b", "ab", Encoding::Utf16Be),
            (b"\xff\xfe\x3d\xd8\x00\xde", "😀", Encoding::Utf16Le),
            (b"\xff\xfe", "", Encoding::Utf16Le),
        ] {
            let decoded = decode(bytes, "f").unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text, encoding), "{bytes:?}");
            assert_eq!(*encoding.encode(text), bytes, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_named_with_its_place_and_never_shown() {
        for (bytes, named, place) in [
            (&b"c\0a\0n\0a\0r\0y\0"[..], "UTF-16 without a byte order mark", None),
            (b"\0c\0a\0n\0a\0r\0y", "UTF-16 without a byte order mark", None),
            (b"a\0n\0a\0r\0y\0x", "UTF-16 without a byte order mark", None),
            (b"\xff\xfe\0\0c\0\0\0", "UTF-32", None),
            (b"\xff\xfec\0a", "not valid UTF-16", None),
            (b"\xfe\xff\xd8\0\0c", "not valid UTF-16", None),
            (b"a\ncana\0ry", "NUL", Some((2, 5))),
            (b"\xef\xbb\xbfcana\0ry", "NUL", Some((1, 5))),
            (b"a\ncanary\xe9", "not UTF-8", Some((2, 7))),
            (b"\xff\xfec\0\0\0", "NUL", Some((1, 2))),
            (&[0; 8], "NUL", Some((1, 1))),
        ] {
            let error = decode(bytes, "the file").unwrap_err();
            let shown = format!("{error:?}");
            assert!(error.message.contains(named) && error.message.contains("`the file`"), "{bytes:?}: {error}");
            assert!(!shown.contains("cana") && !error.hints.is_empty(), "{shown}");
            assert_eq!(error.place.as_ref().map(|place| (place.line, place.column)), place, "{bytes:?}");
        }
    }

    #[test]
    fn bytes_for_parsers_lose_the_mark() {
        for (bytes, read) in [
            (&b"\xef\xbb\xbf{}"[..], &b"{}"[..]),
            (b"{}", b"{}"),
            (b"\xff\xfe{\0}\0", b"{}"),
            (b"\xfe\xff\0{\0}", b"{}"),
            (b"\xe9", b"\xe9"),
        ] {
            assert_eq!(&*utf8_bytes(bytes, "f").unwrap(), read);
        }
        assert!(utf8_bytes(b"{\0}\0", "f").unwrap_err().message.contains("UTF-16"));
    }

    #[test]
    fn one_line_loses_its_end_and_several_stay() {
        for (text, value) in
            [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n\n"), ("a\nb\n", "a\nb\n"), ("", ""), ("\n", "")]
        {
            assert_eq!(single_value(text), value);
        }
    }

    #[test]
    fn characters_that_are_copied_along_are_found() {
        for (text, what) in [
            ("a\u{200b}b", "an invisible character"),
            ("a\u{2060}b", "an invisible character"),
            ("a\u{200d}b", "an invisible character"),
            ("\u{feff}a", "a byte order mark"),
            ("a\u{202e}b", "an invisible character"),
            ("“a”", "a typographic quote"),
            ("a’b", "a typographic quote"),
            ("a\u{a0}b", "a no-break space"),
            ("a\u{202f}b", "a no-break space"),
            ("a\u{2003}b", "an unusual space"),
            ("a\u{ad}b", "a soft hyphen"),
            ("a\u{1b}b", "a control character"),
        ] {
            assert_eq!(odd_characters(text).iter().map(|odd| odd.what).collect::<Vec<_>>(), [what], "{text:?}");
        }
        for plain in ["pa ss'w\"ord", "pässwörd", "日本語", "a\tb\nc\r\n", ""] {
            assert!(odd_characters(plain).is_empty(), "{plain:?}");
        }
    }
}
