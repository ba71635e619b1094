//! Rhai's messages about types, in the names that scripts use for them.

use crate::error::{Error, Kind, Place};
use crate::primitives::api::types;

/// The types of a call, as `(int, string)`.
pub(super) fn list(rust: &str) -> String {
    let rust = rust.replace("&str | ImmutableString | String", "&str");
    rust.split(", ").map(types::name).collect::<Vec<_>>().join(", ")
}

/// An operator that does not take such values.
pub(super) fn operator(operator: &str, rust: &str) -> Error {
    let names = list(rust);
    let values: Vec<String> = names.split(", ").map(types::a).collect();
    let error = Error::new(Kind::Script, format!("`{operator}` does not take {}", values.join(" and ")));
    if names.split(", ").any(|name| name == "()") {
        error
            .hint(
                "one of the values is missing: `reduce` needs a start value, as in `list.reduce(|sum, x| sum + x, 0)`",
            )
            .hint("`map.get(\"key\") ?? 0` gives a value where a key may be missing")
    } else {
        error.hint("`type_of(x)` shows what a value is; a string is converted with `parse_int(x)`, a value with `x.to_string()`")
    }
}

/// A property that cannot be read or written, from Rhai's message.
pub(super) fn property(message: &str, place: Option<&Place>) -> Option<Error> {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    let (name, kind) = (quoted.next()?, types::name(quoted.next()?));
    if message.starts_with("No writable property") {
        let error = Error::new(Kind::Script, format!("property `{name}` of {} cannot be changed", types::a(kind)));
        return Some(error.hint("`=` assigns; `==` compares"));
    }
    if !message.starts_with("Unknown property") {
        return None;
    }
    if kind == "()" {
        return Some(of_nothing(name, place));
    }
    let error = Error::new(Kind::Script, format!("{} has no property `{name}`", types::a(kind)));
    Some(if crate::reference::methods::methods().iter().any(|method| method.on == kind && method.name == name) {
        error.hint(format!("it is a function: `{name}()`"))
    } else {
        error
    })
}

/// The error for a property of `()`: what gave no value.
fn of_nothing(name: &str, place: Option<&Place>) -> Error {
    let before: Vec<char> = match place {
        Some(place) => place.source.chars().take(place.column.saturating_sub(1)).collect(),
        None => Vec::new(),
    };
    let value = last_link(&before);
    let message = if value.is_empty() {
        format!("`()` has no property `{name}`")
    } else if value.starts_with("find(") {
        format!("`{value}` found nothing, so it has no property `{name}`")
    } else {
        format!("`{value}` is `()`, which has no property `{name}`")
    };
    Error::new(Kind::Script, message).hint(format!(
        "check the value first, as in `if x != () {{ x.{name} }}`, or write `?.{name}`, which gives `()`"
    ))
}

/// The last name, index or call of a chain that a text ends with: `find(|x| x > 1)` of `a.find(|x| x > 1).`.
fn last_link(text: &[char]) -> String {
    let mut end = text.len();
    while end > 0 && matches!(text[end - 1], '.' | '?' | ' ') {
        end -= 1;
    }
    let mut start = end;
    let mut depth = 0_usize;
    while start > 0 {
        match text[start - 1] {
            quote @ ('"' | '`') => start = text[..start - 1].iter().rposition(|c| *c == quote).map_or(0, |at| at + 1),
            ')' | ']' => depth += 1,
            '(' | '[' if depth == 0 => break,
            '(' | '[' => depth -= 1,
            c if depth == 0 && !(c.is_alphanumeric() || c == '_' || c == ':') => break,
            _ => {}
        }
        start -= 1;
    }
    if depth == 0 { text[start..end].iter().collect() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_link_of_a_chain_is_named() {
        for (text, link) in [
            ("let a = x.find(|p| p.n == \"(\").", "find(|p| p.n == \"(\")"),
            ("let a = pods::list().find(|p| f(p) > 1).", "find(|p| f(p) > 1)"),
            ("print(x.", "x"),
            ("a + m[\"k\"]?.", "m[\"k\"]"),
            ("", ""),
        ] {
            assert_eq!(last_link(&text.chars().collect::<Vec<_>>()), link, "{text}");
        }
    }
}
