//! Removes secrets from output: free text is masked completely, structured output only in its string values.

use std::borrow::Cow;

use serde_json::Value;

use crate::secret::Vault;

use super::clean;

/// Fields that contain names. A secret may equal an ordinary name; masking the name would make the output useless and
/// reveal the secret. Sentinels are masked here, too.
const NAMES: [&str; 5] = ["name", "namespace", "kind", "session", "server"];

fn is_name(field: &str) -> bool {
    NAMES.iter().any(|name| name.eq_ignore_ascii_case(field))
}

/// Free text of several lines, masked and cleaned. Masked first: a secret may hold what is cleaned.
pub(super) fn text<'a>(text: &'a str, vault: &Vault) -> Cow<'a, str> {
    chain(vault.mask(text), clean::text)
}

/// Free text within a line, masked and cleaned.
pub(super) fn cell<'a>(text: &'a str, vault: &Vault) -> Cow<'a, str> {
    chain(vault.mask(text), clean::cell)
}

/// A name within a line: cleaned, and masked only where it is a secret by its type.
pub(super) fn name(text: &str) -> Cow<'_, str> {
    chain(Vault::mask_sentinels(text), clean::cell)
}

/// The text of a field within a line, as its kind of field demands.
pub(super) fn named_cell<'a>(field: &str, text: &'a str, vault: &Vault) -> Cow<'a, str> {
    if is_name(field) { name(text) } else { cell(text, vault) }
}

fn chain<'a>(text: Cow<'a, str>, clean: impl Fn(&str) -> Cow<'_, str>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => clean(text),
        Cow::Owned(text) => Cow::Owned(clean(&text).into_owned()),
    }
}

/// A value with its string values masked; keys, names and numbers stay. Not cleaned: that is the matter of the
/// form it is written in.
pub(super) fn value<'a>(value: &'a Value, vault: &Vault) -> Cow<'a, Value> {
    if vault.is_empty() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(masked("", value, vault))
}

fn masked(field: &str, value: &Value, vault: &Vault) -> Value {
    match value {
        Value::String(text) if is_name(field) => Value::String(Vault::mask_sentinels(text).into_owned()),
        Value::String(text) => Value::String(vault.mask(text).into_owned()),
        Value::Array(items) => Value::Array(items.iter().map(|item| masked("", item, vault)).collect()),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, item)| (Vault::mask_sentinels(key).into_owned(), masked(key, item, vault))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use serde_json::json;

    #[test]
    fn only_string_values_are_masked() {
        let vault = Vault::default();
        vault.keep(&Secret::new("grafana"));
        vault.keep(&Secret::new("1234567"));
        let sentinel = vault.keep(&Secret::new("canary-value"));
        let shown = value(
            &json!({
                "name": "grafana", "server": "grafana", "grafana": "grafana", "count": 1_234_567,
                "list": ["1234567", "url of grafana"], "kind": sentinel,
            }),
            &vault,
        )
        .into_owned();
        assert_eq!(
            shown,
            json!({
                "name": "grafana", "server": "grafana", "grafana": "***", "count": 1_234_567,
                "list": ["***", "url of ***"], "kind": "***",
            })
        );
    }

    #[test]
    fn a_secret_is_masked_before_its_control_characters_change() {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary\u{1}bell"));
        assert_eq!(text("<canary\u{1}bell>", &vault), "<***>");
    }
}
