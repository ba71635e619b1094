//! The forms for programs: JSON, YAML, and names.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::secret::Vault;

use super::form::Form;
use super::{clean, redact};

/// A value as one pretty JSON document. Control and hidden characters are escaped: the same data for a
/// program, nothing for a terminal to obey.
pub(super) fn json(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::failed("the result cannot be written as JSON").cause(error.to_string()))?;
    Ok(clean::json(&text) + "\n")
}

/// A value as one line of JSON: one of many.
pub(super) fn json_line(value: &Value) -> String {
    clean::json(&value.to_string()) + "\n"
}

/// A value as one YAML document. Control characters are escaped; hidden and reordering ones, which YAML may
/// hold unescaped, are replaced.
pub(super) fn yaml(value: &Value) -> Result<String> {
    let text = serde_saphyr::to_string(value)
        .map_err(|error| Error::failed("the result cannot be written as YAML").cause(error.to_string()))?;
    let mut text = clean::text(&text).into_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// A list in the form JSON or YAML, written item by item as one document: the same text as that of the whole list,
/// in a fraction of the memory.
pub(super) fn list(form: Form, items: impl Iterator<Item = Result<Value>>, vault: &Vault) -> Result<String> {
    let mut text = String::new();
    for item in items {
        let item = item?;
        let item = redact::value(&item, vault);
        if form == Form::Yaml {
            text.push_str(&yaml(&Value::Array(vec![item.into_owned()]))?);
            continue;
        }
        text.push_str(if text.is_empty() { "[" } else { "," });
        for line in json(&item)?.lines() {
            text.push_str("\n  ");
            text.push_str(line);
        }
    }
    match (text.is_empty(), form) {
        (true, _) => text.push_str("[]\n"),
        (false, Form::Yaml) => {}
        (false, _) => text.push_str("\n]\n"),
    }
    Ok(text)
}

/// `kind/name` a line for each thing; the bare name where no kind is known. `kind` is that of things that do not
/// say theirs.
pub(super) fn names(value: &Value, kind: Option<&str>) -> Result<String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let mut text = String::new();
    for item in items {
        let (own_kind, name) = match item {
            Value::Object(map) => (map.get("kind").and_then(Value::as_str), map.get("name").and_then(Value::as_str)),
            Value::String(name) => (None, Some(name.as_str())),
            _ => (None, None),
        };
        let Some(name) = name else {
            return Err(Error::usage("the result has no names to print").hint("use `-o json` or `-o table`"));
        };
        if let Some(kind) = own_kind.or(kind) {
            text.push_str(&redact::name(kind).to_lowercase());
            text.push('/');
        }
        text.push_str(&redact::name(name));
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_the_same_data_and_safe_on_a_terminal() {
        let value = json!({"b": 1, "a": ["x\u{1b}[0m\u{9b}\u{202e}\n", true, null], "日\u{7f}": "\u{E0041}"});
        let text = json(&value).unwrap();
        assert_eq!(
            text,
            "{\n  \"b\": 1,\n  \"a\": [\n    \"x\\u001b[0m\\u009b\\u202e\\n\",\n    true,\n    null\n  ],\n  \
             \"日\\u007f\": \"\\udb40\\udc41\"\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_list_is_the_same_text_item_by_item() {
        let item = json!({"a": [1, {"b": "x\n  y\u{1b}"}], "c": {}, "d": [], "e": null, "pem": "line 1\nline 2\n"});
        let lists = [vec![], vec![item.clone()], vec![item, json!("text"), json!([1, [2]]), json!([]), json!(3)]];
        for items in lists {
            let whole = Value::Array(items.clone());
            let listed = |form| list(form, items.iter().cloned().map(Ok), &Vault::default()).unwrap();
            assert_eq!(listed(Form::Json), json(&whole).unwrap());
            assert_eq!(listed(Form::Yaml), yaml(&whole).unwrap());
        }
    }

    #[test]
    fn yaml_keeps_its_order_and_quotes_what_would_be_misread() {
        let value = json!({"name": "x", "on": "yes", "n": "1", "list": [{"a": 1}], "none": [], "map": {}, "nil": null,
            "esc": "\u{1b}[0m", "hidden": "a\u{202e}b", "pem": "line 1\nline 2\n"});
        let text = yaml(&value).unwrap();
        assert_eq!(
            text,
            "name: x\n\"on\": \"yes\"\n\"n\": \"1\"\nlist:\n- a: 1\nnone: []\nmap: {}\nnil: null\nesc: \"\\e[0m\"\nhidden: a�b\n\
             pem: |\n  line 1\n  line 2\n"
        );
        assert_eq!(yaml(&json!([])).unwrap(), "[]\n");
        assert_eq!(yaml(&json!("x")).unwrap(), "x\n");
    }

    #[test]
    fn names_are_one_a_line() {
        let value = json!([{"kind": "ConfigMap", "name": "a"}, {"name": "b"}, "c\n"]);
        assert_eq!(names(&value, Some("pod")).unwrap(), "configmap/a\npod/b\npod/c \n");
        assert_eq!(names(&json!({"name": "d"}), None).unwrap(), "d\n");
        assert_eq!(names(&json!([]), Some("pod")).unwrap(), "");
        assert_eq!(names(&json!([{"count": 1}]), None).unwrap_err().message, "the result has no names to print");
    }
}
