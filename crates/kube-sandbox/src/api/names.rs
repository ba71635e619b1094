//! Names, keys and labels that Kubernetes accepts: each function returns the reasons for a refusal, none for a valid
//! one. Rules and wording: `k8s.io/apimachinery/pkg/util/validation`.

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
    and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
    and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
    or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
    must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
    validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// A name of an object of most kinds.
pub(crate) fn subdomain(name: &str) -> Vec<String> {
    let mut reasons = longer_than(name, 253);
    if !name.split('.').all(is_dns_label) {
        reasons.push(SUBDOMAIN.to_owned());
    }
    reasons
}

/// A name of a namespace or a container.
pub(crate) fn dns_label(name: &str) -> Vec<String> {
    let mut reasons = longer_than(name, 63);
    if !is_dns_label(name) {
        reasons.push(LABEL.to_owned());
    }
    reasons
}

/// A key in the data of a ConfigMap or Secret.
pub(crate) fn config_key(key: &str) -> Vec<String> {
    let mut reasons = longer_than(key, 253);
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        reasons.push(CONFIG_KEY.to_owned());
    }
    if key == "." || key == ".." {
        reasons.push(format!("must not be '{key}'"));
    } else if key.starts_with("..") {
        reasons.push("must not start with '..'".to_owned());
    }
    reasons
}

/// The key of a label or annotation, with or without a prefix.
pub(crate) fn label_key(key: &str) -> Vec<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut reasons = Vec::new();
    if name.contains('/') {
        return vec![
            "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and \
                     end with an alphanumeric character with an optional DNS subdomain prefix and '/'"
                .to_owned(),
        ];
    }
    if let Some(prefix) = prefix {
        if prefix.is_empty() {
            reasons.push("prefix part must be non-empty".to_owned());
        } else {
            reasons.extend(subdomain(prefix).into_iter().map(|r| format!("prefix part {r}")));
        }
    }
    if name.is_empty() {
        reasons.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        reasons.push("name part must be no more than 63 characters".to_owned());
    }
    if !is_qualified(name) {
        reasons.push(NAME_PART.to_owned());
    }
    reasons
}

/// The value of a label.
pub(crate) fn label_value(value: &str) -> Vec<String> {
    let mut reasons = longer_than(value, 63);
    if !value.is_empty() && !is_qualified(value) {
        reasons.push(LABEL_VALUE.to_owned());
    }
    reasons
}

fn longer_than(text: &str, limit: usize) -> Vec<String> {
    if text.len() > limit { vec![format!("must be no more than {limit} characters")] } else { Vec::new() }
}

fn is_dns_label(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.chars().all(|c| allowed(c) || c == '-')
        && text.starts_with(allowed)
        && text.ends_with(allowed)
}

fn is_qualified(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    !text.is_empty()
        && text.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'))
        && text.starts_with(edge)
        && text.ends_with(edge)
}
