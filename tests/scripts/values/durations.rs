//! Durations: ages, arguments, and `duration("24h")`.

use super::{fails, gives};
use crate::support::program::Mcpctl;

#[test]
fn durations_compare_and_calculate_with_each_other_and_with_seconds() {
    gives(&[
        (
            "with each other",
            "[duration(\"24h\") == duration(\"1d\"), duration(\"1h\") < duration(\"61m\")]",
            "[true, true]",
        ),
        (
            "with seconds",
            "[duration(\"1m\") == 60, 59 < duration(\"1m\"), duration(\"1s\") >= 1.5]",
            "[true, true, false]",
        ),
        ("with nothing", "[duration(\"1m\") == (), () != duration(\"1m\")]", "[false, true]"),
        (
            "sums",
            "`${duration(\"1h\") + 60} ${60 + duration(\"1h\")} ${duration(\"1h\") + duration(\"1m\")}`",
            "\"61m 61m 61m\"",
        ),
        (
            "differences",
            "`${duration(\"1h\") - 60} ${7200 - duration(\"1h\")} ${duration(\"1m\") - duration(\"2m\")}`",
            "\"59m 60m -60s\"",
        ),
        ("products", "`${duration(\"1h\") * 24} ${2 * duration(\"90s\")} ${duration(\"36h\") / 2}`", "\"24h 3m 18h\""),
        ("a ratio", "duration(\"36h\") / duration(\"24h\")", "1.5"),
        ("a sum that is assigned", "let d = duration(\"1h\"); d += 60; d -= duration(\"1h\"); `${d}`", "\"60s\""),
        ("a negative one", "`${-duration(\"1h\")}`", "\"-60m\""),
        ("as written", "`${duration(\"24h\")} ${duration(\"1d12h\")}`", "\"24h 1d12h\""),
        (
            "seconds",
            "[duration(\"2m\").seconds, time::seconds(duration(\"2m\")), time::seconds(\"2m\")]",
            "[120, 120, 120]",
        ),
        ("with a text", "\"older than \" + duration(\"24h\")", "\"older than 24h\""),
        ("sorted", "[duration(\"2h\"), duration(\"90m\"), 60].sorted().map(|d| `${d}`)", "[\"60\", \"90m\", \"2h\"]"),
        ("in a list", "[duration(\"24h\") in [86400], [duration(\"1d\")].contains(duration(\"24h\"))]", "[true, true]"),
        ("as json", "[duration(\"24h\"), duration(\"24h\") * 1]", "[\"24h\", 86400]"),
        (
            "in a switch",
            "[30, 90].map(|n| switch duration(`${n}s`) { 0..60 => \"new\", _ => \"old\" })",
            "[\"new\", \"old\"]",
        ),
        (
            "in a switch of ints",
            "fn f(d) { switch d { 60 => 1, _ => 2 } } [f(duration(\"1m\")), f(60), f(\"60\")]",
            "[1, 1, 2]",
        ),
        ("type", "type_of(duration(\"1s\"))", "\"Duration\""),
    ]);
}

#[test]
fn a_duration_is_not_compared_with_a_string() {
    fails(&[
        (
            "age",
            "pods::list().filter(|p| p.age > \"24h\")",
            &["`>` cannot compare a Duration with a string", "`duration(\"24h\")`"],
        ),
        ("equality", "duration(\"1h\") == \"1h\"", &["`==` cannot compare a Duration with a string"]),
        ("bool", "duration(\"1h\") == true", &["`==` cannot compare a Duration with a bool"]),
        ("too long", "duration(\"1h\") * 9223372036854775807", &["too long"]),
        ("by zero", "duration(\"1h\") / 0", &["divided by zero"]),
        ("negative option", "pods::list(#{ older_than: -duration(\"1h\") })", &["negative"]),
        ("list", "\"24h\" in [duration(\"24h\")]", &["no item of this array can equal a string"]),
    ]);
    for (script, words) in [
        ("duration(\"soon\")", "`soon` is no"),
        ("duration(\"24\")", "unit"),
        ("pods::list(#{ older_than: 0 })", "is zero"),
    ] {
        Mcpctl::of(["eval", "--sandbox", script]).run().code(2).says(words);
    }
}

#[test]
fn ages_and_options_take_and_give_durations() {
    gives(&[
        ("age and seconds", "pods::list().all(|p| p.age >= 0)", "true"),
        ("age and duration", "pods::list().all(|p| p.age < duration(\"3650d\"))", "true"),
        ("json has seconds", "type_of(json::parse(json::write(pods::list()[0])).age)", "\"i64\""),
        (
            "options",
            "let d = [\"2h\", duration(\"2h\"), 7200].map(|t| pods::list(#{ older_than: t }).len()); d.dedup(); d.len()",
            "1",
        ),
        ("session", "pods::sessions().all(|s| s.oldest >= s.newest)", "true"),
        ("sorted by age", "let a = pods::list().sorted(\"age\").map(|p| p.age.seconds); a == a.sorted()", "true"),
        (
            "difference of ages",
            "let a = pods::list().order_by(|x, y| x.age - y.age).map(|p| p.age.seconds); a == a.sorted()",
            "true",
        ),
        ("format", "time::format(pods::list()[0].age) == time::format(pods::list()[0].age.seconds)", "true"),
        ("waiting", "time::sleep(duration(\"1ms\")); 1", "1"),
    ]);
}

#[test]
fn arguments_of_kind_duration_are_durations() {
    let script = "const PARAMS = [\n    #{ name: \"age\", help: \"x\", kind: \"duration\" },\n    \
                  #{ name: \"grace\", help: \"x\", kind: \"duration\", option: true, or: \"2m\" },\n    \
                  #{ name: \"wait\", help: \"x\", kind: \"duration\", option: true },\n];\n\
                  fn main(args) {\n    #{ age: args.age, grace: args.grace, wait: args.wait, text: `${args.age}`,\n       \
                  old: args.age > args.grace, day: args.age == 86400, found: pods::list(#{ older_than: args.age }).len() >= 0 }\n}\n";
    let ran = Mcpctl::new("run a.rhai 24h --sandbox -o json").file("a.rhai", script).run().code(0);
    let wanted = serde_json::json!({
        "age": "24h", "grace": "2m", "wait": null, "text": "24h", "old": true, "day": true, "found": true
    });
    assert_eq!(ran.json(), wanted);
}
