//! Messages name types as scripts do.

use super::{fails, gives};
use crate::support::program::Mcpctl;

/// Scripts that fail, each with what its message must contain.
const FAILING: [(&str, &str, &[&str]); 39] = [
    (
        "find that found nothing",
        "pods::list().find(|p| p.server == \"x\").name",
        &["`find(|p| p.server == \"x\")` found nothing", "`name`"],
    ),
    ("missing key", "let m = #{ a: 1 }; m.get(\"b\").name", &["`get(\"b\")` is `()`", "`name`"]),
    ("nothing", "let x = json::parse(\"null\"); x.name", &["`x` is `()`", "?.name"]),
    ("nothing in a chain", "let m = #{ a: () }; m.a.b.c", &["is `()`"]),
    ("sum with nothing", "[1, 2].reduce(|s, x| s + x)", &["`+` does not take `()` and an int", "start value"]),
    ("sum of a map key", "let m = #{ n: () }; m.n += 1", &["does not take `()` and an int"]),
    ("difference of strings", "\"a\" - 1", &["`-` does not take a string and an int"]),
    ("product of an array", "[1] * 2", &["`*` does not take an array and an int"]),
    ("negated string", "let s = \"a\"; -s", &["`-` does not take a string"]),
    ("negated int", "!1", &["`!` does not take an int"]),
    ("sessions for pods", "pods::delete(pods::sessions())", &["Session"]),
    ("int for a string", "fs::read(3)", &["int"]),
    ("int for a method", "\"a\".split(1, 2, 3)", &["split"]),
    ("secret as an argument", "process::run([secrets::get(\"team-secrets\", \"slack.bot_token\")])", &[]),
    ("assignment to a property", "let p = pods::list()[0]; p.server = \"time\"", &["`server`", "cannot be changed"]),
    ("property of an int", "let n = 1; n.nmae", &["an int has no property `nmae`"]),
    ("property of a string", "let t = \"a\"; t.lenght", &["a string has no property `lenght`"]),
    ("index of an int", "let n = [1][0]; n[\"a\"]", &["int"]),
    ("index of an array", "let a = [1]; a[\"x\"]", &["`int`"]),
    ("condition", "if 1 { 2 }", &["boolean"]),
    ("loop over an int", "for x in 3 { }", &["iterable"]),
    ("negated condition", "let x = 1; while x { }", &["bool"]),
    ("and", "let x = 1; x && true", &["bool"]),
    ("call of an int", "let f = [1][0]; f.call()", &["int"]),
    ("closure with too few", "let f = |x| x; f.call()", &[]),
    ("option of a wrong type", "pods::list(#{ server: 3 })", &["must be text, not an int"]),
    ("option that is an array", "pods::list(#{ older_than: [] })", &["not an array"]),
    ("array of a wrong type", "configmaps::apply(\"a\", #{ k: [|x| x] })", &[]),
    ("closure as json", "json::write(|x| x)", &["Fn"]),
    ("condition of an assertion", "assert::is_true(3)", &["not int"]),
    ("range as a string", "fs::read(0..3)", &["range"]),
    ("typed for a string", "pods::get(pods::list()[0])", &["Pod"]),
    ("closure with too many", "[1].map(|a, b, c| 1)", &["closure"]),
    ("int for a comparator", "[2, 1].sort(1)", &["must be `Fn` or a string"]),
    ("int for a closure", "assert::raises(3)", &["Fn"]),
    ("string that is no int", "parse_int(\"x\")", &["`x` is not a whole number"]),
    ("string that is no float", "parse_float(\"1.x\")", &["`1.x` is not a number"]),
    ("string for an exit code", "exit(\"1\")", &["an exit code is an int, not a string"]),
    ("sort of pods", "pods::list().sorted()", &["a Pod has no order"]),
];

/// What is of Rust, not of the language.
const RUST: [&str; 22] = [
    "i64",
    "f64",
    "&str",
    "ImmutableString",
    "alloc::",
    "core::",
    "std::",
    "rhai::",
    "mcpctl::",
    "Arc<",
    "Vec<",
    "Box<",
    "Option<",
    "dyn ",
    "FnPtr",
    "Dynamic",
    "getter",
    "setter",
    "is not registered",
    "EvalAltResult",
    "Data type incorrect",
    "Output type",
];

#[test]
fn no_message_contains_a_type_of_rust() {
    for (name, script, words) in FAILING {
        fails(&[(name, script, words)]);
        for form in [vec!["eval", "--sandbox", script], vec!["eval", "--sandbox", "-o", "json", script]] {
            let ran = Mcpctl::of(form).run();
            for rust in RUST {
                let text = ran.stderr.replace(script, "");
                assert!(!text.contains(rust), "{name}: `{rust}` in\n{}", ran.stderr);
            }
        }
    }
}

#[test]
fn a_caught_error_of_the_language_has_the_form_of_any_other() {
    gives(&[
        (
            "a missing key",
            "let m = #{}; let seen = (); try { m.typo } catch (e) { seen = [e.kind, e.message]; } seen",
            "[\"script\", \"the map has no property `typo`\"]",
        ),
        (
            "a method",
            "let x = json::parse(\"3\"); let seen = (); try { x.trim() } catch (e) { seen = [e.kind, e.message, e.cause]; } seen",
            "[\"script\", \"no function `trim`\", \"called with (int)\"]",
        ),
        (
            "in a closure",
            "let seen = (); try { json::parse(\"[3]\").map(|x| x - \"a\"); } catch (e) { seen = e.message; } seen",
            "\"`-` does not take an int and a string\"",
        ),
        (
            "thrown values stay",
            "let seen = []; try { throw 5 } catch (e) { seen.push(e); } try { throw #{ a: 1 } } catch (e) { seen.push(e.a); } seen",
            "[5, 1]",
        ),
        (
            "of an assertion",
            "let x = json::parse(\"3\"); assert::raises(|| x.trim()).message.contains(\"i64\")",
            "false",
        ),
    ]);
    fails(&[(
        "thrown again",
        "let m = #{};\ntry { m.typo } catch (e) { throw e; }",
        &["the map has no property `typo`"],
    )]);
}
