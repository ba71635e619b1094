//! Missing values.

use unicode_width::UnicodeWidthStr as _;

use super::placeholder::is_unusable;
use super::{EnvFile, Role, WantedValue};
use crate::error::{Error, Kind};
use crate::provision::keys::clean;

/// A value that the user has to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The key.
    pub key: String,
    /// The server that needs it; empty if only the file contains it.
    pub server: String,
    /// What it is for, from the catalog: the description, for a secret preferably the example; may be empty.
    pub hint: String,
    /// Its env file.
    pub file: String,
    /// Its line there, from 1; none if the file does not contain the key.
    pub line: Option<usize>,
    /// Whether it is a secret.
    pub secret: bool,
}

/// The missing values of a role in a file, in the order of `wanted`, then in that of the file: required ones that are
/// empty or do not exist, and all that are still a placeholder, or the catalog's example of a secret. A value that is
/// absent on purpose is not missing. A key that is not in `wanted` is missing if its value is a placeholder and, in a
/// secret file, also if it is empty: a server that starts with an empty secret reports only `unauthorized`, much later.
#[must_use]
pub fn missing(file: &EnvFile, role: Role, all: &[WantedValue]) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    let wanted = || all.iter().filter(|want| want.role == role);
    for want in wanted() {
        let needed = wanted().any(|other| other.key == want.key && other.required);
        let absent = match file.entry(&want.key) {
            Some(entry) if entry.is_absent() => false,
            Some(entry) => is_unusable(&want.key, entry.value(), all) || (needed && entry.value().is_empty()),
            None => needed,
        };
        if absent && !missing.iter().any(|known| known.key == want.key) {
            missing.push(entry(file, role, &want.key, &want.server, hint(want)));
        }
    }
    for known in file.entries().filter(|known| !wanted().any(|want| want.key == known.key())) {
        let is_empty = role == Role::Secret && known.value().is_empty() && !known.is_absent();
        if Role::is_placeholder(known.value()) || is_empty {
            missing.push(entry(file, role, known.key(), "", ""));
        }
    }
    missing
}

fn hint(want: &WantedValue) -> &str {
    let (first, second) = match want.role {
        Role::Config => (&want.description, &want.example),
        Role::Secret => (&want.example, &want.description),
    };
    if first.is_empty() { second } else { first }
}

fn entry(file: &EnvFile, role: Role, key: &str, server: &str, hint: &str) -> Missing {
    Missing {
        key: key.to_owned(),
        server: server.to_owned(),
        hint: hint.to_owned(),
        file: file.label().to_owned(),
        line: file.line(key),
        secret: role == Role::Secret,
    }
}

/// The longest explanation in an error, in characters.
const LONGEST_HINT: usize = 60;

impl Missing {
    /// The place to fill it in: `prod-config.env:6`.
    #[must_use]
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    /// The kind of its file: `config` or `secret`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.secret { "secret" } else { "config" }
    }

    fn cells(&self) -> [String; 4] {
        let hint = clean(&self.hint);
        let mut short: String = hint.chars().take(LONGEST_HINT).collect();
        if short.len() < hint.len() {
            short.push('…');
        }
        [self.key.clone(), self.kind().to_owned(), short, self.place()]
    }
}

/// The error that lists missing values, one per line: key, file, description, place; `None` if there are none.
#[must_use]
pub fn error(missing: &[Missing]) -> Option<Error> {
    let first = missing.first()?;
    let mut servers: Vec<String> = missing.iter().map(|m| format!("`{}`", m.server)).filter(|s| s != "``").collect();
    servers.sort();
    servers.dedup();
    let of = if servers.is_empty() { format!("in `{}`", first.file) } else { format!("for {}", servers.join(", ")) };
    let (count, them) = match missing.len() {
        1 => ("1 value is".to_owned(), "it"),
        several => (format!("{several} values are"), "them"),
    };
    let rows: Vec<[String; 4]> = missing.iter().map(Missing::cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let error = Error::new(Kind::MissingValues, format!("{count} missing {of}"))
        .hint(format!("fill {them} in and run the command again; nothing was applied"));
    Some(rows.iter().fold(error, |error, row| {
        let padded = |column: usize| format!("{}{}", row[column], " ".repeat(widths[column] - row[column].width()));
        error.detail(format!("{}  {}  {}  {}", padded(0), padded(1), padded(2), row[3]))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_what_is_missing_and_where() {
        let url = Missing {
            key: "grafana.url".into(),
            server: "grafana".into(),
            hint: "http address\nof the server".into(),
            file: "prod-config.env".into(),
            line: Some(6),
            secret: false,
        };
        let key = Missing {
            key: "grafana.api_key".into(),
            hint: "<your service account token>".into(),
            file: "prod-secret.env".into(),
            line: Some(5),
            secret: true,
            ..url.clone()
        };
        let error = super::error(&[url, key]).unwrap();
        assert_eq!(error.message, "2 values are missing for `grafana`");
        assert_eq!(
            error.details,
            [
                "grafana.url      config  http address of the server    prod-config.env:6",
                "grafana.api_key  secret  <your service account token>  prod-secret.env:5",
            ]
        );
        assert_eq!(error.exit_code(), 4);
        assert!(super::error(&[]).is_none());
    }
}
