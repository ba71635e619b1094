//! Objects of the API as text that `kubectl apply -f -` takes.

use serde_json::{Value, json};

use crate::error::Result;

use super::{clean, structured};

/// Objects as one list.
pub(super) fn list(documents: &[Value]) -> Value {
    json!({ "apiVersion": "v1", "kind": "List", "items": documents })
}

/// Objects as a stream of YAML documents, behind comments.
pub(super) fn yaml(documents: &[Value], remarks: &[String]) -> Result<String> {
    let mut text = String::new();
    for remark in remarks {
        text.push_str(&format!("# {}\n", clean::text(remark).replace('\n', " ")));
    }
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            text.push_str("---\n");
        }
        text.push_str(&one(document)?);
    }
    Ok(text)
}

/// Hidden characters of a value must arrive as they are: JSON, which YAML takes too, escapes them.
fn one(document: &Value) -> Result<String> {
    let hidden = |text: &str| text.chars().any(|c| c != '\n' && clean::needs_cleaning(c));
    if any_text(document, &hidden) { structured::json(document) } else { structured::yaml(document) }
}

fn any_text(value: &Value, wanted: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => wanted(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, wanted)),
        Value::Object(map) => map.iter().any(|(key, item)| wanted(key) || any_text(item, wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_reads_back_as_it_was() {
        let documents = [
            json!({"kind": "ConfigMap", "data": {"a": "1", "b": "true", "c": "two\nlines\n", "d": "", "e": " x: # y"}}),
            json!({"kind": "Secret", "data": {"k": "Y2FuYXJ5"}}),
            json!({"kind": "ConfigMap", "data": {"red": "\u{1b}[31m", "over": "a\u{202e}b", "crlf": "a\r\nb", "null": "~"}}),
        ];
        let text = yaml(&documents, &["left out\nand more".to_owned()]).unwrap();
        assert!(text.starts_with("# left out and more\n") && !text.contains(['\u{1b}', '\u{202e}', '\r']));
        let read: Vec<Value> = text.split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect();
        assert_eq!(read, documents);
    }
}
