//! Objects of the API as text for `kubectl apply -f -`.

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
        text.push_str(&format!("# {}\n", clean::cell(remark)));
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
    if any_text(document, &hidden) {
        return Ok(clean::json_in_yaml(&format!("{document:#}\n")));
    }
    structured::yaml(document)
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
    use proptest::prelude::*;

    use super::*;

    /// Words that some YAML parser reads as something else than a string if they are not quoted. Those of YAML 1.1
    /// count, too: kubectl reads it.
    const MISREAD: [&str; 64] = [
        "y",
        "Y",
        "n",
        "N",
        "yes",
        "Yes",
        "YES",
        "no",
        "No",
        "on",
        "ON",
        "off",
        "Off",
        "true",
        "True",
        "false",
        "null",
        "Null",
        "~",
        "",
        "1",
        "-1",
        "+1",
        "1.0",
        "1e3",
        ".5",
        "0x1F",
        "0o7",
        "017",
        "0b1",
        "1_000",
        "190:20:30",
        "1:30",
        "2001-01-01",
        "2001-12-14t21:59:43.10-05:00",
        ".inf",
        "-.inf",
        ".nan",
        "=",
        "<<",
        "!x",
        "&a",
        "*a",
        "@x",
        "`x`",
        "%x",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a #b",
        "#a",
        "[a",
        "{a",
        ",a",
        "|",
        ">",
        "'a",
        "\"a",
        "a:",
        " a",
        "a ",
        "---",
        "...",
    ];

    #[test]
    fn a_word_that_could_be_misread_is_quoted() {
        for word in MISREAD {
            let text = yaml(&[json!({ "key": word, word: ["x", word] })], &[]).unwrap();
            let quoted = |text: &str| text.starts_with(['\'', '"']);
            let value = text.lines().next().and_then(|line| line.strip_prefix("key: ")).unwrap();
            assert!(quoted(value), "{text}");
            let others: Vec<&str> = text.lines().skip(1).map(|line| line.trim_start_matches(['-', ' '])).collect();
            assert!(quoted(others[0]) && quoted(others[2]), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(
            texts in proptest::collection::vec(
                prop_oneof![
                    proptest::sample::select(&MISREAD[..]).prop_map(str::to_owned),
                    "[a-z:#\"'\\\\\\-\\[\\]{}&*!|>%@`, \n\t\r\u{85}\u{a0}\u{2028}\u{202e}\u{e0041}\u{feff}\u{1b}é]{0,12}",
                    "\\PC{0,8}",
                    "(a|: |\n|---\n){0,40}",
                ],
                7,
            ),
        ) {
            let [a, b, c, d, e, f, g] = &texts[..] else { unreachable!() };
            let documents = [
                json!({"metadata": {"name": a, "labels": {b: c}}, "args": ["run", d, e], "schedule": f}),
                json!({"data": {g: a, "long": g.repeat(400)}, "nested": [[b], {c: [d]}]}),
            ];
            let text = yaml(&documents, &[e.clone(), f.clone()]).unwrap();
            prop_assert!(!text.chars().any(|c| c != '\n' && clean::needs_cleaning(c)), "{text:?}");
            let read: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
            prop_assert_eq!(read, documents, "{}", text);
        }
    }

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
