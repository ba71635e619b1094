//! Parses the dialect. This is a custom parser, because the existing ones refuse `.` and `-` in keys, expand `$`, or
//! quote the faulty line, which may be a secret, in their errors.

use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroizing;

use super::absent::ABSENT;
use super::continuation::{continues, is_more_base64};
use super::file::{Entry, EnvFile, Item, Warning};
use super::is_key_byte;
use crate::encoding::{self, place_in};
use crate::error::{Error, Place, Result};
use crate::provision::credentials::by_value;
use crate::secret::Secret;

/// Reads an env file. The label is its name in errors and warnings.
///
/// # Errors
/// [`Kind::Invalid`](crate::error::Kind::Invalid) with file, line and column: bytes that are not text, a line that is
/// not an assignment, a key with other characters than `[A-Za-z0-9._-]`, a duplicate key, a quote that is never closed,
/// text after a closing quote, an unknown escape, a carriage return in the middle of a line. Errors show nothing of the
/// file but keys.
pub fn parse(bytes: &[u8], label: &str) -> Result<EnvFile> {
    let decoded = encoding::decode(bytes, label)?;
    let text = decoded.text.as_str();
    let mut file = EnvFile::empty(label);
    file.encoding = decoded.encoding;
    refuse_lone_carriage_return(text, label)?;
    let mut scanner = Scanner { text, label, at: 0, line: 1 };
    let mut lines: HashMap<String, usize> = HashMap::new();
    while scanner.at < text.len() {
        let line = scanner.line;
        scanner.refuse_continuation(file.items.last())?;
        let item = scanner.item(&mut file.warnings).map_err(|error| scanner.explained(error, file.items.last()))?;
        if let Item::Entry(entry) = &item
            && let Some(first) = lines.insert(entry.key().to_owned(), line)
        {
            let error = Error::invalid(format!("key `{}` is set here and in line {first}", entry.key()));
            return Err(error.place(place(label, line, 1)).object(label).hint("remove one of the two lines"));
        }
        file.items.push(item);
    }
    Ok(file)
}

struct Scanner<'a> {
    text: &'a str,
    label: &'a str,
    /// Start of the next item.
    at: usize,
    /// Its line, from 1.
    line: usize,
}

/// A parsed value.
struct Value {
    text: Zeroizing<String>,
    written: Range<usize>,
    /// The start of the line after it.
    next: usize,
}

