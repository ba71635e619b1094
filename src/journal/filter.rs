//! Which entries are meant.

use jiff::Timestamp;
use wildmatch::WildMatch;

use super::JournalEntry;

/// Which entries are meant; all that is said must fit. Names may be globs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this.
    pub since: Option<Timestamp>,
    /// By this script.
    pub script: Option<String>,
    /// In this namespace.
    pub namespace: Option<String>,
    /// In this context.
    pub context: Option<String>,
    /// This object: its name, or `kind/name`.
    pub object: Option<String>,
    /// Only what failed, or whose outcome is unknown.
    pub failed: bool,
}

impl Filter {
    /// Whether an entry is meant.
    #[must_use]
    pub fn takes(&self, entry: &JournalEntry) -> bool {
        let fits = |wanted: &Option<String>, is: &str| {
            wanted.as_deref().is_none_or(|wanted| WildMatch::new(wanted).matches(is))
        };
        self.since.is_none_or(|since| entry.time >= since)
            && fits(&self.script, &entry.script)
            && fits(&self.namespace, &entry.namespace)
            && fits(&self.context, &entry.context)
            && (fits(&self.object, &entry.name) || fits(&self.object, &entry.object()))
            && (!self.failed || entry.is_failed())
    }
}
