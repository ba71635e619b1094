//! What is in the way of opening, replacing or removing a file.

use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Kind, io_cause};

/// A cause without its sentence: the caller knows what it was doing, and how the user calls the file.
#[derive(Debug)]
pub(crate) struct Obstacle {
    /// The system's kind of error; `Other` for what is refused here.
    pub(crate) kind: ErrorKind,
    cause: String,
    hint: Option<String>,
}

impl Obstacle {
    /// A refusal.
    pub(super) fn new(cause: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Other, cause: cause.into(), hint: None }
    }

    /// Adds the next step.
    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The error: `doing` is like "cannot write", `path` is shown in backticks.
    #[must_use]
    pub(crate) fn error(self, doing: &str, path: &Path) -> Error {
        let error = Error::new(Kind::Io, format!("{doing} `{}`", path.display()))
            .cause(self.cause)
            .object(path.display().to_string());
        self.hint.into_iter().fold(error, Error::hint)
    }
}

impl From<std::io::Error> for Obstacle {
    fn from(cause: std::io::Error) -> Self {
        Self { kind: cause.kind(), cause: io_cause(&cause), hint: None }
    }
}
