//! Values that the user has to replace: documentation, templates and catalogs put them in place of real ones. A server
//! with such a value reports only `unauthorized`, much later.

use super::{Role, WantedValue};

/// Words that are a whole placeholder, compared without case and without characters other than letters and digits.
const WORDS: [&str; 24] = [
    "changeme",
    "changeit",
    "changethis",
    "replaceme",
    "replacethis",
    "fillme",
    "fillmein",
    "fillin",
    "placeholder",
    "todo",
    "tbd",
    "fixme",
    "insertme",
    "insertyourtokenhere",
    "secrethere",
    "tokenhere",
    "keyhere",
    "passwordhere",
    "apikeyhere",
    "redacted",
    "dummy",
    "sometoken",
    "somesecret",
    "foobar",
];

/// How placeholders of several words begin and end, with `_` for any separator.
const BEGINNINGS: [&str; 13] = [
    "your_",
    "insert_",
    "enter_your_",
    "put_your_",
    "add_your_",
    "paste_your_",
    "replace_with_",
    "replace_me_",
    "change_me_",
    "changeme_",
    "my_secret_",
    "use_your_",
    "fill_in_",
];
const ENDS: [&str; 6] = ["_here", "_goes_here", "_placeholder", "_changeme", "_change_me", "_to_replace"];

/// Why a value is a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A common placeholder.
    Placeholder,
    /// The example of the catalog.
    Example,
}

impl Suspicion {
    /// In words, after the key.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Placeholder => "looks like a placeholder that was not replaced",
            Self::Example => "is the catalog's own example",
        }
    }
}

/// Whether the value of a key is one that the user has to replace.
#[must_use]
pub fn suspicion(key: &str, value: &str, wanted: &[WantedValue]) -> Option<Suspicion> {
    if wanted.iter().any(|want| want.key == key && is_example(value, &want.example)) {
        return Some(Suspicion::Example);
    }
    is_common_placeholder(value).then_some(Suspicion::Placeholder)
}

/// Whether a value cannot be used: a placeholder of mcpctl, or the catalog's example of a secret.
#[must_use]
pub fn is_unusable(key: &str, value: &str, wanted: &[WantedValue]) -> bool {
    let is_example_of_secret =
        |want: &WantedValue| want.key == key && want.credential && is_example(value, &want.example);
    Role::is_placeholder(value) || wanted.iter().any(is_example_of_secret)
}

fn is_example(value: &str, example: &str) -> bool {
    let example = example.trim();
    !example.is_empty() && value.trim() == example
}

/// Whether a value is a common placeholder of documentation.
#[must_use]
pub fn is_common_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    let is_separator = |letter: char| matches!(letter, '_' | '-' | ' ' | '.');
    let joined: String = lower.chars().map(|letter| if is_separator(letter) { '_' } else { letter }).collect();
    let letters: String = lower.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let in_brackets = |open: char, close: char| {
        value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|inner| {
            !inner.trim().is_empty() && !inner.contains([open, close]) && inner.chars().any(char::is_alphabetic)
        })
    };
    in_brackets('<', '>')
        || (in_brackets('[', ']') && lower.contains("your"))
        || WORDS.contains(&letters.as_str())
        || BEGINNINGS.iter().any(|start| joined.starts_with(start))
        || ENDS.iter().any(|end| joined.ends_with(end))
        || is_masked(value)
        || is_truncated(value)
        || is_variable(value)
        || is_unresolved(value)
}

/// A value for another program to resolve or decrypt: a command of a shell, a reference of 1Password or `vals`, a value
/// that `sops` or Ansible encrypted, an expression of a pipeline.
fn is_unresolved(value: &str) -> bool {
    const AROUND: [(&str, &str); 6] =
        [("$(", ")"), ("`", "`"), ("$'", "'"), ("${{", "}}"), ("ENC[", "]"), ("<%", "%>")];
    const BEFORE: [&str; 4] = ["op://", "ref+", "$ANSIBLE_VAULT;", "!vault "];
    let is_around = |(start, end): &(&str, &str)| {
        value.strip_prefix(start).is_some_and(|rest| rest.len() > end.len() && rest.ends_with(end))
    };
    AROUND.iter().any(is_around) || BEFORE.iter().any(|start| value.starts_with(start))
}

