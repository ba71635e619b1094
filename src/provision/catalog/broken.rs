//! An entry of a catalog that cannot be used: never listed, merged or counted as a server, and reported by name.

use std::sync::Arc;

use crate::error::Error;

use super::origin::Origin;
use super::received::short;

/// The number of broken entries that are reported one by one.
const MOST_SHOWN: usize = 5;

/// An entry that cannot be used, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenEntry {
    /// Its name, or its place such as `servers[2]` if it has none.
    pub name: String,
    /// What is wrong with it, each with the change that helps.
    pub problems: Vec<String>,
    /// Where it is.
    pub origin: Arc<Origin>,
}

impl BrokenEntry {
    /// One line: the name, the source and the reasons.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "the entry `{}` in {} cannot be used: {}",
            short(&self.name),
            super::parse::ticked(&self.origin.place),
            self.problems.join("; ")
        )
    }

    /// The error for a user who asks for this server.
    #[must_use]
    pub fn error(&self) -> Error {
        let error = Error::invalid(format!(
            "server `{}` is broken in {}",
            short(&self.name),
            super::parse::ticked(&self.origin.place)
        ));
        self.problems
            .iter()
            .fold(error, |error, problem| error.detail(problem.clone()))
            .hint("correct the entry in the catalog, or name another catalog with `--catalog`")
    }
}

/// Broken entries as lines: the first ones in full, the others as a number.
#[must_use]
pub fn summaries<'a>(broken: impl ExactSizeIterator<Item = &'a BrokenEntry>) -> Vec<String> {
    let more = broken.len().saturating_sub(MOST_SHOWN);
    let mut lines: Vec<String> = broken.take(MOST_SHOWN).map(BrokenEntry::summary).collect();
    if more > 0 {
        lines.push(format!("{more} more entries cannot be used"));
    }
    lines
}
