//! Describes what was received instead of a catalog.

use serde_json::Value;

/// What bytes are that cannot be the text of a catalog; `None` if they may be one.
pub(super) fn bytes(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("an empty file".to_owned());
    }
    let binary = match bytes {
        [0x1f, 0x8b, ..] => Some("a gzip archive"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive"),
        _ if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() => Some("binary data"),
        _ => None,
    };
    if let Some(binary) = binary {
        return Some(format!("{binary} ({} bytes)", bytes.len()));
    }
    let start: String = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_lowercase();
    if start.is_empty() && bytes.iter().all(u8::is_ascii_whitespace) {
        return Some("nothing but blanks".to_owned());
    }
    let page = ["<!doctype html", "<html", "<head", "<?xml"].iter().any(|tag| start.starts_with(tag));
    if page {
        return Some("a web page (HTML)".to_owned());
    }
    std::str::from_utf8(bytes).is_ok_and(is_toml).then(|| "a TOML file, not YAML or JSON".to_owned())
}

/// Whether a text has `[heading]` and `key = value` on separate lines.
fn is_toml(text: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' '))
    };
    let lines = || text.lines().map(str::trim);
    let is_heading = |line: &str| {
        let inner = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inner.is_some_and(|inner| is_name(inner.trim_start_matches('[').trim_end_matches(']')))
    };
    lines().any(is_heading) && lines().any(|line| line.split_once('=').is_some_and(|(key, _)| is_name(key.trim())))
}

/// The shape of a parsed document, without its values.
pub(super) fn document(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => "a single number or flag".to_owned(),
        Value::String(_) => "plain text".to_owned(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(map) if map.is_empty() => "an empty map".to_owned(),
        Value::Object(map) => {
            let mut keys: Vec<String> = map.keys().take(5).map(|key| format!("`{}`", short(key))).collect();
            if map.len() > keys.len() {
                keys.push("…".to_owned());
            }
            format!("a map with the keys {}", keys.join(", "))
        }
    }
}

/// The start of an untrusted name, for an error: it may be a whole file.
pub(super) fn short(key: &str) -> String {
    let key = super::clean(key);
    if key.chars().count() > 40 { format!("{}…", key.chars().take(40).collect::<String>()) } else { key }
}
