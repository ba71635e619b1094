//! The rule by which a function goes: it is kept, and warned about, for one minor version.
//!
//! Its doc comment says so in a section:
//!
//! ```text
//! /// # Deprecated
//! /// * `since` - 0.2
//! /// * `instead` - `pods::list`
//! ```

use serde::Serialize;

/// That a function is going to be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Deprecation {
    /// The version that deprecated it, as `0.2`.
    pub since: String,
    /// What to use instead, as `` `pods::list` ``.
    pub instead: String,
}

impl Deprecation {
    /// The first version that need not have it any more: deprecated in 0.2, it is there in all 0.2 and may be gone
    /// in 0.3. Empty where `since` is no version.
    #[must_use]
    pub fn until(&self) -> String {
        let mut parts = self.since.split('.').map(str::parse::<u64>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => format!("{major}.{}", minor + 1),
            _ => String::new(),
        }
    }

    /// What is said of it: ``deprecated since 0.2 and gone in 0.3; use `pods::list` ``.
    #[must_use]
    pub fn notice(&self) -> String {
        let gone = self.until();
        let gone = if gone.is_empty() { gone } else { format!(" and may be gone in {gone}") };
        format!("deprecated since {}{gone}: use {}", self.since, self.instead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_for_one_minor_version() {
        let old = Deprecation { since: "0.9".to_owned(), instead: "`pods::list`".to_owned() };
        assert_eq!(old.until(), "0.10");
        assert_eq!(old.notice(), "deprecated since 0.9 and may be gone in 0.10: use `pods::list`");
    }

    #[test]
    fn no_function_is_kept_longer_than_the_rule_says() {
        let version = semver::Version::parse(env!("CARGO_PKG_VERSION")).unwrap();
        for entry in crate::reference::entries() {
            let Some(deprecated) = &entry.deprecated else { continue };
            assert!(!deprecated.instead.is_empty(), "{} says not what to use instead", entry.path());
            let until = semver::Version::parse(&format!("{}.0", deprecated.until())).unwrap();
            assert!(version < until, "{} is to be removed", entry.path());
        }
    }
}
