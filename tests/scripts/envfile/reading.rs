//! What the parser takes, and how it says no.

use mcpctl::error::Kind;
use mcpctl::provision::envfile::parse;

fn pairs(text: &str) -> Vec<(String, String)> {
    let file = parse(text.as_bytes(), "t.env").unwrap();
    file.entries().map(|entry| (entry.key().to_owned(), entry.value().to_owned())).collect()
}

fn value(text: &str) -> String {
    pairs(text).pop().unwrap().1
}

#[test]
fn values_are_read_as_documented() {
    for (text, expected) in [
        ("K=v", "v"),
        ("K=", ""),
        ("K=  v w\t \n", "v w"),
        ("  export  K = v\r\n", "v"),
        ("export=v", "v"),
        ("grafana.api-key_2=v", "v"),
        ("K=$2a$10$HOME", "$2a$10$HOME"),
        ("K=a#b", "a#b"),
        ("K=#b", "#b"),
        ("K=a\\n", "a\\n"),
        ("K=say \"hi\"", "say \"hi\""),
        ("K='a b' # c", "a b"),
        ("K=' a\\n\"$x '", " a\\n\"$x "),
        ("K=\"a\\n\\r\\t\\\"\\\\b\"\t# c", "a\n\r\t\"\\b"),
        ("K='-----BEGIN\nx=y\n-----END\n'", "-----BEGIN\nx=y\n-----END\n"),
        ("K=\"a\r\nb\"\r\n", "a\nb"),
        ("K='a\r\nb'\r\n", "a\nb"),
        ("\u{feff}K=v", "v"),
        ("\u{feff}\r\n  # c\r\n\r\nK=v", "v"),
    ] {
        assert_eq!(value(text), expected, "{text:?}");
    }
}

#[test]
fn the_first_key_after_a_byte_order_mark_is_there_and_no_carriage_return_stays() {
    let read = pairs("\u{feff}A=1\r\nB=2\r\n\r\n# c\r\nC='3'\r");
    assert_eq!(read, [("A", "1"), ("B", "2"), ("C", "3")].map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn errors_have_their_place_and_never_a_value() {
    for (text, line, column, reason) in [
        ("A=1\ncanary-value", 2, 13, "no `=` after the key"),
        ("A=1\ncanary-value canary", 2, 14, "neither `KEY=value` nor a comment"),
        ("=canary", 1, 1, "no key before the `=`"),
        ("export =canary\n = canary", 2, 2, "no key before the `=`"),
        ("A=1\n  canary$x=canary", 2, 9, "a character that is not allowed in a key"),
        ("A B=canary", 1, 3, "a character that is not allowed in a key"),
        ("A=1\nB=2\nA=canary", 3, 1, "key `A` is set here and in line 1"),
        ("A=1\nB= 'canary\nC=2\n", 2, 4, "quote that is never closed"),
        ("\u{feff}B=\"canary\\\"", 1, 3, "quote that is never closed"),
        ("A='x\ny' canary", 2, 4, "text after the closing quote of the value that begins in line 1"),
        ("A='x'#canary", 1, 6, "text after the closing quote"),
        ("A=\"ü\\qcanary\"", 1, 5, "unknown escape"),
        ("A=1\nB=canary\rC=2\n", 2, 9, "carriage return in the middle of a line"),
    ] {
        let error = parse(text.as_bytes(), "t.env").unwrap_err();
        let place = error.place.clone().unwrap();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.message.starts_with(reason), "{text:?}: {}", error.message);
        assert_eq!((place.file.as_str(), place.line, place.column), ("t.env", line, column), "{text:?}");
        assert!(!format!("{error:?}").contains("canary"), "{text:?}: {error:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_named_by_line() {
    let error = parse(b"A=1\nB=\xc3\x28\n", "t.env").unwrap_err();
    assert_eq!(error.place.clone().map(|place| (place.line, place.column)), Some((2, 3)));
    let error = parse(b"A\0=\x001\0", "t.env").unwrap_err();
    assert!(error.message.contains("UTF-16"));
}

#[test]
fn a_hash_after_a_blank_is_warned_about_by_line() {
    let file = parse(b"A=1\nB=canary # not a comment\nC='x' # a comment\nD=a#b\nE= #x\n", "t.env").unwrap();
    let warnings = file.warnings();
    assert_eq!(file.get("B"), Some("canary # not a comment"));
    assert_eq!(warnings.iter().map(|w| w.line).collect::<Vec<_>>(), [2, 5]);
    assert!(warnings[0].message.contains("`B`") && !format!("{warnings:?}").contains("canary"));
}

#[test]
fn a_long_line_is_read_whole() {
    let long = "x".repeat(1 << 20);
    assert_eq!(value(&format!("A=1\nK={long}")), long);
}

#[test]
fn debug_shows_no_value() {
    let file = parse(b"K=canary-debug", "t.env").unwrap();
    assert!(!format!("{file:?} {:?}", file.entry("K")).contains("canary"));
    assert_eq!(file.secret("K").unwrap().to_string(), "***");
}
