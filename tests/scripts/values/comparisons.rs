//! `== != < <= > >=` between values of different types.

use super::{fails, gives};
use crate::support::program::Mcpctl;

#[test]
fn a_comparison_of_different_types_is_an_error_with_a_place_and_a_fix() {
    fails(&[
        ("int with duration", "1 > \"24h\"", &["`>` cannot compare an int with a string", "hint: ", "\"24h\""]),
        ("int with digits", "let n = 3; n == \"3\"", &["`==` cannot compare an int with a string", "without quotes"]),
        ("float with string", "1.5 <= \"1.5\"", &["`<=` cannot compare a float with a string"]),
        ("string on the left", "\"24h\" < 86400", &["`<` cannot compare a string with an int", "\"24h\""]),
        ("bool with string", "true != \"true\"", &["`!=` cannot compare a bool with a string", "`true` or `false`"]),
        ("bool with int", "let on = true; on == 1", &["`==` cannot compare a bool with an int"]),
        ("array with int", "[1, 2] >= 2", &["`>=` cannot compare an array with an int", "`list.len()`"]),
        ("array with string", "[\"a\"] == \"a\"", &["`==` cannot compare an array with a string", "x in list"]),
        ("map with string", "#{ a: 1 } == \"a\"", &["`==` cannot compare a map with a string"]),
        ("map with array", "#{} != []", &["`!=` cannot compare a map with an array"]),
        ("character with int", "'3' == 3", &["`==` cannot compare a char with an int"]),
        ("typed value with string", "pods::list()[0] == \"time\"", &["a Pod with a string", "such as `name`"]),
        ("function with int", "let f = |x| x; f == 1", &["`==` cannot compare"]),
        ("in a function", "fn f(a) { a == \"1\" }\nf(1)", &["cannot compare an int with a string"]),
        ("in a closure", "[1].map(|x| x > \"0\")", &["cannot compare an int with a string"]),
        ("in a filter", "pods::list().filter(|p| p.restarts != \"0\")", &["cannot compare an int with a string"]),
        ("in a condition", "if 1 == \"1\" { 2 } else { 3 }", &["cannot compare an int with a string"]),
        ("of a constant", "const N = 3; N == \"3\"", &["cannot compare an int with a string"]),
        ("in a loop", "let i = 0; while i < \"3\" { i += 1; }", &["cannot compare an int with a string"]),
        ("in a string", "`${1 == \"1\"}`", &["cannot compare an int with a string"]),
    ]);
}

#[test]
fn what_could_be_compared_still_can() {
    gives(&[
        ("ints", "[1 == 1, 1 != 2, 1 < 2, 2 <= 2, 3 > 2, 3 >= 4]", "[true, true, true, true, true, false]"),
        ("int and float", "[1 == 1.0, 1 < 1.5, 2.0 >= 2, 0.1 + 0.2 == 0.3]", "[true, true, true, true]"),
        ("strings", "[\"a\" == \"a\", \"a\" < \"b\", \"b\" != \"a\"]", "[true, true, true]"),
        ("string and character", "[\"a\" == 'a', 'b' > \"a\", 'a' < 'b']", "[true, true, true]"),
        ("bools", "[true == true, true != false, false < true]", "[true, true, true]"),
        ("missing values", "[() == (), 1 == (), () != \"a\", [] == (), #{} != ()]", "[true, false, true, false, true]"),
        ("typed with missing", "pods::list().len() == () || pods::list() != ()", "true"),
        ("arrays", "[[1, \"a\"] == [1, \"a\"], [1] == [\"1\"], [1] != [1, 2], [] == []]", "[true, false, true, true]"),
        ("maps", "[#{ a: 1 } == #{ a: 1 }, #{ a: 1 } == #{ a: \"1\" }, #{ a: 1 } != #{ b: 1 }]", "[true, false, true]"),
        ("ranges", "[(0..3) == (0..3), (0..3) != (0..4)]", "[true, true]"),
        ("a constant", "const LIST = [1]; LIST == [1]", "true"),
        ("a changed variable", "let n = 1; n += 1; n *= 3; n == 6", "true"),
        ("a switch", "switch 1 { \"1\" => \"text\", 1 => \"int\" }", "\"int\""),
    ]);
}

#[test]
fn lists_are_searched_by_values_that_can_equal_an_item() {
    gives(&[
        ("mixed items", "[1, \"a\", ()].contains(\"a\")", "true"),
        ("mixed items without it", "\"b\" in [1, \"a\"]", "false"),
        ("no items", "3 in []", "false"),
        ("place of an item", "[1, \"a\"].index_of(\"a\")", "1"),
        ("place from the end", "[1, 2, 1].index_of(1, -1)", "2"),
        ("missing values", "() in [1, 2]", "false"),
        ("only missing values", "3 in [(), ()]", "false"),
        ("int in floats", "1 in [1.0, 2.0]", "true"),
        ("arrays in arrays", "[1] in [[\"1\"], [1]]", "true"),
        ("repeated items", "let a = [1, 1, \"1\", 1]; a.dedup(); a", "[1, \"1\", 1]"),
        ("negated", "3 !in [1, 2]", "true"),
    ]);
    fails(&[
        ("string in ints", "\"3\" in [1, 2, 3]", &["no item of this array can equal a string", "an int"]),
        ("int in strings", "[\"1\"].contains(1)", &["no item of this array can equal an int", "a string"]),
        ("place of a string", "[1, 2].index_of(\"2\")", &["no item of this array can equal a string"]),
        ("bool in strings", "true in [\"true\"]", &["no item of this array can equal a bool"]),
        ("string in pods", "\"time\" in pods::list()", &["no item of this array can equal a string", "a Pod"]),
        ("array in strings", "[\"a\"] in [\"a\", \"b\"]", &["no item of this array can equal an array"]),
        ("map in ints", "#{} !in [1]", &["no item of this array can equal a map"]),
        ("string in arrays", "[[1]].contains(\"1\")", &["no item of this array can equal a string"]),
    ]);
}

#[test]
fn the_repl_and_tests_stop_at_the_same_comparisons() {
    Mcpctl::new("repl --sandbox")
        .input("1 == \"1\"\n2 + 2\n")
        .run()
        .says("cannot compare an int with a string")
        .gives("4");
    let tests = "fn test_a() { assert::is_true(1 == \"1\"); }\nfn test_b() {}\n";
    Mcpctl::new("test a_test.rhai")
        .file("a_test.rhai", tests)
        .run()
        .code(1)
        .says("cannot compare an int with a string");
}
