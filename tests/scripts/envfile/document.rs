//! The page of documentation is right: its examples are parsed.

use mcpctl::provision::envfile::parse;

const PAGE: &str = include_str!("../../../docs/env-files.md");

/// The contents of the code blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn every_example_is_read_as_the_page_says() {
    let files = blocks("env");
    let values = blocks("json");
    assert!(files.len() >= 5 && files.len() == values.len(), "each env example is followed by its values");
    for (text, expected) in files.iter().zip(values) {
        let file = parse(text.as_bytes(), "env-files.md").unwrap();
        let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(expected).unwrap();
        let read: serde_json::Map<String, serde_json::Value> =
            file.entries().map(|entry| (entry.key().to_owned(), entry.value().into())).collect();
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn every_wrong_example_is_refused_with_the_words_of_the_page() {
    let wrong = blocks("env-wrong");
    assert!(wrong.len() >= 5);
    for block in wrong {
        let (text, reason) = block.rsplit_once("\n# -> ").unwrap();
        let error = parse(text.as_bytes(), "app.env").unwrap_err();
        let place = error.place.clone().unwrap();
        assert_eq!(format!("{}:{}:{}: {}", place.file, place.line, place.column, error.message), reason);
    }
}
