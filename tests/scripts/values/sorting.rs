//! Sorting: by nature, by comparers, by keys and by properties.

use super::{ends, fails, gives};
use crate::support::program::Mcpctl;

#[test]
fn values_are_sorted_by_nature_key_property_or_comparer() {
    gives(&[
        ("ints", "let a = [3, 1, 2]; a.sort(); a", "[1, 2, 3]"),
        ("strings", "[\"b\", \"a\", \"C\"].sorted()", "[\"C\", \"a\", \"b\"]"),
        ("ints and floats", "[2, 1.5, 1].order()", "[1, 1.5, 2]"),
        ("downwards", "let a = [1, 3, 2]; a.sort_desc(); a.push(9); a + [2, 1].order_desc()", "[3, 2, 1, 9, 2, 1]"),
        ("bools", "[true, false].sorted()", "[false, true]"),
        ("comparer", "[3, 1, 2].order_by(|a, b| a - b)", "[1, 2, 3]"),
        ("comparer, changing", "let a = [1, 2, 3]; a.sort(|a, b| b - a); a", "[3, 2, 1]"),
        ("comparer with equal items", "[2, 1, 2].order(|a, b| if a < b { -1 } else { 1 })", "[1, 2, 2]"),
        ("key", "let a = [\"ccc\", \"a\", \"bb\"]; a.sort_by(|x| x.len()); a", "[\"a\", \"bb\", \"ccc\"]"),
        ("key, downwards", "[1, 3, 2].order_by(|x| -x)", "[3, 2, 1]"),
        ("key of two parts", "[[2, 1], [1, 2], [1, 1]].order_by(|x| [x[0], x[1]])", "[[1, 1], [1, 2], [2, 1]]"),
        ("key that captures", "let by = \"n\"; [#{ n: 2 }, #{ n: 1 }].sorted(|x| x[by])", "[{\"n\":1},{\"n\":2}]"),
        ("property of maps", "[#{ n: 2 }, #{ n: 1 }].sort_by(\"n\") == ()", "true"),
        ("named function", "fn by_size(a, b) { a - b }\nlet a = [2, 1]; a.sort(\"by_size\"); a", "[1, 2]"),
        ("function pointer", "fn by_size(a, b) { a - b }\n[2, 1].order_by(Fn(\"by_size\"))", "[1, 2]"),
        ("stable", "[#{ k: 1, v: 1 }, #{ k: 0, v: 2 }, #{ k: 1, v: 3 }].order_by(|x| x.k).map(|x| x.v)", "[2, 1, 3]"),
        ("constant", "const LIST = [2, 1]; LIST.sorted() + LIST.order_by(|x| x)", "[1, 2, 1, 2]"),
        ("nothing to compare", "[].sorted() + [1].order_by(|a, b| \"x\")", "[1]"),
        ("the array stays", "let a = [2, 1]; a.sorted(); a", "[2, 1]"),
        ("key that reads the array", "let a = [1, 3]; a.sorted(|x| a.len() - x)", "[3, 1]"),
        ("trimmed", "let t = \" a \"; t.trimmed() + t", "\"a a \""),
    ]);
}

#[test]
fn typed_values_are_sorted_by_a_property() {
    let tests = "fn test_order() {\n    for i in [3, 1, 2] { sandbox::pod(#{ name: `p${i}`, age: `${i}h`, session: \"s\" }); }\n    \
                 let pods = pods::list();\n    pods.sort_by(\"age\");\n    assert::equal(pods.map(|p| p.name), [\"p1\", \"p2\", \"p3\"]);\n    \
                 assert::equal(pods.sorted(|p| -p.age).map(|p| p.name), [\"p3\", \"p2\", \"p1\"]);\n    \
                 assert::equal(pods.order_by(|a, b| a.age - b.age)[0].name, \"p1\");\n}\n";
    Mcpctl::new("test a_test.rhai").file("a_test.rhai", tests).run().code(0);
}

#[test]
fn a_comparer_that_cannot_be_right_is_an_error_with_a_place() {
    fails(&[
        ("always negative", "[1, 2, 3].order_by(|a, b| -1)", &["the comparer of this sort contradicts itself"]),
        (
            "always positive",
            "let a = [1, 2]; a.sort(|a, b| 1)",
            &["contradicts itself", "hint: give a negative number"],
        ),
        ("symmetric", "[3, 1, 2].order_by(|a, b| if a * b % 2 == 0 { 1 } else { -1 })", &["contradicts itself"]),
        ("bool", "[2, 1].order_by(|a, b| a > b)", &["must give an int, not a bool"]),
        ("nothing", "let a = [2, 1]; a.sort_by(|a, b| {})", &["must give an int, not `()`"]),
        ("string", "[2, 1].sorted(|a, b| \"x\")", &["must give an int, not a string"]),
        ("float", "[2.0, 1.0].order(|a, b| a - b)", &["must give an int, not a float"]),
        ("mixed items", "let a = [1, \"2\"]; a.sort()", &["cannot sort these values", "an int"]),
        ("maps", "[#{}, #{}].sorted()", &["cannot sort these values: a map has no order"]),
        ("mixed keys", "[1, \"a\"].order_by(|x| x)", &["cannot sort these values"]),
        ("missing property", "let a = pods::list(); a.sort_by(\"agee\")", &["`Pod` has no property `agee`", "`age`"]),
        ("missing key", "[#{ n: 1 }, #{ m: 2 }].sorted(\"n\")", &["the map has no property `n`"]),
    ]);
}

#[test]
fn what_a_comparer_raises_ends_the_run_as_it_would_outside() {
    ends(&[
        ("error in sort", "[2, 1].order_by(|a, b| fail(\"no such luck\"))", &["error: no such luck"]),
        ("error in a key", "[2, 1].order_by(|a| fail(\"no such luck\"))", &["error: no such luck"]),
        (
            "error after a while",
            "[3, 2, 1].order_by(|a, b| if a == 1 { throw \"late\" } else { a - b })",
            &["error: late"],
        ),
        ("unknown name", "[2, 1].order_by(|a, b| a.nope - b)", &["nope"]),
    ]);
    for script in
        ["[2, 1].order_by(|a, b| exit(7))", "let a = [2, 1]; a.sort(|a| exit(7))", "[1, 1].dedup(|a, b| exit(7))"]
    {
        Mcpctl::of(["eval", script]).run().code(7);
    }
    let caught = "let a = [3, 1, 2]; try { a.sort(|x, y| fail(\"x\")); } catch (e) { a.push(e.message); } a";
    gives(&[("caught, nothing lost", caught, "[3, 1, 2, \"x\"]")]);
}

#[test]
fn any_comparer_ends_and_keeps_every_item() {
    for modulus in [2, 3, 5, 7, 11, 100] {
        let script = format!(
            "let seed = {modulus}; let a = []; for i in 0..300 {{ a.push((i * 7919) % 1009); }}\n\
             let sum = a.reduce(|s, x| s + x, 0);\n\
             try {{ a.sort(|x, y| (x * 31 + y * 17) % {modulus} - (y * 31 + x * 17) % {modulus}); }} catch {{}}\n\
             a.len() == 300 && a.reduce(|s, x| s + x, 0) == sum"
        );
        gives(&[("any order", &script, "true")]);
    }
}
