//! The same in `mcpctl test`: all tests share one process.

use super::run;
use crate::support::program::Mcpctl;

const GREEDY: &str = "
fn test_memory() { let a = [1]; loop { a += a; } }
fn test_caught() { let a = [1]; try { loop { a += a; } } catch { } }
fn test_nesting() { let a = []; loop { a = [a]; } }
";

const MODEST: &str = "
fn test_modest() { let a = []; for i in 0..2_000 { a.push([i]); } assert::equal(a.len, 2_000); }
fn test_again() { test_modest(); }
fn test_and_again() { test_modest(); }
";

#[test]
fn a_greedy_test_fails_and_the_others_pass() {
    let ran = run(Mcpctl::new("test --jobs 3 -o json").file("a_test.rhai", GREEDY).file("b_test.rhai", MODEST));
    let outcomes: Vec<(String, bool)> = ran.json().as_array().unwrap().iter().map(outcome).collect();
    let expected = [
        ("test_memory", false),
        ("test_caught", false),
        ("test_nesting", false),
        ("test_modest", true),
        ("test_again", true),
        ("test_and_again", true),
    ];
    assert_eq!(outcomes, expected.map(|(name, passed)| (name.to_owned(), passed)), "{}", ran.stderr);
    ran.code(1);
}

fn outcome(value: &serde_json::Value) -> (String, bool) {
    (value["name"].as_str().unwrap().to_owned(), value["result"] == "passed")
}

#[test]
fn captured_output_is_part_of_the_memory_and_is_shortened() {
    let text = "
fn test_flood() { let s = \"\"; s.pad(100_000, 'x'); loop { print(s); } }
fn test_long() { for i in 0..50_000 { print(i); } fail(\"at the end\"); }
";
    let ran = run(Mcpctl::new("test --jobs 1").file("a_test.rhai", text)).code(1);
    assert!(ran.stderr.contains("error: the script needs more than 32 MiB of memory"), "{}", &ran.stderr[..2000]);
    assert!(ran.stderr.contains("more bytes)") && ran.stderr.len() < 2_000_000, "{} bytes", ran.stderr.len());
}

#[test]
fn a_script_that_a_test_runs_ends_at_the_limit_and_the_test_goes_on() {
    let test = "
fn test_run() {
    for i in 0..3 {
        let ran = sandbox::run(\"greedy\", []);
        assert::equal(ran.code, 1);
        assert::contains(ran.stderr, \"more than 32 MiB of memory\");
    }
}
";
    let greedy = "let a = [1]; loop { a += a; }";
    run(Mcpctl::new("test").file("a_test.rhai", test).file("greedy.rhai", greedy)).code(0);
}
