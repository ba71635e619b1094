//! The values of the script language: what can be compared, sorted and passed to closures, and what is an error.

mod closures;
mod comparisons;
mod durations;
mod names;
mod robustness;
mod sorting;
mod type_names;

use crate::support::program::Mcpctl;

/// Runs an expression that must give a value, written as JSON.
#[track_caller]
fn gives(rows: &[(&str, &str, &str)]) {
    for (name, script, value) in rows {
        let ran = Mcpctl::of(["eval", "--sandbox", "-o", "json", script]).run();
        assert_eq!(ran.code, 0, "{name}: {script}\n{}", ran.stderr);
        let wanted: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(ran.json(), wanted, "{name}: {script}");
    }
}

/// Runs an expression that must fail with a message that names the place and contains these words.
#[track_caller]
fn fails(rows: &[(&str, &str, &[&str])]) {
    for (name, script, words) in rows {
        let place: &[&str] = &[" --> <eval>:"];
        ends(&[(*name, *script, &[place, *words].concat())]);
    }
}

/// Runs an expression that must fail with these words.
#[track_caller]
fn ends(rows: &[(&str, &str, &[&str])]) {
    for (name, script, words) in rows {
        let ran = Mcpctl::of(["eval", "--sandbox", script]).run();
        assert_eq!(ran.code, 1, "{name}: {script}\n{}{}", ran.stdout, ran.stderr);
        for word in *words {
            assert!(ran.stderr.contains(word), "{name} lacks `{word}`: {script}\n{}", ran.stderr);
        }
    }
}
