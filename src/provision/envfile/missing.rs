//! What is not filled in.

use super::{EnvFile, Role, Wanted};

/// A value that somebody has to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The key.
    pub key: String,
    /// The server that wants it; empty if only the file knows of it.
    pub server: String,
    /// What it is for, in the catalog's words: the description, for a secret rather the example; may be empty.
    pub hint: String,
    /// The env file it belongs in.
    pub file: String,
    /// Its line there, from 1; none if the file does not hold the key.
    pub line: Option<usize>,
    /// Whether it is a secret.
    pub secret: bool,
}

/// The values of a role that are missing from a file, in the order of `wanted`, then in that of the file: required
/// ones that are empty or not there, and all that still hold a placeholder. A key that nobody in `wanted` knows is
/// missing if it holds a placeholder and, in a secret file, also if it is empty: a server started with an empty
/// secret says no more than `unauthorized`, much later.
#[must_use]
pub fn missing(file: &EnvFile, role: Role, wanted: &[Wanted]) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    let wanted = || wanted.iter().filter(|want| want.role == role);
    for want in wanted() {
        let needed = wanted().any(|other| other.key == want.key && other.required);
        let absent = match file.get(&want.key) {
            Some(value) => Role::is_placeholder(value) || (needed && value.is_empty()),
            None => needed,
        };
        if absent && !missing.iter().any(|known| known.key == want.key) {
            missing.push(entry(file, role, &want.key, &want.server, hint(want)));
        }
    }
    for known in file.entries().filter(|known| !wanted().any(|want| want.key == known.key())) {
        if Role::is_placeholder(known.value()) || (role == Role::Secret && known.value().is_empty()) {
            missing.push(entry(file, role, known.key(), "", ""));
        }
    }
    missing
}

fn hint(want: &Wanted) -> &str {
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
