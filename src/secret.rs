//! Values that must not be seen: the type that hides them, and the vault that knows what to mask.
//!
//! A [`Secret`] prints as `***`. Rhai turns interpolated values into text before anyone can refuse, so a
//! secret's text inside the engine is a *sentinel*: private-use characters around a handle that only this
//! run's [`Vault`] can resolve. Output shows a sentinel as `***`; only sinks that may hold secrets put the
//! value in ([`Vault::reveal`]), every other one refuses it ([`Vault::refuse`]).

mod forms;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// What a secret looks like wherever it is shown.
pub const MASK: &str = "***";

/// Secrets shorter than this are not masked in free text: masking `true` or `1` everywhere would make
/// output useless.
pub const SHORTEST_MASKED: usize = 6;

const OPEN: char = '\u{F0A5E}';
const CLOSE: char = '\u{F0A5F}';

/// Characters of a handle between [`OPEN`] and [`CLOSE`].
const HANDLE: usize = 16;

/// A value that is never shown. Clones share one buffer, zeroed when the last is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Hides a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(value.into())))
    }

    /// The value itself, for the few places that may see it: the Secret's data, the 0600 env file, `reveal()`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl serde::Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// Every secret that came into one run.
#[derive(Default)]
pub struct Vault {
    known: RwLock<Vec<Known>>,
    /// Finds every form of every secret; built when first needed, dropped when a secret comes in.
    finder: RwLock<Option<AhoCorasick>>,
    /// Whether a secret came in that is too short to be masked, and nobody was told yet.
    short: AtomicBool,
    /// Whether somebody was told.
    told: AtomicBool,
}

struct Known {
    handle: String,
    secret: Secret,
    forms: forms::Found,
}

impl Vault {
    /// Takes a secret in: from now on it is masked in all output. Gives its sentinel.
    ///
    /// A secret of fewer than [`SHORTEST_MASKED`] characters is not masked where it stands in other text;
    /// the printer warns of it, once ([`Vault::unmasked`]).
    pub fn keep(&self, secret: &Secret) -> String {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = known.iter().find(|k| k.secret.expose() == secret.expose()) {
            return sentinel(&old.handle);
        }
        let handle = format!("{:016x}", fastrand::u64(..));
        let text = sentinel(&handle);
        let forms = forms::forms(secret.expose());
        if forms.short.is_empty() && forms.long.is_empty() && !secret.is_empty() {
            self.short.store(true, Ordering::Relaxed);
        }
        known.push(Known { handle, secret: secret.clone(), forms });
        *self.finder.write().unwrap_or_else(PoisonError::into_inner) = None;
        text
    }

    /// Whether a secret too short to be masked has come in; true once in a run, for the one warning.
    #[must_use]
    pub fn unmasked(&self) -> bool {
        self.short.load(Ordering::Relaxed) && !self.told.swap(true, Ordering::Relaxed)
    }

    /// Whether a text holds a secret's sentinel, or a piece of one.
    #[must_use]
    pub fn holds_secret(text: &str) -> bool {
        text.contains([OPEN, CLOSE])
    }

    /// For every sink that must not hold secrets: `what` completes "a secret may not be put into ...".
    ///
    /// # Errors
    /// If the text holds a sentinel or a piece of one.
    pub fn refuse(text: &str, what: &str) -> Result<()> {
        if Self::holds_secret(text) {
            return Err(Error::invalid(format!("a secret may not be put into {what}"))
                .hint("`secrets::apply` and secret env files take secrets; `reveal()` shows one"));
        }
        Ok(())
    }

