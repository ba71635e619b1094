//! Comparing values for `assert`, and showing where they differ.

use rhai::{Array, Dynamic, Map};
use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::value::to_json;
use crate::secret::{Secret, Vault};

/// The longest text of one side in a failure, in characters.
const LONGEST: usize = 600;
/// How many places are told in which two values differ.
const MOST_PLACES: usize = 10;

/// What masks the texts of failures: in a test only, see [`masked`].
pub(in crate::primitives) fn of_test(host: &Host) -> Option<&Vault> {
    host.is_test().then_some(&*host.vault)
}

/// `assert::equal`.
pub(in crate::primitives) fn equal(
    actual: &Dynamic,
    expected: &Dynamic,
    about: Option<&str>,
    vault: Option<&Vault>,
) -> Result<()> {
    let (actual, expected) = (comparable(actual)?, comparable(expected)?);
    if same(&actual, &expected) {
        return Ok(());
    }
    let mut error = Error::failed(titled("not equal", about));
    if is_nested(&actual) && is_nested(&expected) {
        let mut places = Vec::new();
        differences("", &actual, &expected, &mut places, vault);
        let more = places.len().saturating_sub(MOST_PLACES);
        for (place, actual, expected) in places.into_iter().take(MOST_PLACES) {
            let place = if place.is_empty() { "the whole" } else { place.trim_start_matches('.') };
            error = error.detail(format!("at {place}:\n  actual:   {actual}\n  expected: {expected}"));
        }
        if more > 0 {
            error = error.detail(format!("and at {more} more places"));
        }
        return Err(error);
    }
    if let (Some(actual), Some(expected)) = (actual.as_str(), expected.as_str())
        && (actual.contains('\n') || expected.contains('\n'))
    {
        return Err(lines(error, actual, expected, vault));
    }
    Err(error
        .detail(format!("actual:   {}", shown(&actual, vault)))
        .detail(format!("expected: {}", shown(&expected, vault))))
}

/// `assert::not_equal`.
pub(in crate::primitives) fn not_equal(actual: &Dynamic, other: &Dynamic, vault: Option<&Vault>) -> Result<()> {
    let (actual, other) = (comparable(actual)?, comparable(other)?);
    if same(&actual, &other) {
        return Err(Error::failed("equal, and should differ").detail(format!("both are {}", shown(&actual, vault))));
    }
    Ok(())
}

/// `assert::is_true` and `assert::is_false`.
pub(in crate::primitives) fn truth(condition: &Dynamic, wanted: bool, about: Option<&str>) -> Result<()> {
    match condition.as_bool() {
        Ok(found) if found == wanted => Ok(()),
        Ok(_) => Err(Error::failed(titled(if wanted { "not true" } else { "not false" }, about))),
        Err(kind) => {
            let kind = crate::primitives::api::types::name(kind);
            Err(Error::new(Kind::Script, titled(&format!("a condition must be true or false, not {kind}"), about)))
        }
    }
}

/// `assert::contains` and `assert::lacks`.
pub(in crate::primitives) fn contains(
    whole: &Dynamic,
    part: &Dynamic,
    wanted: bool,
    vault: Option<&Vault>,
) -> Result<()> {
    let found = if let Ok(text) = whole.clone().into_string() {
        let part = part
            .clone()
            .into_string()
            .or_else(|_| part.as_char().map(String::from))
            .map_err(|kind| crate::primitives::api::raise::wrong_type("what a text may contain", "text", kind))?;
        let (text, part) = (Vault::mask_sentinels(&text).into_owned(), Vault::mask_sentinels(&part).into_owned());
        text.contains(&part)
    } else if let Some(map) = whole.read_lock::<Map>() {
        let key = part
            .clone()
            .into_string()
            .map_err(|kind| crate::primitives::api::raise::wrong_type("a map's key", "text", kind))?;
        map.contains_key(key.as_str())
    } else if let Some(items) = whole.read_lock::<Array>() {
        let part = comparable(part)?;
        items.iter().map(comparable).collect::<Result<Vec<_>>>()?.iter().any(|item| same(item, &part))
    } else {
        return Err(crate::primitives::api::raise::wrong_type(
            "what contains something",
            "a text, an array or a map",
            whole.type_name(),
        ));
    };
    if found == wanted {
        return Ok(());
    }
    let (title, said) = if wanted { ("not in it", "sought: ") } else { ("in it, and should not be", "found:  ") };
    let whole = to_json(whole)?;
    let whole = match whole.as_str() {
        Some(text) if text.contains('\n') => indented(text, vault),
        _ => shown(&whole, vault),
    };
    Err(Error::failed(title)
        .detail(format!("{said}{}", shown(&to_json(part)?, vault)))
        .detail(format!("in:     {whole}")))
}

/// A value as JSON, refused where a secret in it would be compared by its stars.
fn comparable(value: &Dynamic) -> Result<Value> {
    if holds_secret(value) {
        return Err(Error::new(Kind::Script, "a secret cannot be compared").hint(
            "`secret.is_empty` tells whether there is one; in a test `sandbox::object` shows what a Secret holds",
        ));
    }
    to_json(value)
}

fn holds_secret(value: &Dynamic) -> bool {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().any(holds_secret);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.values().any(holds_secret);
    }
    value.is::<Secret>() || value.clone().into_string().is_ok_and(|text| Vault::holds_secret(&text))
}

