//! What a check finds.

use serde_json::{Value, json};

use crate::error::Error;

/// One mistake of a script, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, where, and what was probably meant.
    pub error: Error,
    /// Whether the script fails for certain where it gets there; else it is likely that it is not what was meant.
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

/// Puts findings into the order of files and lines, each once.
pub(super) fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| a.at().cmp(&b.at()));
    findings.dedup();
}
