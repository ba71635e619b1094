//! The forms of output (`-o`) and the amount of messages (`--quiet`, `-v`).

use crate::error::{Error, Result};
use crate::nearest::nearest;

/// The form of a result on stdout: `-o table|wide|json|yaml|name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A table.
    #[default]
    Table,
    /// A table with every column.
    Wide,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// `kind/name`, one a line.
    Name,
}

impl Form {
    /// Every form, in the order of the help.
    pub const ALL: [Self; 5] = [Self::Table, Self::Wide, Self::Json, Self::Yaml, Self::Name];

    /// The word after `-o`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Name => "name",
        }
    }

    /// Whether stdout is for programs: one document, into which nothing else may be printed.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Json | Self::Yaml | Self::Name)
    }
}

impl std::str::FromStr for Form {
    type Err = Error;

    /// # Errors
    /// A word that is none of them.
    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|form| form.name() == word).ok_or_else(|| {
            Error::usage(format!("no output form `{word}`"))
                .suggest(nearest(word, Self::ALL.map(Self::name)))
                .hint("the forms are `table`, `wide`, `json`, `yaml` and `name`")
        })
    }
}

/// How a run prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// The form of results.
    pub form: Form,
    /// Whether information and progress are left out; warnings and errors never are.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbosity: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_by_name() {
        assert_eq!("yaml".parse::<Form>().unwrap(), Form::Yaml);
        let error = "jsn".parse::<Form>().unwrap_err();
        assert_eq!(error.message, "no output form `jsn`");
        assert_eq!(error.hints[0], "did you mean `json`?");
        assert!(Form::Name.is_document() && !Form::Wide.is_document());
    }
}
