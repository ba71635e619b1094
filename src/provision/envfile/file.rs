//! An env file on disk: comments, order and quoting are kept, only set values change.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use super::absent::ABSENT;
use super::quote::quote;
use super::reference::PREFIX;
use crate::encoding::{self, Encoding};
use crate::error::{Error, Result};
use crate::provision::keys::is_key;
use crate::record::KeyChange;
use crate::secret::Secret;

/// A warning about something valid that was probably not intended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The message, with the key and without the value.
    pub message: String,
}

/// One `KEY=value`.
#[derive(Clone)]
pub struct Entry {
    key: String,
    value: Secret,
    /// The entry's lines with their ends.
    raw: Zeroizing<String>,
    /// Where in `raw` the value is written, quotes included.
    written: Range<usize>,
    /// Whether the value was resolved from a reference.
    resolved: bool,
}

impl Entry {
    pub(crate) fn new(key: String, value: Secret, raw: Zeroizing<String>, written: Range<usize>) -> Self {
        Self { key, value, raw, written, resolved: false }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The value, for files without secrets.
    #[must_use]
    pub fn value(&self) -> &str {
        self.value.expose()
    }

    /// The value, hidden.
    #[must_use]
    pub fn secret(&self) -> Secret {
        self.value.clone()
    }

    /// Whether the file has a reference in place of the value: one without quotes around it.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.raw[self.written.clone()].starts_with(PREFIX)
    }

    /// Whether the value is still the reference itself.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        self.is_reference() && !self.resolved
    }

    /// Whether its owner declares that there is no such value. The value is empty then.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        &self.raw[self.written.clone()] == ABSENT
    }

    /// Whether the value is quoted.
    pub(super) fn is_quoted(&self) -> bool {
        self.raw[self.written.clone()].starts_with(['\'', '"'])
    }

    /// The suspicious characters of the value, each with its place in the file as `FILE:LINE:COLUMN`.
    #[must_use]
    pub fn odd_characters(&self, file: &EnvFile) -> Vec<(String, &'static str)> {
        let first = file.line(&self.key).unwrap_or(1);
        let of_value = encoding::odd_characters(&self.raw).into_iter().filter(|odd| self.written.contains(&odd.at));
        of_value
            .map(|odd| {
                let place = encoding::place_in(&self.raw, odd.at, &file.label);
                (format!("{}:{}:{}", file.label, first + place.line - 1, place.column), odd.what)
            })
            .collect()
    }

    /// The column of the value in its line, from 1.
    pub(super) fn column(&self) -> usize {
        self.raw[..self.written.start].chars().count() + 1
    }

    /// Stores the resolved value of a reference; the text of the file stays.
    pub(super) fn put(&mut self, value: Secret) {
        self.value = value;
        self.resolved = true;
    }

    fn replace(&mut self, value: &str, line_end: &str) {
        let comment_follows = !self.raw[self.written.end..].trim().is_empty();
        let text = quote(value, line_end, comment_follows);
        self.write(&text, value);
    }

    fn write(&mut self, text: &str, value: &str) {
        let end = self.written.start + text.len();
        self.raw.replace_range(self.written.clone(), text);
        self.written.end = end;
        self.value = Secret::new(value);
        self.resolved = false;
    }
}

/// A comment or blank line with its end, or an entry.
#[derive(Clone)]
pub(crate) enum Item {
    Text(String),
    Entry(Entry),
}

impl Item {
    pub(super) fn raw(&self) -> &str {
        match self {
            Self::Text(raw) => raw,
            Self::Entry(entry) => &entry.raw,
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(raw) if raw.trim().is_empty())
    }
}

/// An env file. Its values are hidden from `Debug`.
#[derive(Clone)]
pub struct EnvFile {
    label: String,
    pub(crate) encoding: Encoding,
    pub(crate) items: Vec<Item>,
    pub(crate) warnings: Vec<Warning>,
}

impl EnvFile {
    /// An empty file. The label is its name in errors and reports.
    #[must_use]
    pub fn empty(label: impl Into<String>) -> Self {
        Self { label: label.into(), encoding: Encoding::Utf8, items: Vec::new(), warnings: Vec::new() }
    }

    /// Its name in errors and reports.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The warnings of the parser.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Marks the values as chosen by a script: see [`Secret::of_script`].
    pub fn mark_of_script(&mut self) {
        for item in &mut self.items {
            if let Item::Entry(entry) = item {
                entry.value = Secret::of_script(entry.value.expose());
            }
        }
    }

