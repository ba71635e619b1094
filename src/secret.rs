//! Values that must not be seen: the type that hides them, and the vault that knows what to mask.
//!
//! A [`Secret`] prints as `***`. Rhai turns interpolated values into text before anyone can refuse, so a
//! secret's text inside the engine is a *sentinel*: private-use characters around a handle that only this
//! run's [`Vault`] can resolve. A handle belongs to one instance, not to a value, so that equal secrets have
//! different sentinels. Output shows a sentinel as `***`; only sinks that may store secrets put the value in
//! ([`Vault::reveal`]), every other one refuses it ([`Vault::refuse`]).

mod finder;
mod forms;
mod json;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use crate::encoding::single_value;
use crate::error::{Error, Kind, Result};
use finder::Finder;

pub use json::{Key, SECRET_ANSWER};

/// What a secret looks like wherever it is shown.
pub const MASK: &str = "***";

/// Secrets shorter than this are not masked in free text: masking `true` or `1` everywhere would make
/// output useless.
pub const SHORTEST_MASKED: usize = 6;

/// The longest secret that a script can put together, in bytes.
const LONGEST: usize = 64 * 1024 * 1024;

const OPEN: char = '\u{F0A5E}';
const CLOSE: char = '\u{F0A5F}';

/// Characters of a handle between [`OPEN`] and [`CLOSE`].
const HANDLE: usize = 16;

/// A value that is never shown. Clones share one buffer, zeroed when the last is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Instance>);

struct Instance {
    value: Zeroizing<String>,
    handle: u64,
    of_script: bool,
}

impl Secret {
    /// Hides a value that came from the user as a whole: an env file, a prompt, the command line, a program.
    pub fn new(value: impl Into<String>) -> Self {
        Self::from_value(value.into().into(), false)
    }

    /// Hides a value that a script may have chosen: its own text, text around a secret, a part of a secret, or what
    /// it may have written into the cluster before. Comparing it with another secret could be guessing.
    pub fn of_script(value: impl Into<String>) -> Self {
        Self::from_value(value.into().into(), true)
    }

    /// The same without the end of its line, if it is a single one: what `echo` wrote into a file.
    #[must_use]
    pub fn single_value(&self) -> Self {
        Self::from_value(single_value(self.expose()).to_owned().into(), self.is_of_script())
    }

    fn from_value(value: Zeroizing<String>, of_script: bool) -> Self {
        Self(Arc::new(Instance { value, handle: fastrand::u64(..), of_script }))
    }

    /// The value itself, for the few places that may see it: the Secret's data, the 0600 env file, manifests that
    /// are printed with `secrets: reveal`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.value
    }

    /// Whether a script may have chosen what it says.
    #[must_use]
    pub fn is_of_script(&self) -> bool {
        self.0.of_script
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.value.is_empty()
    }

    /// Two values, one after the other.
    ///
    /// # Errors
    /// [`Kind::Refused`] where the result is too long: an error that can be caught would reveal the length.
    pub fn followed_by(&self, next: &Self) -> Result<Self> {
        let (first, next) = (self.expose(), next.expose());
        if first.len() + next.len() > LONGEST {
            return Err(Error::new(Kind::Refused, "the secret is too long")
                .cause(format!("a script can put {} MiB together", LONGEST >> 20)));
        }
        let mut value = Zeroizing::new(String::with_capacity(first.len() + next.len()));
        value.push_str(first);
        value.push_str(next);
        Ok(Self::from_value(value, true))
    }

    /// The secret as a JSON document: of a JSON string its content, of `null` nothing, else the JSON text.
    ///
    /// # Errors
    /// [`Kind::Refused`], which no script can catch, without a place: it is not JSON.
    pub fn json(&self) -> Result<Self> {
        let content = json::content(self.expose()).ok_or_else(|| json::refused("the secret is not a JSON document"))?;
        Ok(self.part(content))
    }

    /// One member of a JSON object, or one item of a JSON array, in the form of [`json`](Self::json).
    ///
    /// # Errors
    /// [`Kind::Refused`], which no script can catch: it is not JSON, has no such member, or has it twice.
    pub fn select(&self, key: Key<'_>) -> Result<Self> {
        let refused = || json::refused(format!("the secret has no {key} to select"));
        json::select(self.expose(), key).map(|content| self.part(content)).ok_or_else(refused)
    }

    fn part(&self, content: Zeroizing<String>) -> Self {
        if *content == *self.0.value { self.clone() } else { Self::from_value(content, true) }
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
    /// By handle.
    known: RwLock<HashMap<u64, Secret>>,
    finder: RwLock<Finder>,
    /// Whether a secret came in that is too short to be masked.
    short: AtomicBool,
    /// Whether that was reported.
    reported: AtomicBool,
}

