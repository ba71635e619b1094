//! References: `KEY=ref:SCHEME:PATH` names where a value is stored, in place of the value. Only a value without quotes
//! is a reference. The caller that reads the values defines the schemes.

use std::fmt;

use super::Given;
use super::file::{EnvFile, Item};
use crate::error::{Error, Place, Result};
use crate::secret::Secret;

/// The prefix of a reference.
pub const PREFIX: &str = "ref:";

/// The longest name of a scheme.
const LONGEST_SCHEME: usize = 32;

/// A value that is stored elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference {
    /// The key of the value.
    pub key: String,
    /// The scheme: the kind of store.
    pub scheme: String,
    /// The rest, interpreted by the scheme.
    pub path: String,
    /// The place of the value in the env file, without the line's text.
    pub place: Place,
}

/// Does not show the path: a secret may begin like a reference.
impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference").field("key", &self.key).field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// Whether a text is a valid scheme: up to 32 lower case letters, digits, `.`, `+` and `-`, a letter first.
#[must_use]
pub fn is_scheme(text: &str) -> bool {
    text.len() <= LONGEST_SCHEME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))
}

impl Reference {
    fn parse(key: &str, text: &str, place: Place) -> Result<Self> {
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':'));
        match parts.filter(|(scheme, path)| is_scheme(scheme) && !path.is_empty()) {
            Some((scheme, path)) => {
                Ok(Self { key: key.to_owned(), scheme: scheme.to_owned(), path: path.to_owned(), place })
            }
            None => {
                Err(Error::invalid(format!("the value of `{key}` begins with `{PREFIX}` and is not a valid reference"))
                    .object(place.file.clone())
                    .place(place)
                    .hint("a reference is `ref:SCHEME:PATH`; put a value that only looks like one in quotes"))
            }
        }
    }

    /// The error for a reference without a value; it does not contain the path.
    #[must_use]
    pub fn error(&self, cause: impl Into<String>) -> Error {
        Error::failed(format!("no value for `{}`: its `{}` reference does not resolve", self.key, self.scheme))
            .cause(cause)
            .object(self.place.file.clone())
            .place(self.place.clone())
    }
}

impl EnvFile {
    /// Replaces references by their values, except for keys that are given otherwise. The file's text does not change:
    /// it still contains the references.
    ///
    /// # Errors
    /// A value that begins like a reference and is not valid; any error of `by`.
    pub fn resolve(&mut self, given: &Given, by: &mut dyn FnMut(&Reference) -> Result<Secret>) -> Result<()> {
        let label = self.label().to_owned();
        let mut line = 1;
        for item in &mut self.items {
            let lines = item.raw().matches('\n').count();
            if let Item::Entry(entry) = item
                && entry.is_unresolved()
                && !given.contains_key(entry.key())
            {
                let place = Place { file: label.clone(), line, column: entry.column(), ..Place::default() };
                let reference = Reference::parse(entry.key(), entry.value(), place)?;
                let value = by(&reference)?;
                entry.put(value);
            }
            line += lines;
        }
        Ok(())
    }

    /// The references, in the file's order.
    ///
    /// # Errors
    /// A value that begins like a reference and is not valid.
    pub fn references(&self) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        let mut copy = self.clone();
        copy.resolve(&Given::new(), &mut |reference| {
            found.push(reference.clone());
            Ok(Secret::new(""))
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, quote::quote};
    use super::*;

    const FILE: &str = "# head\nplain=text\n  token = ref:vault:kv/grafana#key\nquoted='ref:vault:x'\n";

    #[test]
    fn what_stands_without_quotes_is_a_reference_with_its_place() {
        let file = parse(FILE.as_bytes(), "prod-secret.env").unwrap();
        let [only] = &file.references().unwrap()[..] else { panic!("one reference") };
        assert_eq!((only.key.as_str(), only.scheme.as_str(), only.path.as_str()), ("token", "vault", "kv/grafana#key"));
        assert_eq!((only.place.line, only.place.column), (3, 11));
        let error = only.error("no such secret");
        assert!(!format!("{error:?}").contains("grafana"));
    }

    #[test]
    fn a_resolved_value_is_never_written() {
        let mut file = parse(FILE.as_bytes(), "prod-secret.env").unwrap();
        file.resolve(&Given::new(), &mut |_| Ok(Secret::new("canary-token"))).unwrap();
        assert_eq!((file.get("token"), file.get("quoted")), (Some("canary-token"), Some("ref:vault:x")));
        assert_eq!(*file.text(), FILE);
        // once is enough
        file.resolve(&Given::new(), &mut |_| Err(Error::failed("asked twice"))).unwrap();
    }

    #[test]
    fn what_is_given_is_not_asked_for() {
        let mut file = parse(FILE.as_bytes(), "prod-secret.env").unwrap();
        let given = Given::from([("token".to_owned(), Some(Secret::new("canary-given")))]);
        file.resolve(&given, &mut |_| Err(Error::failed("asked"))).unwrap();
    }

    #[test]
    fn what_only_begins_like_one_is_an_error_that_shows_nothing_of_it() {
        for wrong in ["ref:canary", "ref::canary", "ref:canary:", "ref:CANARY:x", "ref:canary word:x"] {
            let file = parse(format!("token={wrong}\n").as_bytes(), "a.env").unwrap();
            let error = file.references().unwrap_err();
            assert_eq!(error.place.as_ref().map(|place| (place.line, place.column)), Some((1, 7)));
            assert!(!format!("{error:?}").to_lowercase().contains("canary"), "{wrong}");
        }
    }

    #[test]
    fn a_literal_that_looks_like_one_is_quoted_and_stays_a_literal() {
        assert_eq!(*quote("ref:vault:x", "\n", false), "'ref:vault:x'");
        let mut file = parse(b"token=ref:vault:x\n", "a.env").unwrap();
        let before = file.clone();
        file.set("token", "ref:vault:x").unwrap();
        file.set("other", "ref:").unwrap();
        assert_eq!(*file.text(), "token='ref:vault:x'\nother='ref:'\n");
        assert_eq!(file.changes_since(&before).len(), 2);
        let again = parse(file.text().as_bytes(), "a.env").unwrap();
        assert!(again.references().unwrap().is_empty());
    }
}
