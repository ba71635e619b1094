//! The command: paths, folders, names, forms of output, exit codes.

use crate::support::program::Mcpctl;

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    Mcpctl::new("check nightly.rhai")
        .file("nightly.rhai", "fn main(args) {\n    let old = pods::lsit();\n    old.len()\n}\n")
        .run()
        .code(1)
        .stdout("")
        .stderr(
            "error: no function `pods::lsit`\n --> nightly.rhai:2:21\n  |\n2 |     let old = pods::lsit();\n  |                     ^^^^\n\
             hint: did you mean `pods::list`?\n1 script checked, 1 mistake\n",
        );
}

#[test]
fn json_is_an_array_of_file_line_column_message_and_hint() {
    let ran = Mcpctl::new("check -o json .").file("a.rhai", "pods::lsit();\nlet x = y;\n").run().code(1).stderr("");
    assert_eq!(
        ran.json(),
        serde_json::json!([
            { "file": "a.rhai", "line": 1, "column": 7, "message": "no function `pods::lsit`",
              "hint": "did you mean `pods::list`?" },
            { "file": "a.rhai", "line": 2, "column": 9, "message": "no variable `y`", "hint": "" },
        ])
    );
    Mcpctl::new("check -o json").file("a.rhai", "1").run().code(0).stdout("[]\n").stderr("");
}

#[test]
fn a_folder_is_walked_and_every_file_is_checked_once() {
    Mcpctl::new("check scripts scripts/a.rhai")
        .file("scripts/a.rhai", "import \"lib/b\" as b; b::f(1)")
        .file("scripts/lib/b.rhai", "fn f(x) { x.nmae(unknown) }")
        .file("scripts/c_test.rhai", "fn test_a() { pods::lsit() }")
        .file("scripts/.hidden/d.rhai", "let = ;")
        .file("scripts/notes.txt", "let = ;")
        .run()
        .code(1)
        .says("scripts/lib/b.rhai:1:18\n")
        .says("scripts/c_test.rhai:1:21\n")
        .says("3 mistakes\n");
}

#[test]
fn definitions_for_editors_are_not_scripts() {
    let with = |command: &str| {
        Mcpctl::new(command)
            .file("scripts/a.rhai", "1")
            .file("scripts/__static__.d.rhai", "module static;\nfn f(x: int) -> int;\n")
            .file("scripts/lib/pods.d.rhai", "module pods;\nfn list() -> array;\n")
            .run()
    };
    for command in
        ["check", "check .", "check scripts", "check scripts/a.rhai", "check scripts/a.rhai scripts/lib/pods.d.rhai"]
    {
        with(command).code(0).stderr("1 script checked, no mistakes\n");
    }
    with("check scripts/lib/pods.d.rhai").code(0).stderr("0 scripts checked, no mistakes\n");
    with("check -o json scripts").code(0).stdout("[]\n");
    with("check scripts/lib").code(1).says("no scripts in `scripts/lib`");
}

#[test]
fn without_a_path_the_current_folder_is_meant() {
    Mcpctl::new("check")
        .file("a.rhai", "1")
        .file("b/c.rhai", "2")
        .run()
        .code(0)
        .stdout("")
        .stderr("2 scripts checked, no mistakes\n");
}

#[test]
fn a_script_is_found_by_its_name() {
    Mcpctl::new("check cleanup provision").run().code(0).stderr("2 scripts checked, no mistakes\n");
    Mcpctl::new("check nothing-like-it").run().code(1).says("cannot check `nothing-like-it`");
    Mcpctl::new("check empty").file("empty/a.txt", "").run().code(1).says("no scripts in `empty`");
    Mcpctl::new("check a.txt").file("a.txt", "").run().code(1).says("`a.txt` is not a script");
}

#[test]
fn a_syntax_error_in_one_file_hides_nothing_in_another() {
    Mcpctl::new("check .")
        .file("a.rhai", "fn f() {")
        .file("b.rhai", "pods::lsit()")
        .run()
        .code(1)
        .says("`{` is never closed")
        .says("did you mean `pods::list`?")
        .says("2 scripts checked, 2 mistakes");
}

#[test]
fn an_import_cycle_ends() {
    Mcpctl::new("check a.rhai")
        .file("a.rhai", "import \"b\" as b; fn f() { b::g() }")
        .file("b.rhai", "import \"a\" as a; fn g() { a::f(1) }")
        .run()
        .code(1)
        .says("`a::f` takes 0 arguments, not 1");
}
