//! Checks of names before they reach a path or a selector: a slip must not widen what is done.
//!
//! The rules are Kubernetes' own: DNS-1123 names for objects and namespaces, label values, data keys.

use crate::error::{Error, Result};

/// The longest label value and namespace.
const LABEL_LENGTH: usize = 63;
/// The longest object name and data key.
const NAME_LENGTH: usize = 253;
/// The longest field manager.
const MANAGER_LENGTH: usize = 128;

/// Checks a namespace's name.
///
/// # Errors
/// It cannot be one.
pub fn check_namespace(name: &str) -> Result<()> {
    let fits = dns_label(name) && name.len() <= LABEL_LENGTH;
    if fits { Ok(()) } else { Err(wrong("namespace", name, "lower case letters, digits and `-`, at most 63")) }
}

/// Checks an object's name; `kind` is for the error (`pod`, `configmap`, `secret`).
///
/// # Errors
/// It cannot be one.
pub fn check_name(kind: &str, name: &str) -> Result<()> {
    let fits = name.len() <= NAME_LENGTH && name.split('.').all(dns_label);
    if fits { Ok(()) } else { Err(wrong(kind, name, "lower case letters, digits, `-` and `.`, at most 253")) }
}

/// Checks a session id or server name, which becomes part of a label selector.
///
/// # Errors
/// It cannot be a label's value, or is empty.
pub fn check_label_value(what: &str, value: &str) -> Result<()> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = value.len() <= LABEL_LENGTH
        && value.chars().all(inside)
        && edge(value.chars().next())
        && edge(value.chars().next_back());
    if fits { Ok(()) } else { Err(wrong(what, value, "letters, digits, `-`, `_` and `.`, at most 63")) }
}

/// Checks a key of a ConfigMap or Secret.
///
/// # Errors
/// It cannot be one.
pub fn check_key(key: &str) -> Result<()> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let dots = key == "." || key.starts_with("..");
    let fits = !key.is_empty() && key.len() <= NAME_LENGTH && key.chars().all(inside) && !dots;
    if fits { Ok(()) } else { Err(wrong("key", key, "letters, digits, `-`, `_` and `.`, at most 253")) }
}

/// Checks a field manager's name.
///
/// # Errors
/// It is empty, too long, or holds control characters.
pub fn check_manager(manager: &str) -> Result<()> {
    if manager.len() > MANAGER_LENGTH {
        return Err(Error::invalid(format!("owner `{manager}` is longer than {MANAGER_LENGTH} bytes"))
            .hint("choose a shorter one with `--owner`"));
    }
    let fits = !manager.is_empty() && !manager.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Error::invalid(format!("`{}` cannot be an owner", manager.escape_default()))) }
}

fn dns_label(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

fn wrong(what: &str, name: &str, rule: &str) -> Error {
    if name.is_empty() {
        return Error::invalid(format!("the {what} is empty"));
    }
    Error::invalid(format!("`{}` cannot be a {what}", name.escape_default())).cause(format!("it may hold {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_slips_into_a_selector_or_a_path() {
        for good in ["mcp-gateway-0c11d2e3", "A_b.c", "a", &"x".repeat(63)] {
            assert!(check_label_value("session", good).is_ok(), "{good}");
        }
        for bad in ["", "a,b=c", "a b", "-a", "a-", "a=b", "!a", "a\n", &"x".repeat(64), "ä"] {
            assert!(check_label_value("session", bad).is_err(), "{bad}");
        }
        for bad in ["", "A", "a/b", "..", "a..b", "-a", "a?x=1", &"x".repeat(254)] {
            assert!(check_name("pod", bad).is_err(), "{bad}");
        }
        assert!(check_name("pod", "a.b-c.1").is_ok());
        assert!(check_namespace("a.b").is_err() && check_namespace("kube-system").is_ok());
    }

    #[test]
    fn keys_and_managers_follow_kubernetes() {
        for good in ["a", "A.b_c-d", ".a", "grafana.api_key"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "..a", "a b", "a/b", "ä", &"x".repeat(254)] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
        assert!(check_manager("mcpctl:prod base/ü").is_ok());
        assert!(check_manager(&"x".repeat(129)).is_err());
        assert!(check_manager("").is_err() && check_manager("a\nb").is_err());
    }

    #[test]
    fn an_empty_name_has_its_own_words() {
        assert_eq!(check_label_value("session", "").unwrap_err().message, "the session is empty");
    }
}
