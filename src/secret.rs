//! Values that must not be seen: the type that hides them, and the vault that knows what to mask.
//!
//! A [`Secret`] prints as `***`. Rhai turns interpolated values into text before anyone can refuse, so a
//! secret's text inside the engine is a *sentinel*: private-use characters around a handle that only this
//! run's [`Vault`] can resolve. Output shows a sentinel as `***`; only sinks that may hold secrets resolve it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

/// What a secret looks like wherever it is shown.
pub const MASK: &str = "***";

/// Secrets shorter than this are not masked in free text: masking `true` or `1` everywhere would make
/// output useless.
pub const SHORTEST_MASKED: usize = 6;

const OPEN: char = '\u{F0A5E}';
const CLOSE: char = '\u{F0A5F}';

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

/// Every secret that came into one run.
#[derive(Default)]
pub struct Vault {
    known: RwLock<Vec<Known>>,
}

struct Known {
    handle: String,
    secret: Secret,
    forms: Vec<Zeroizing<String>>,
}

impl Vault {
    /// Takes a secret in: from now on it is masked in all output. Gives its sentinel.
    pub fn keep(&self, secret: &Secret) -> String {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = known.iter().find(|k| k.secret.expose() == secret.expose()) {
            return sentinel(&old.handle);
        }
        let handle = format!("{:016x}", fastrand::u64(..));
        let text = sentinel(&handle);
        known.push(Known { handle, secret: secret.clone(), forms: forms(secret.expose()) });
        text
    }

    /// Whether a text holds a secret's sentinel.
    #[must_use]
    pub fn holds_secret(text: &str) -> bool {
        text.contains(OPEN)
    }

    /// A text with the values of its sentinels put in: a [`Secret`] if it held any, `None` if it is plain text.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Option<Secret> {
        if !Self::holds_secret(text) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut result = text.to_owned();
        for k in known.iter() {
            result = result.replace(&sentinel(&k.handle), k.secret.expose());
        }
        Some(Secret::new(result))
    }

    /// A text fit to be shown: sentinels and known secrets (in each of their forms) as `***`.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut result = text.to_owned();
        for k in known.iter() {
            result = result.replace(&sentinel(&k.handle), MASK);
        }
        let mut forms: Vec<&str> = known.iter().flat_map(|k| k.forms.iter().map(|f| f.as_str())).collect();
        forms.sort_by_key(|f| std::cmp::Reverse(f.len()));
        for form in forms {
            if result.contains(form) {
                result = result.replace(form, MASK);
            }
        }
        result
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

fn sentinel(handle: &str) -> String {
    format!("{OPEN}{handle}{CLOSE}")
}

/// The shapes in which a secret's text may turn up: whole, line by line, base64, URL-encoded, as JSON text.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    use base64::Engine as _;
    let mut forms = Vec::new();
    let mut add = |text: String| {
        if text.chars().count() >= SHORTEST_MASKED && !forms.iter().any(|f: &Zeroizing<String>| **f == text) {
            forms.push(Zeroizing::new(text));
        }
    };
    for part in std::iter::once(value).chain(value.lines()) {
        if part.chars().count() < SHORTEST_MASKED {
            continue;
        }
        add(part.to_owned());
        add(base64::engine::general_purpose::STANDARD.encode(part).trim_end_matches('=').to_owned());
        add(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part));
        add(form_urlencoded::byte_serialize(part.as_bytes()).collect());
        if let Ok(json) = serde_json::to_string(part) {
            add(json.trim_matches('"').to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown_but_can_be_resolved() {
        let vault = Vault::default();
        let secret = Secret::new("canary-one");
        let sentinel = vault.keep(&secret);
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        let text = format!("pg://u:{sentinel}@h");
        assert_eq!(vault.resolve(&text).unwrap().expose(), "pg://u:canary-one@h");
        assert_eq!(vault.mask(&text), "pg://u:***@h");
        assert_eq!(vault.mask("it is canary-one, Y2FuYXJ5LW9uZQ=="), "it is ***, ***==");
        assert!(vault.resolve("no secret: ***").is_none());
    }
}
