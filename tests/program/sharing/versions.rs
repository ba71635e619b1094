//! The contract that lasts: what a script requires.

use crate::support::program::Mcpctl;

#[test]
fn a_script_for_a_later_version_says_so_before_anything_runs() {
    let script = "//! Later.\nconst REQUIRES = \">=99.0\";\nconst PARAMS = [#{ name: \"a\", kind: \"quantum\" }];\nprint(\"ran\");";
    let own = env!("CARGO_PKG_VERSION");
    let ran = Mcpctl::new("run later.rhai").file("later.rhai", script).run().code(1).stdout("");
    ran.says(&format!("error: `later.rhai` requires mcpctl >=99.0, and this is mcpctl {own}"))
        .says("later.rhai:2:7")
        .says("const REQUIRES");
}

#[test]
fn syntax_of_a_later_version_is_explained_by_it() {
    let script = "const REQUIRES = \">=99.0\";\nlet a = b <=> c;";
    Mcpctl::new("run later.rhai").file("later.rhai", script).run().code(1).says("requires mcpctl >=99.0");
    let script = "const REQUIRES = \">=0.1\";\nlet a = b <=> c;";
    let ran = Mcpctl::new("run now.rhai").file("now.rhai", script).run().code(1);
    assert!(!ran.stderr.contains("requires"), "{}", ran.stderr);
}

#[test]
fn a_module_may_require_a_version_too() {
    let module = "const REQUIRES = \">=99.0\";\nfn f() { 1 }";
    let ran =
        Mcpctl::new("run a.rhai").file("a.rhai", "import \"m\" as m;\nprint(m::f());").file("m.rhai", module).run();
    ran.code(1).stdout("").says("`m.rhai` requires mcpctl >=99.0");
}

#[test]
fn this_version_is_enough_for_a_script_that_asks_for_it() {
    for requirement in [">=0.1", "0.1", ">=0.1, <99"] {
        let script = format!("const REQUIRES = \"{requirement}\";\nprint(\"ran\");");
        Mcpctl::new("run a.rhai").file("a.rhai", &script).run().code(0).stdout("ran\n");
    }
    let wrong = "const REQUIRES = \"soon\";\nprint(\"ran\");";
    Mcpctl::new("run a.rhai")
        .file("a.rhai", wrong)
        .run()
        .code(1)
        .stdout("")
        .says("`REQUIRES` is not a valid version requirement");
}
