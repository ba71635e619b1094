//! What closures of arrays and maps give and raise.

use super::{ends, fails, gives};
use crate::support::program::Mcpctl;

#[test]
fn a_condition_that_is_not_a_bool_is_an_error() {
    fails(&[
        ("filter", "[1, 2].filter(|x| x)", &["the closure of `filter` must give true or false, not an int"]),
        (
            "filter of nothing",
            "[1].filter(|x| { let y = x; })",
            &["`filter` must give true or false, not `()`", "last expression"],
        ),
        ("some", "[1].some(|x| \"yes\")", &["`some` must give true or false, not a string"]),
        ("all", "[1].all(|x| [])", &["`all` must give true or false, not an array"]),
        ("find", "[1].find(|x| 0)", &["`find` must give true or false, not an int"]),
        ("find from", "[1, 2].find(|x| 0, 1)", &["`find` must give true or false, not an int"]),
        ("index_of", "[1].index_of(|x| x + 1)", &["`index_of` must give true or false, not an int"]),
        ("retain", "let a = [1]; a.retain(|x| x)", &["`retain` must give true or false, not an int"]),
        ("drain", "let a = [1]; a.drain(|x| ())", &["`drain` must give true or false, not `()`"]),
        ("dedup", "let a = [1, 1]; a.dedup(|x, y| x - y)", &["`dedup` must give true or false, not an int"]),
        ("filter of a map", "#{ a: 1 }.filter(|k, v| v)", &["`filter` must give true or false"]),
        ("retain of a map", "let m = #{ a: 1 }; m.retain(|k, v| k)", &["`retain` must give true or false"]),
        ("named function", "fn f(x) { x }\n[1].filter(\"f\")", &["`filter` must give true or false, not an int"]),
        ("typed value", "pods::list().filter(|p| p.name)", &["`filter` must give true or false, not a string"]),
    ]);
}

#[test]
fn conditions_choose_items() {
    gives(&[
        ("filter", "[1, 2, 3].filter(|x| x > 1)", "[2, 3]"),
        ("filter with place", "[\"a\", \"b\"].filter(|x, at| at == 1)", "[\"b\"]"),
        ("filter by this", "[1, 2].filter(|| this > 1)", "[2]"),
        (
            "some and all",
            "[[1].some(|x| x == 1), [].some(|x| 1), [1, 2].all(|x| x > 1), [].all(|x| 1)]",
            "[true, false, false, true]",
        ),
        ("find", "[[1, 2].find(|x| x > 1), [1].find(|x| x > 1), [3, 4].find(|x| x > 2, 1)]", "[2, null, 4]"),
        (
            "index_of",
            "[[1, 2].index_of(|x| x > 1), [1].index_of(|x| x > 1), [3, 4].index_of(|x| x > 2, -1)]",
            "[1, -1, 1]",
        ),
        ("drain", "let a = [1, 2, 3]; let b = a.drain(|x| x > 1); [a, b]", "[[1], [2, 3]]"),
        ("retain", "let a = [1, 2, 3]; let b = a.retain(|x| x > 1); [a, b]", "[[2, 3], [1]]"),
        ("dedup", "let a = [1, 2, 2, 4]; a.dedup(|x, y| y == x * 2); a", "[1, 4]"),
        (
            "map",
            "let m = #{ a: 1, b: 2 }; let d = m.drain(|k, v| v > 1); [m, d, #{ a: 1 }.filter(|k| k == \"b\")]",
            "[{\"a\":1},{\"b\":2},{}]",
        ),
        ("retain of a map", "let m = #{ a: 1, b: 2 }; m.retain(|k, v| v > 1); m.keys()", "[\"b\"]"),
    ]);
}

