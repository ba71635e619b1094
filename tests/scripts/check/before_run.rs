//! A script is checked before its first line runs.

use crate::support::program::Mcpctl;

#[test]
fn a_typo_on_the_last_line_stops_before_the_first() {
    Mcpctl::new("run nightly.rhai --sandbox")
        .file("nightly.rhai", "print(\"first\");\nif false {\n    pods::lsit();\n    undefined;\n}\n")
        .run()
        .code(1)
        .stdout("")
        .says("nightly.rhai:3:11")
        .says("no value `undefined`");
}

#[test]
fn a_mistake_in_an_imported_file_stops_as_well() {
    Mcpctl::new("run nightly.rhai")
        .file("nightly.rhai", "import \"lib/a\" as a;\nprint(\"first\");\na::f(1);\n")
        .file("lib/a.rhai", "fn f(x) { if x > 1 { json::prse(x) } }\n")
        .run()
        .code(1)
        .stdout("")
        .says("lib/a.rhai:1:28");
}

#[test]
fn what_is_only_likely_is_a_warning() {
    Mcpctl::new("run nightly.rhai --age 1d")
        .file(
            "nightly.rhai",
            "const PARAMS = [ #{ name: \"age\", help: \"x\", option: true } ];\n\
             fn main(args) { try { pods::lsit(); } catch { print(\"caught\"); } }\n",
        )
        .run()
        .code(0)
        .stdout("caught\n")
        .says("warning: parameter `age` is never read")
        .says("warning: no function `pods::lsit`");
}

#[test]
fn a_line_is_checked_before_it_runs() {
    Mcpctl::of(["eval", "print(1); pods::lsit()"]).run().code(1).stdout("").says("did you mean `pods::list`?");
    Mcpctl::of(["eval", "let x = #{ a: 1 }; x.a"]).run().code(0).stdout("1\n").stderr("");
}
