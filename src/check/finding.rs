//! The findings of a check.

use serde_json::{Value, json};

use crate::error::Error;

/// One mistake of a script, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, where, and what was probably meant.
    pub error: Error,
    /// Whether the script certainly fails when it gets there; otherwise the code is probably a mistake.
    pub certain: bool,
}

impl Finding {
    /// `file, line, column, message, hint` for programs; line and column are 0 where there is none.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let place = self.error.place.clone().unwrap_or_default();
        json!({
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "message": self.error.to_string(),
            "hint": self.error.hints.join("; "),
        })
    }

    /// File, line and column.
    fn at(&self) -> (&str, usize, usize) {
        self.error.place.as_ref().map_or(("", 0, 0), |place| (&place.file, place.line, place.column))
    }
}

/// Sorts findings by file and line, and removes duplicates.
pub(super) fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| a.at().cmp(&b.at()));
    findings.dedup();
}
