//! The messages of findings.

use crate::error::{Error, Kind};
use crate::nearest;

/// A mistake in a script.
pub(super) fn mistake(message: impl Into<String>) -> Error {
    Error::new(Kind::Script, message)
}

/// The numbers of arguments that a function takes, as `1`, `0 or 1`, `1, 2 or 3`.
pub(super) fn counts(mut counts: Vec<usize>) -> String {
    counts.sort_unstable();
    counts.dedup();
    let mut words: Vec<String> = counts.iter().map(ToString::to_string).collect();
    match (words.pop(), words.is_empty()) {
        (Some(last), true) => last,
        (Some(last), false) => format!("{} or {last}", words.join(", ")),
        (None, _) => "no".to_owned(),
    }
}

/// The wrong number of arguments.
pub(super) fn wrong_count(path: &str, taken: Vec<usize>, given: usize) -> Error {
    let only_one = taken.iter().all(|count| *count == 1);
    let noun = if only_one { "argument" } else { "arguments" };
    mistake(format!("`{path}` takes {} {noun}, not {given}", counts(taken)))
}

/// A nearest name as the hint of an error.
pub(super) fn near<'n>(error: Error, name: &str, known: impl IntoIterator<Item = &'n str>) -> Error {
    // one letter is near to every other
    if name.chars().count() < 2 {
        return error;
    }
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    error.suggest(nearest::nearest(name, known))
}

/// A type with its article, a typed value's name in backticks.
pub(super) fn a(kind: &str) -> String {
    if kind == "()" || kind.starts_with(char::is_uppercase) {
        return format!("`{kind}`");
    }
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// What an argument must be instead of what it is.
pub(super) fn wrong_type(function: &str, at: usize, mut wanted: Vec<String>, got: &str) -> Error {
    wanted.sort();
    wanted.dedup();
    let wanted: Vec<String> = wanted.iter().map(|kind| a(kind)).collect();
    mistake(format!("argument {at} of `{function}` must be {}, not {}", wanted.join(" or "), a(got)))
}