    /// The entries in the file's order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            Item::Text(_) => None,
        })
    }

    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().find(|entry| entry.key == key)
    }

    /// The value of a key, for files without secrets.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(Entry::value)
    }

    /// The value of a key, hidden.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<Secret> {
        self.entry(key).map(Entry::secret)
    }

    /// The line of a key, from 1, in the current text.
    #[must_use]
    pub fn line(&self, key: &str) -> Option<usize> {
        let mut line = 1;
        for item in &self.items {
            if matches!(item, Item::Entry(entry) if entry.key == key) {
                return Some(line);
            }
            line += item.raw().matches('\n').count();
        }
        None
    }

    /// Sets a value, which is never a reference. An equal value leaves the file unchanged, byte for byte; another one
    /// replaces only the text of the old value; a new key is added at the end. Returns the change, `None` if there is
    /// none.
    ///
    /// # Errors
    /// The key is not valid, or the value contains a NUL byte.
    pub fn set(&mut self, key: &str, value: &str) -> Result<Option<KeyChange>> {
        check_key(key)?;
        if value.contains('\0') {
            return Err(Error::invalid(format!("the value of `{key}` contains a NUL byte"))
                .cause("no environment variable can contain one"));
        }
        let line_end = self.line_end();
        for item in &mut self.items {
            if let Item::Entry(entry) = item
                && entry.key == key
            {
                if entry.value() == value && !entry.is_reference() && !entry.is_absent() {
                    return Ok(None);
                }
                entry.replace(value, line_end);
                return Ok(Some(KeyChange::Changed(key.to_owned())));
            }
        }
        self.end_last_line();
        let written = quote(value, line_end, false);
        self.items.push(Item::Entry(new_entry(key, value, &written, line_end)));
        Ok(Some(KeyChange::Added(key.to_owned())))
    }

    /// Declares that there is no value for a key, on purpose. Returns the change, `None` if the file said so already.
    ///
    /// # Errors
    /// The key is not valid.
    pub fn set_absent(&mut self, key: &str) -> Result<Option<KeyChange>> {
        check_key(key)?;
        let line_end = self.line_end();
        for item in &mut self.items {
            if let Item::Entry(entry) = item
                && entry.key == key
            {
                if entry.is_absent() {
                    return Ok(None);
                }
                // a comment after it would make it another value
                let line_is_over = entry.raw[entry.written.end..].find(['\r', '\n']).unwrap_or(0);
                let end = entry.written.end + line_is_over;
                entry.raw.replace_range(entry.written.end..end, "");
                entry.write(ABSENT, "");
                return Ok(Some(KeyChange::Changed(key.to_owned())));
            }
        }
        self.end_last_line();
        self.items.push(Item::Entry(new_entry(key, "", ABSENT, line_end)));
        Ok(Some(KeyChange::Added(key.to_owned())))
    }

    /// Whether the file declares that there is no value for a key, on purpose.
    #[must_use]
    pub fn is_absent(&self, key: &str) -> bool {
        self.entry(key).is_some_and(Entry::is_absent)
    }

    /// The file's text, ready to be written.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let size = self.items.iter().map(|item| item.raw().len()).sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(size + 3));
        if self.encoding == Encoding::Utf8WithMark {
            text.push('\u{feff}');
        }
        for item in &self.items {
            text.push_str(item.raw());
        }
        text
    }

    /// The file's bytes, in the encoding in which it was read.
    #[must_use]
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8WithMark => Zeroizing::new(self.text().as_bytes().to_vec()),
            wide => wide.encode(&self.text()),
        }
    }

    /// The keys that differ from those of an earlier state of the file.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<KeyChange> {
        let mut changes = Vec::new();
        for entry in self.entries() {
            match before.entry(&entry.key) {
                None => changes.push(KeyChange::Added(entry.key.clone())),
                Some(old)
                    if old.value() != entry.value()
                        || old.is_reference() != entry.is_reference()
                        || old.is_absent() != entry.is_absent() =>
                {
                    changes.push(KeyChange::Changed(entry.key.clone()));
                }
                Some(_) => {}
            }
        }
        for entry in before.entries().filter(|entry| self.entry(&entry.key).is_none()) {
            changes.push(KeyChange::Removed(entry.key.clone()));
        }
        changes
    }

    /// The line ending of this file: that of its first line.
    pub(crate) fn line_end(&self) -> &'static str {
        match self.items.first() {
            Some(item) if item.raw().split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) => "\r\n",
            _ => "\n",
        }
    }

    /// Adds a line end to the last line, so that another can follow.
    pub(crate) fn end_last_line(&mut self) {
        let line_end = self.line_end();
        match self.items.last_mut() {
            Some(Item::Text(raw)) if !raw.ends_with('\n') => raw.push_str(line_end),
            Some(Item::Entry(entry)) if !entry.raw.ends_with('\n') => entry.raw.push_str(line_end),
            _ => {}
        }
    }
}

/// Shows keys, never values.
impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.entries().map(Entry::key).collect();
        f.debug_struct("EnvFile").field("label", &self.label).field("keys", &keys).finish_non_exhaustive()
    }
}

/// Shows the key, never the value.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("key", &self.key).finish_non_exhaustive()
    }
}

/// An entry on separate lines, its value written as given.
pub(crate) fn new_entry(key: &str, value: &str, written: &str, line_end: &str) -> Entry {
    let start = key.len() + 1;
    let raw = Zeroizing::new(format!("{key}={written}{line_end}"));
    Entry::new(key.to_owned(), Secret::new(value), raw, start..start + written.len())
}

/// Checks that a text is a valid key.
///
/// # Errors
/// An invalid key; the error shows it, since keys are not secrets.
pub fn check_key(key: &str) -> Result<()> {
    if is_key(key) {
        return Ok(());
    }
    Err(Error::invalid(format!("`{key}` is not a valid key"))
        .cause("a key consists of up to 253 letters, digits, `.`, `_` and `-`, and does not begin with `..`"))
}