impl Vault {
    /// Takes a secret in: from now on it is masked in all output. Gives its sentinel.
    ///
    /// A secret of fewer than [`SHORTEST_MASKED`] characters is not masked inside other text;
    /// the printer warns of it, once ([`Vault::unmasked`]).
    pub fn keep(&self, secret: &Secret) -> String {
        let new = self.known.write().unwrap_or_else(PoisonError::into_inner).insert(secret.0.handle, secret.clone());
        if new.is_none() {
            let is_found = self.finder.write().unwrap_or_else(PoisonError::into_inner).add(secret);
            if !is_found && !secret.is_empty() {
                self.short.store(true, Ordering::Relaxed);
            }
        }
        sentinel(secret.0.handle)
    }

    /// Whether a secret too short to be masked has come in; true once in a run, for the one warning.
    #[must_use]
    pub fn unmasked(&self) -> bool {
        self.short.load(Ordering::Relaxed) && !self.reported.swap(true, Ordering::Relaxed)
    }

    /// Whether a text contains a secret's sentinel, or a piece of one.
    #[must_use]
    pub fn holds_secret(text: &str) -> bool {
        text.contains([OPEN, CLOSE])
    }

    /// For every sink that must not contain secrets: `what` completes "a secret may not be put into ...".
    ///
    /// # Errors
    /// If the text contains a sentinel or a piece of one.
    pub fn refuse(text: &str, what: &str) -> Result<()> {
        if Self::holds_secret(text) {
            return Err(Error::invalid(format!("a secret may not be put into {what}"))
                .hint("`secrets::apply` and the functions of `envfile` store secrets"));
        }
        Ok(())
    }

    /// The secret that a text contains: `None` for plain text; for a text that is one sentinel the very secret; else
    /// the text with the values of its sentinels put in.
    ///
    /// # Errors
    /// A sentinel was cut or changed (by `sub_string`, `to_upper`): the rest is not the secret.
    pub fn reveal(&self, text: &str) -> Result<Option<Secret>> {
        if !Self::holds_secret(text) {
            return Ok(None);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let changed = || {
            Error::invalid("a secret was cut or changed by a string function, so its value is lost")
                .hint("use the secret whole; `secret.key` selects a part of a JSON secret")
        };
        let mut result = Zeroizing::new(String::new());
        let mut rest = text;
        while let Some(at) = rest.find([OPEN, CLOSE]) {
            result.push_str(&rest[..at]);
            rest = &rest[at..];
            let (taken, handle) = read_sentinel(rest);
            let secret = handle.and_then(|handle| known.get(&handle)).ok_or_else(changed)?;
            if taken == text.len() {
                return Ok(Some(secret.clone()));
            }
            result.push_str(secret.expose());
            rest = &rest[taken..];
        }
        result.push_str(rest);
        Ok(Some(Secret::from_value(result, true)))
    }

    /// A text fit to be shown: sentinels and known secrets (in each of their forms) as `***`.
    ///
    /// Borrows the text where there is nothing to hide.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let text = Self::mask_sentinels(text);
        if text.len() < SHORTEST_MASKED {
            return text;
        }
        let hidden = Finder::find(&self.finder, &text);
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
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

fn sentinel(handle: u64) -> String {
    format!("{OPEN}{handle:016x}{CLOSE}")
}

/// How many bytes of a text that begins with [`OPEN`] or [`CLOSE`] belong to a sentinel, and its handle if it is
/// whole.
fn read_sentinel(text: &str) -> (usize, Option<u64>) {
    let Some(inner) = text.strip_prefix(OPEN) else {
        return (CLOSE.len_utf8(), None);
    };
    let length = inner.bytes().take(HANDLE).take_while(u8::is_ascii_alphanumeric).count();
    let taken = OPEN.len_utf8() + length;
    if !inner[length..].starts_with(CLOSE) {
        return (taken, None);
    }
    let handle = &inner[..length];
    let is_written = length == HANDLE && handle.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (taken + CLOSE.len_utf8(), if is_written { u64::from_str_radix(handle, 16).ok() } else { None })
}

#[cfg(test)]
mod tests;