#[test]
fn an_error_in_any_closure_ends_the_run_and_changes_nothing() {
    let calls = [
        "[1].map(|x| STOP)",
        "[1].filter(|x| STOP)",
        "[1].find(|x| STOP)",
        "[1].find_map(|x| STOP)",
        "[1].some(|x| STOP)",
        "[1].all(|x| STOP)",
        "[1].index_of(|x| STOP)",
        "[1].for_each(|x| STOP)",
        "[1].reduce(|s, x| STOP, 0)",
        "[1].reduce_rev(|s, x| STOP, 0)",
        "[1].zip([2], |x, y| STOP)",
        "let a = [1]; a.retain(|x| STOP)",
        "let a = [1]; a.drain(|x| STOP)",
        "let a = [1, 2]; a.dedup(|x, y| STOP)",
        "#{ a: 1 }.map(|k, v| STOP)",
        "#{ a: 1 }.filter(|k, v| STOP)",
        "let m = #{ a: 1 }; m.retain(|k, v| STOP)",
        "let m = #{ a: 1 }; m.drain(|k, v| STOP)",
    ];
    for call in calls {
        let error = call.replace("STOP", "fail(\"no such luck\")");
        ends(&[("an error", &error, &["error: no such luck"])]);
        Mcpctl::of(["eval", &call.replace("STOP", "exit(9)")]).run().code(9);
        let tried =
            format!("try {{ {}; }} catch (e) {{ print(\"caught\"); }} print(\"on\");", call.replace("STOP", "exit(9)"));
        Mcpctl::of(["eval", &tried]).run().code(9).stdout("");
    }
    gives(&[
        (
            "drain keeps all",
            "let a = [1, 2]; try { a.drain(|x| if x == 1 { true } else { fail(\"x\") }); } catch {} a",
            "[1, 2]",
        ),
        ("retain keeps all", "let m = #{ a: 1 }; try { m.retain(|k, v| fail(\"x\")); } catch {} m", "{\"a\":1}"),
    ]);
}

#[test]
fn no_try_catches_a_refusal_in_a_closure() {
    let change = "configmaps::apply(\"a\", #{ k: \"v\" })";
    for body in [
        format!("{change};"),
        format!("[1].map(|x| {change});"),
        format!("[1].for_each(|i| {change});"),
        format!("[1].reduce(|sum, x| {change}, 0);"),
        format!("[2, 1].order_by(|x| {change}.name);"),
        format!("[1].map(|x| [2].map(|y| {change}));"),
        format!("try {{ [1].map(|x| {change}); }} catch {{ print(\"inner\"); }}"),
        format!("let f = |x| {change}; [1].map(f);"),
        format!("for x in [1] {{ [x].filter(|y| {change} != ()); break; }}"),
    ] {
        let script = format!("try {{ {body} }} catch (e) {{ print(\"caught\"); }} print(\"on\");");
        Mcpctl::of(["eval", "--sandbox", "--read-only", &script]).run().code(1).stdout("").says("--read-only");
    }
    gives(&[
        ("an error is caught", "let n = 0; try { [1].map(|x| fail(\"x\")); } catch (e) { n = e.message; } n", "\"x\""),
        ("a loop goes on", "let n = 0; for x in 0..3 { try { if x == 1 { continue; } n += x; } catch {} } n", "2"),
        ("a loop ends", "let n = 0; loop { try { n += 1; if n > 2 { break; } } catch {} } n", "3"),
        ("a function returns", "fn f() { try { return 7; } catch {} 8 } f()", "7"),
        ("a value", "fn f(n) { try { if n > 1 { fail(\"x\") } n } catch { 0 } } [f(1), f(2)]", "[1, null]"),
        ("variables", "let n = 1; try { let m = n + 1; n = m; throw 5; } catch (e) { n += e; } n", "7"),
    ]);
}

#[test]
fn a_closure_with_another_number_of_parameters_is_named_as_such() {
    for script in
        ["[1].map(|a, b, c| 1)", "[2, 1].sort(|a, b, c| 1)", "[2, 1].order_by(|| 1)", "let f = |x| x; f.call(1, 2)"]
    {
        let ran = Mcpctl::of(["eval", script]).run().code(1).says("the closure cannot be called with");
        assert!(!ran.stderr.contains("anon$"), "{}", ran.stderr);
    }
}

#[test]
fn an_exit_code_is_an_int() {
    for value in ["\"1\"", "true", "1.0", "()", "[]"] {
        ends(&[("exit", &format!("exit({value})"), &["an exit code is an int, not"])]);
    }
    Mcpctl::of(["eval", "exit()"]).run().code(0);
    Mcpctl::of(["eval", "exit(3)"]).run().code(3);
}