/// Equal as people mean it: `1` is `1.0`.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// The places in which two values differ, each with both sides.
fn differences(place: &str, a: &Value, b: &Value, found: &mut Vec<(String, String, String)>, vault: Option<&Vault>) {
    let side = |value: Option<&Value>| value.map_or_else(|| "(missing)".to_owned(), |value| shown(value, vault));
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let place = format!("{place}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differences(&place, a, b, found, vault),
                    (a, b) => {
                        found.push((place, side(a), side(b)));
                    }
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{place}[{index}]"), a, b, found, vault);
            }
        }
        _ if same(a, b) => {}
        _ => found.push((place.to_owned(), shown(a, vault), shown(b, vault))),
    }
}

/// The first line in which two texts differ, and both texts.
fn lines(error: Error, actual: &str, expected: &str, vault: Option<&Vault>) -> Error {
    let same = actual.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(same).map_or("(the end)".to_owned(), |line| format!("{line:?}"));
    error
        .detail(format!("the first line that differs is line {}:", same + 1))
        .detail(format!("actual:   {}", line(actual)))
        .detail(format!("expected: {}", line(expected)))
        .detail(format!("the whole of actual:{}", indented(actual, vault)))
}

/// A text of an error that scripts can catch. Only in a test, where there are no secrets but its own, is it masked: else
/// the stars would tell that a text is a secret. It is cut after that, as half a secret is not known for one.
fn masked(text: &str, vault: Option<&Vault>) -> String {
    vault.map_or_else(|| text.to_owned(), |vault| cut(&vault.mask(text)))
}

fn indented(text: &str, vault: Option<&Vault>) -> String {
    format!("\n    {}", masked(text.trim_end(), vault).replace('\n', "\n    "))
}

/// One side, as JSON on one line: masked first and cut then, as half a secret is not known for one.
pub(in crate::primitives) fn shown(value: &Value, vault: Option<&Vault>) -> String {
    masked(&value.to_string(), vault)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_owned(),
    }
}

fn titled(title: &str, about: Option<&str>) -> String {
    about.map_or_else(|| title.to_owned(), |about| format!("{title}: {about}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Dynamic {
        crate::primitives::api::value::from_json(&serde_json::from_str(json).unwrap())
    }

    fn details(actual: &str, expected: &str) -> Vec<String> {
        equal(&value(actual), &value(expected), None, Some(&Vault::default())).unwrap_err().details.clone()
    }

    #[test]
    fn equal_is_what_people_mean() {
        for (a, b) in [("1", "1.0"), (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1.0}"#), ("null", "null"), ("[]", "[]")] {
            equal(&value(a), &value(b), None, Some(&Vault::default())).unwrap();
        }
        for (a, b) in [("1", "\"1\""), ("[1]", "[1, 2]"), ("{}", "[]"), ("false", "null")] {
            assert!(equal(&value(a), &value(b), None, Some(&Vault::default())).is_err(), "{a} {b}");
            not_equal(&value(a), &value(b), Some(&Vault::default())).unwrap();
        }
    }

    #[test]
    fn the_places_that_differ_are_told() {
        assert_eq!(
            details(r#"{"a": [1, {"b": "x"}], "c": 1}"#, r#"{"a": [1, {"b": "y"}], "d": 1}"#),
            [
                "at a[1].b:\n  actual:   \"x\"\n  expected: \"y\"",
                "at c:\n  actual:   1\n  expected: (missing)",
                "at d:\n  actual:   (missing)\n  expected: 1"
            ]
        );
        assert_eq!(details("[1]", "[1, 2]"), ["at the whole:\n  actual:   [1]\n  expected: [1,2]"]);
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let found = details(r#""a\nb\nc\n""#, r#""a\nB\nc\n""#);
        assert_eq!(found[..3], ["the first line that differs is line 2:", "actual:   \"b\"", "expected: \"B\""]);
    }

    #[test]
    fn secrets_are_not_compared_by_their_stars() {
        let secret = Dynamic::from(Secret::new("canary-a"));
        let error = equal(&secret, &Dynamic::from(Secret::new("canary-b")), None, Some(&Vault::default())).unwrap_err();
        assert_eq!(error.message, "a secret cannot be compared");
        assert!(equal(&Dynamic::from(vec![secret]), &value("[\"***\"]"), None, Some(&Vault::default())).is_err());
    }

    #[test]
    fn a_secret_across_the_cut_is_masked() {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-of-an-assertion"));
        for before in LONGEST - 30..LONGEST + 5 {
            let long = format!("{} canary-of-an-assertion {}", "x".repeat(before), "y".repeat(LONGEST));
            let whole: Dynamic = long.clone().into();
            let lines: Dynamic = format!("a\n{long}").into();
            for error in [
                equal(&whole, &"b".into(), None, Some(&vault)),
                equal(&lines, &"a\nb".into(), None, Some(&vault)),
                equal(&vec![whole.clone()].into(), &vec![Dynamic::from(1_i64)].into(), None, Some(&vault)),
                contains(&lines, &"not there".into(), true, Some(&vault)),
            ] {
                let details = error.unwrap_err().details.join("\n");
                assert!(!vault.mask(&details).contains("can"), "{details}");
            }
        }
    }

    #[test]
    fn conditions_are_true_or_false_and_nothing_else() {
        truth(&true.into(), true, None).unwrap();
        assert_eq!(truth(&false.into(), true, Some("x")).unwrap_err().message, "not true: x");
        assert!(truth(&value("1"), true, None).is_err());
    }
}