/// `xxx`, `XXXX-XXXX`, `***`, `...`, also after the prefix of a token, as in `ghp_xxxxxxxx`.
fn is_masked(value: &str) -> bool {
    let rest = value.rsplit_once(['-', '_']).map_or(value, |(_, rest)| rest);
    [value, rest].iter().any(|text| {
        let letters: Vec<char> = text.chars().filter(|letter| !matches!(letter, '-' | '_' | ' ' | '.')).collect();
        letters.len() >= 3 && (letters.iter().all(|letter| matches!(letter, 'x' | 'X')) || is_all(&letters, '*'))
    }) || (value.len() >= 3 && value.chars().all(|letter| matches!(letter, '.' | '…')))
        || value == "…"
}

fn is_all(letters: &[char], wanted: char) -> bool {
    letters.iter().all(|letter| *letter == wanted)
}

/// `sk-…`, `ghp_abc...`, `eyJ***`: a token that was shortened for display.
fn is_truncated(value: &str) -> bool {
    let cut = ["...", "…", "***", "•••"].iter().any(|end| value.ends_with(end));
    cut && value.chars().count() < 40 && !value.contains(char::is_whitespace) && !value.contains("://")
}

/// `${TOKEN}`, `$TOKEN`, `%TOKEN%`: a variable that nothing expands.
fn is_variable(value: &str) -> bool {
    let name = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')))
        .or_else(|| value.strip_prefix('$'));
    name.is_some_and(|name| {
        name.len() >= 3
            && name.starts_with(|letter: char| letter.is_ascii_uppercase())
            && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_placeholders_are_known() {
        for value in [
            "<token>",
            "<YOUR API KEY>",
            "your_api_key_here",
            "YOUR-TOKEN",
            "your token",
            "insert-token-here",
            "put_your_key_here",
            "replace-with-your-token",
            "changeme",
            "CHANGE_ME",
            "change-me",
            "ChangeMe!",
            "TODO",
            "xxx",
            "XXXXXXXX",
            "xxxx-xxxx-xxxx",
            "sk-xxxxxxxx",
            "ghp_XXXXXXXXXXXX",
            "sk-...",
            "sk-proj-abc…",
            "***",
            "...",
            "[your token]",
            "${API_TOKEN}",
            "$API_TOKEN",
            "%API_TOKEN%",
            " changeme ",
            "$(cat /run/key)",
            "`cat key`",
            "$'a\\nb'",
            "${{ secrets.TOKEN }}",
            "ENC[AES256_GCM,data:abc=,iv:abc=,tag:abc=,type:str]",
            "op://vault/item/field",
            "ref+vault://secret/data#key",
            "$ANSIBLE_VAULT;1.1;AES256",
        ] {
            assert!(is_common_placeholder(value), "{value}");
        }
    }

    #[test]
    fn real_values_are_left_alone() {
        for value in [
            "",
            "x",
            "xx",
            "http://grafana:3000",
            "canary-token-1",
            "<html><body>",
            "a<b>c",
            "$2a$10$abc",
            "$ecret",
            "$5",
            "yours",
            "here",
            "/srv/data/here",
            "proxy",
            "max",
            "[\"a\"]",
            "wait for it...and go",
            "https://example.com/search?q=...",
            "example.com",
            "localhost",
            "true",
            "$(",
            "``",
            "$'",
            "ENC[]",
            "open",
            "https://x/$(y)",
        ] {
            assert!(!is_common_placeholder(value), "{value}");
        }
    }

    #[test]
    fn the_example_of_the_catalog_is_a_warning_and_of_a_secret_no_value() {
        let config = WantedValue { example: "http://g:3000".into(), ..WantedValue::new("s", "s.url", Role::Config) };
        let secret = WantedValue {
            example: " sk-demo ".into(),
            credential: true,
            ..WantedValue::new("s", "s.key", Role::Secret)
        };
        let wanted = [config, secret, WantedValue::new("s", "s.other", Role::Secret)];
        for (key, value, found, unusable) in [
            ("s.url", "http://g:3000", Some(Suspicion::Example), false),
            ("s.url", "http://h:3000", None, false),
            ("s.key", "sk-demo", Some(Suspicion::Example), true),
            ("s.key", "sk-demo\n", Some(Suspicion::Example), true),
            ("s.key", "sk-real", None, false),
            ("s.other", "sk-demo", None, false),
            ("s.other", "", None, false),
            ("s.other", "changeme", Some(Suspicion::Placeholder), false),
            ("s.url", "<REPLACE_WITH_YOUR_VALUE>", Some(Suspicion::Placeholder), true),
        ] {
            assert_eq!((suspicion(key, value, &wanted), is_unusable(key, value, &wanted)), (found, unusable), "{key}");
        }
    }
}