    /// A text with the values of its sentinels put in: a [`Secret`] if it held any, `None` if it is plain text.
    /// What is not a whole sentinel of this run stays as it is; [`Vault::reveal`] refuses it.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Option<Secret> {
        if !Self::holds_secret(text) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut result = Zeroizing::new(String::new());
        let mut rest = text;
        while let Some(at) = rest.find(OPEN) {
            result.push_str(&rest[..at]);
            rest = &rest[at..];
            let (taken, handle) = read_sentinel(rest);
            match known.iter().find(|k| Some(k.handle.as_str()) == handle) {
                Some(k) => result.push_str(k.secret.expose()),
                None => result.push_str(&rest[..taken]),
            }
            rest = &rest[taken..];
        }
        result.push_str(rest);
        Some(Secret(Arc::new(result)))
    }

    /// The text as a sink that may hold secrets stores it: plain text as it is, sentinels as their values.
    ///
    /// # Errors
    /// If a sentinel was cut or changed (by `sub_string`, `to_upper`): what is left is not the secret.
    pub fn reveal(&self, text: &str) -> Result<Secret> {
        let secret = self.resolve(text).unwrap_or_else(|| Secret::new(text));
        if Self::holds_secret(secret.expose()) {
            return Err(Error::invalid("a secret was cut or changed by a text function, so its value is lost")
                .hint("use the secret whole, or `reveal()` it first"));
        }
        Ok(secret)
    }

    /// A text fit to be shown: sentinels and known secrets (in each of their forms) as `***`.
    ///
    /// Borrows the text where there is nothing to hide.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = Self::mask_sentinels(text);
        let hidden = self.find(&text);
        if hidden.is_empty() {
            return text;
        }
        let mut result = String::with_capacity(text.len());
        let mut end = 0;
        for range in hidden {
            result.push_str(&text[end..range.start]);
            result.push_str(MASK);
            end = range.end;
        }
        result.push_str(&text[end..]);
        Cow::Owned(result)
    }

    /// A name fit to be shown: only sentinels are masked, for a secret may have the text of an honest name.
    #[must_use]
    pub fn mask_sentinels(text: &str) -> Cow<'_, str> {
        if !Self::holds_secret(text) {
            return Cow::Borrowed(text);
        }
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find([OPEN, CLOSE]) {
            result.push_str(&rest[..at]);
            result.push_str(MASK);
            rest = &rest[at..];
            let (taken, _) = read_sentinel(rest);
            rest = &rest[taken..];
        }
        result.push_str(rest);
        Cow::Owned(result)
    }

    /// Whether nothing has been taken in: there is nothing to mask then.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Where known secrets stand in a text. Secrets may overlap: each byte of each of them is covered, so what
    /// overlaps becomes one range.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        if text.len() < SHORTEST_MASKED || self.is_empty() {
            return Vec::new();
        }
        let mut ranges = self.short(text);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for form in known.iter().flat_map(|k| &k.forms.long).filter(|form| form.len() <= text.len()) {
            ranges.extend(text.match_indices(form.as_str()).map(|(at, found)| at..at + found.len()));
        }
        merged(ranges)
    }

    /// Where the forms that the automaton knows stand in a text.
    fn short(&self, text: &str) -> Vec<Range<usize>> {
        let finder = self.finder.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(finder) = finder.as_ref() {
            return covered(finder, text);
        }
        drop(finder);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let forms = known.iter().flat_map(|k| &k.forms.short).map(|form| form.as_bytes());
        let built = AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(forms);
        let Ok(built) = built else {
            // more patterns than the automaton can number: show nothing rather than a secret
            return std::iter::once(0..text.len()).collect();
        };
        let found = covered(&built, text);
        *self.finder.write().unwrap_or_else(PoisonError::into_inner) = Some(built);
        found
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

/// The ranges of all matches.
fn covered(finder: &AhoCorasick, text: &str) -> Vec<Range<usize>> {
    finder.find_overlapping_iter(text).map(|found| found.range()).collect()
}

/// Ranges in order, those that overlap made one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

fn sentinel(handle: &str) -> String {
    format!("{OPEN}{handle}{CLOSE}")
}

/// How many bytes of a text that begins with [`OPEN`] or [`CLOSE`] belong to a sentinel, and its handle if it is
/// whole.
fn read_sentinel(text: &str) -> (usize, Option<&str>) {
    let Some(inner) = text.strip_prefix(OPEN) else {
        return (CLOSE.len_utf8(), None);
    };
    let handle = inner.bytes().take(HANDLE).take_while(u8::is_ascii_alphanumeric).count();
    let taken = OPEN.len_utf8() + handle;
    if inner[handle..].starts_with(CLOSE) { (taken + CLOSE.len_utf8(), Some(&inner[..handle])) } else { (taken, None) }
}

#[cfg(test)]
mod tests;
