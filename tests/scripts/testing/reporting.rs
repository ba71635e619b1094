//! What is said of tests that pass and fail, and the exit codes.

use crate::support::program::Mcpctl;

const MIXED: &str = r#"fn test_good() { print("not shown"); }

fn test_bad() {
    print("to stdout");
    ui::warn("to stderr");
    helper(sandbox::run("list", []).code);
}

fn helper(code) {
    assert::equal(code, 1);
}
"#;

#[test]
fn a_failure_shows_both_sides_the_place_and_what_was_printed() {
    let ran = Mcpctl::new("test").file("a_test.rhai", MIXED).run().code(1);
    let ran = ran.stdout("a_test.rhai\n ✓ test_good\n ✗ test_bad\n");
    let expected = "\na_test.rhai::test_bad\n\
        error: not equal\n  actual:   0\n  expected: 1\n  \
          --> a_test.rhai:10:13\n   |\n\
        10 |     assert::equal(code, 1);\n   |             ^^^^^\n  \
          called from a_test.rhai:6:5 in `test_bad`\n\
        stdout of the test:\n  to stdout\n\
        stderr of the test:\n  warning: to stderr\n\
        `mcpctl list`: exit code 0\n\
        stderr:\n  no pods found in namespace default, sandbox context sandbox\n\
        1 passed, 1 failed in ";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    assert!(!ran.stderr.contains("not shown"));
}

#[test]
fn quiet_shows_failures_alone() {
    let ran = Mcpctl::new("test -q").file("a_test.rhai", MIXED).run().code(1).stdout("a_test.rhai\n ✗ test_bad\n");
    assert!(!ran.stderr.contains("passed"));
    Mcpctl::new("test -q").file("a_test.rhai", "fn test_good() {}").run().code(0).stdout("").stderr("");
}

#[test]
fn programs_get_an_array() {
    let ran = Mcpctl::new("test -o json").file("a_test.rhai", MIXED).run().code(1);
    let json = ran.json();
    assert_eq!(json[0]["result"], "passed");
    assert_eq!(json[0]["line"], 1);
    let bad = &json[1];
    for (path, expected) in [
        ("/file", "a_test.rhai".into()),
        ("/name", "test_bad".into()),
        ("/line", 3.into()),
        ("/result", "failed".into()),
        ("/failure/kind", "failed".into()),
        ("/failure/message", "not equal".into()),
        ("/failure/details/0", "actual:   0".into()),
        ("/failure/line", 10.into()),
        ("/failure/column", 13.into()),
        ("/stdout", "to stdout\n".into()),
        ("/stderr", "warning: to stderr\n".into()),
        ("/ran/0/command", "mcpctl list".into()),
    ] {
        assert_eq!(bad.pointer(path), Some::<&serde_json::Value>(&expected), "{path}");
    }
}

#[test]
fn tests_are_chosen_by_path_and_name() {
    let choose = |line: &str| {
        let ran = Mcpctl::new(line)
            .file("one_test.rhai", "fn test_red() {}\nfn test_green() {}")
            .file("deep/two_test.rhai", "fn test_red() {}")
            .file("other.rhai", "fn test_red() {}")
            .run()
            .code(0);
        let json = ran.json();
        let names = json.as_array().unwrap().iter();
        names.map(|test| format!("{}::{}", test["file"].as_str().unwrap(), test["name"].as_str().unwrap())).collect()
    };
    let all: Vec<String> = choose("test -o json");
    assert_eq!(all, ["deep/two_test.rhai::test_red", "one_test.rhai::test_red", "one_test.rhai::test_green"]);
    assert_eq!(choose("test -o json deep"), ["deep/two_test.rhai::test_red"]);
    assert_eq!(choose("test -o json other.rhai"), ["other.rhai::test_red"]);
    assert_eq!(choose("test -o json --filter green"), ["one_test.rhai::test_green"]);
    assert_eq!(choose("test -o json --filter one_test --filter deep --jobs 1"), all);
}

#[test]
fn no_test_is_an_end_of_its_own() {
    Mcpctl::new("test").run().code(5).says("error: no test found in `.`");
    Mcpctl::new("test").file("a_test.rhai", "fn helper() {}").run().code(5);
    Mcpctl::new("test --filter nonsense")
        .file("a_test.rhai", "fn test_a() {}")
        .run()
        .code(5)
        .says("error: none of 1 tests holds `nonsense` in its name");
    Mcpctl::new("test no-such-folder").run().code(1).says("error: cannot read `no-such-folder`");
}

#[test]
fn a_file_that_is_wrong_fails_and_the_others_run() {
    let ran = Mcpctl::new("test")
        .file("a_test.rhai", "fn test_a() {}")
        .file("b_test.rhai", "fn test_b( {}")
        .file("c_test.rhai", "fn test_c(n) {}")
        .file("d_test.rhai", "fn test_d() { pods::lst(); }")
        .file("e_test.rhai", "fn test_e() { nothing }")
        .run()
        .code(1)
        .says("b_test.rhai:1:")
        .says("error: the test `test_c` takes parameters")
        .says("did you mean `pods::list`?")
        .says("no value `nothing`");
    assert!(ran.stdout.contains(" ✓ test_a\n"));
    assert_eq!(ran.stdout.matches("(the whole file)").count(), 2, "{}", ran.stdout);
}

#[test]
fn a_test_that_does_not_end_is_ended() {
    let ran = Mcpctl::new("test --timeout 300ms")
        .file("a_test.rhai", "fn test_loop() { loop {} }\nfn test_wait() { sleep(100); }")
        .run()
        .code(1);
    assert_eq!(ran.stderr.matches("error: the test did not end in 300ms").count(), 2, "{}", ran.stderr);
}

#[test]
fn a_test_that_ends_itself_has_not_passed() {
    let run = Mcpctl::new("test").file("a_test.rhai", "fn test_exit() { exit(0); }");
    run.run().code(1).says("error: the test ended itself with `exit(0)`");
}

#[test]
fn what_cannot_be_caught_in_a_script_is_a_failure_of_its_test_alone() {
    Mcpctl::new("test")
        .file(
            "a_test.rhai",
            r#"fn test_declined() { sandbox::pod(#{}); sandbox::answers(["n"]); pods::delete(pods::list()); }
               fn test_after() {}"#,
        )
        .run()
        .code(1)
        .says("error: declined: nothing was done")
        .says("1 passed, 1 failed in");
}