impl Scanner<'_> {
    /// The next line without blanks around it, its start, and the unquoted value above it.
    fn next_line<'b>(&self, above: Option<&'b Item>) -> (&str, usize, Option<&'b Entry>) {
        let (content_end, _) = self.line_from(self.at);
        let line = self.text[self.at..content_end].trim_start_matches(is_blank);
        let bare = match above {
            Some(Item::Entry(entry)) if !entry.is_quoted() => Some(entry),
            _ => None,
        };
        (line.trim_end_matches(is_blank), content_end - line.len(), bare)
    }

    /// Refuses a line that continues the value above it by accident, before any of it is read as a key.
    fn refuse_continuation(&self, above: Option<&Item>) -> Result<()> {
        let (line, from, bare) = self.next_line(above);
        if line.starts_with('#') || !continues(line, from > self.at, bare.map(Entry::value)) {
            return Ok(());
        }
        Err(self.continuation(from, bare))
    }

    /// The error for a line that is part of the value above it, with that as its cause.
    fn explained(&self, error: Error, above: Option<&Item>) -> Error {
        let (line, from, bare) = self.next_line(above);
        if is_more_base64(line, bare.map(Entry::value)) { self.continuation(from, bare) } else { error }
    }

    fn continuation(&self, from: usize, bare: Option<&Entry>) -> Error {
        let whose = bare.map_or_else(String::new, |entry| format!(" of `{}`", entry.key()));
        self.error(from, format!("this line looks like a part of the value{whose} above it"))
            .hint("write the value on one line (`base64 -w 0` does not wrap), or put quotes around all of its lines")
            .hint("if the line is a key with its value, put a blank line above it")
    }

    /// The next comment, blank line or entry.
    fn item(&mut self, warnings: &mut Vec<Warning>) -> Result<Item> {
        let start = self.at;
        let (content_end, next) = self.line_from(start);
        let content = &self.text[start..content_end];
        let trimmed = content.trim_start_matches(is_blank);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            self.advance(next);
            return Ok(Item::Text(self.text[start..next].to_owned()));
        }
        let key = self.key(content_end - trimmed.len(), content_end)?;
        if by_value(&self.text[key.clone()]).is_some() {
            return Err(self.continuation(key.start, None));
        }
        let after = self.skip_blanks(key.end);
        if !self.text[after..].starts_with('=') {
            return Err(self.no_assignment(after, content_end));
        }
        let from = self.skip_blanks(after + 1);
        let value = match self.text[from..].bytes().next() {
            Some(b'\'') => self.single_quoted(from)?,
            Some(b'"') => self.double_quoted(from)?,
            _ => self.bare(after + 1, from, content_end, next, &self.text[key.clone()], warnings),
        };
        let raw = Zeroizing::new(self.text[start..value.next].to_owned());
        let is_absent = &self.text[value.written.clone()] == ABSENT;
        let text = if is_absent { "" } else { value.text.as_str() };
        let written = value.written.start - start..value.written.end - start;
        let entry = Entry::new(self.text[key].to_owned(), Secret::new(text), raw, written);
        self.advance(value.next);
        Ok(Item::Entry(entry))
    }

    /// The key that starts at a place, after an `export` if there is one.
    fn key(&self, from: usize, line_end: usize) -> Result<Range<usize>> {
        let word = self.word(from);
        let after = self.skip_blanks(word.end);
        let exported = &self.text[word.clone()] == "export" && after > word.end && !self.text[after..].starts_with('=');
        let key = if exported { self.word(after) } else { word };
        if key.is_empty() {
            return Err(if self.text[key.start..].starts_with('=') {
                self.error(key.start, "no key before the `=`")
            } else {
                self.no_assignment(key.start, line_end)
            });
        }
        Ok(key)
    }

    /// The characters from a place on that are valid in a key.
    fn word(&self, from: usize) -> Range<usize> {
        let length = self.text[from..].bytes().take_while(|byte| is_key_byte(*byte)).count();
        from..from + length
    }

    fn bare(
        &self,
        after_sign: usize,
        from: usize,
        content_end: usize,
        next: usize,
        key: &str,
        warnings: &mut Vec<Warning>,
    ) -> Value {
        let text = self.text[from..content_end].trim_end_matches(is_blank);
        if self.text[after_sign..content_end].contains(" #") || self.text[after_sign..content_end].contains("\t#") {
            warnings.push(Warning {
                file: self.label.to_owned(),
                line: self.line,
                message: format!(
                    "the `#` after a blank is part of the value of `{key}`: put the value in quotes, with the comment \
                     after them, or move the comment to a separate line"
                ),
            });
        }
        Value { text: Zeroizing::new(text.to_owned()), written: from..from + text.len(), next }
    }

    fn single_quoted(&self, open: usize) -> Result<Value> {
        let from = open + 1;
        let Some(length) = self.text[from..].find('\'') else {
            return Err(self.never_closed(open));
        };
        let text = Zeroizing::new(self.text[from..from + length].replace("\r\n", "\n"));
        self.quoted(open, from + length + 1, text)
    }

    fn double_quoted(&self, open: usize) -> Result<Value> {
        let mut text = Zeroizing::new(String::new());
        let mut letters = self.text[open + 1..].char_indices().map(|(i, letter)| (open + 1 + i, letter)).peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => return self.quoted(open, at + 1, text),
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, same @ ('"' | '\\' | '$'))) => text.push(same),
                    _ => {
                        return Err(self
                            .error(at, "unknown escape in double quotes")
                            .hint("for a backslash write two: `\"C:\\\\users\"`, or use single quotes: `'C:\\users'`")
                            .hint("known escapes are `\\n`, `\\r`, `\\t`, `\\\"`, `\\$` and `\\\\`"));
                    }
                },
                '\r' if matches!(letters.peek(), Some((_, '\n'))) => {}
                other => text.push(other),
            }
        }
        Err(self.never_closed(open))
    }

    /// A quoted value and the rest of its last line.
    fn quoted(&self, open: usize, close: usize, text: Zeroizing<String>) -> Result<Value> {
        let (content_end, next) = self.line_from(close);
        let after = self.skip_blanks(close);
        let comment = self.text[after..].starts_with('#') && after > close;
        if after < content_end && !comment {
            let line = self.place_of(open).line;
            return Err(self
                .error(after, format!("text after the closing quote of the value that begins in line {line}"))
                .hint("a `#` comment needs a blank before it; a quote within a value needs the other kind around it"));
        }
        Ok(Value { text, written: open..close, next })
    }

    /// The end of the content of the line from a place on, and the start of the next line.
    fn line_from(&self, from: usize) -> (usize, usize) {
        let rest = &self.text[from..];
        let length = rest.find('\n').map_or(rest.len(), |i| i + 1);
        let line = &rest[..length];
        let line = line.strip_suffix('\n').unwrap_or(line);
        let content = line.strip_suffix('\r').unwrap_or(line);
        (from + content.len(), from + length)
    }

    fn skip_blanks(&self, from: usize) -> usize {
        from + self.text[from..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    fn advance(&mut self, next: usize) {
        self.line += self.text[self.at..next].matches('\n').count();
        self.at = next;
    }

    fn no_assignment(&self, at: usize, line_end: usize) -> Error {
        if at >= line_end {
            return self.error(at, "no `=` after the key");
        }
        if self.text[at..].starts_with(": ") {
            return self.error(at, "`:` after the key").hint("write `KEY=value`");
        }
        if self.text[at..line_end].contains('=') {
            return self.error(at, "a character that is not allowed in a key: use letters, digits, `.`, `_` and `-`");
        }
        self.error(at, "neither `KEY=value` nor a comment").hint("a value of several lines needs quotes around it")
    }

    fn never_closed(&self, open: usize) -> Error {
        self.error(open, "quote that is never closed")
    }

    fn error(&self, at: usize, reason: impl Into<String>) -> Error {
        Error::invalid(reason).place(self.place_of(at)).object(self.label)
    }

    fn place_of(&self, at: usize) -> Place {
        place_in(self.text, at, self.label)
    }
}

/// A carriage return must be before a line feed. Elsewhere it would join two apparent lines into one value.
fn refuse_lone_carriage_return(text: &str, label: &str) -> Result<()> {
    let lone = |at: &usize| !matches!(text.as_bytes().get(at + 1), None | Some(b'\n'));
    let Some(at) = text.match_indices('\r').map(|(at, _)| at).find(lone) else {
        return Ok(());
    };
    Err(Error::invalid("carriage return in the middle of a line")
        .place(place_in(text, at, label))
        .object(label)
        .hint("save the file with line feeds at the ends of its lines; in a value write `\\r` in double quotes"))
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

/// A place without the line's text, which may be a secret.
fn place(label: &str, line: usize, column: usize) -> Place {
    Place { file: label.to_owned(), line, column, ..Place::default() }
}
