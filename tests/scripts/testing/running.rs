//! What tests can rely on: a world, a folder and an environment of their own, and an end.

use crate::support::program::Mcpctl;

/// Runs one file of tests that must all pass.
#[track_caller]
fn pass(text: &str) {
    Mcpctl::new("test").file("a_test.rhai", text).run().code(0);
}

#[test]
fn tests_share_nothing() {
    pass(
        r#"
        fn touch() {
            assert::equal(pods::list(#{ any: true }), []);
            assert::equal(sandbox::files(), []);
            sandbox::pod(#{});
            fs::write("note.txt", "x");
            sandbox::variable("X", "1");
        }
        fn test_one() { touch(); }
        fn test_two() { touch(); }
        fn test_three() { touch(); }
        "#,
    );
}

#[test]
fn files_are_written_into_a_folder_that_goes_with_the_test() {
    let ran = Mcpctl::new("test")
        .file(
            "a_test.rhai",
            r#"fn test_a() { fs::write("note.txt", "x"); sandbox::run("generate-env", ["time", "b"]); }"#,
        )
        .run()
        .code(0);
    assert!(ran.read("note.txt").is_none() && ran.read("b-config.env").is_none());
}

#[test]
fn what_is_tested_is_imported_or_run_by_path_or_name() {
    Mcpctl::new("test team")
        .file("team/nightly.rhai", "fn double(n) { 2 * n }\nfn main() { double(4) }")
        .file("team/lib/words.rhai", "fn greet(name) { `hello ${name}` }")
        .file("team/cleanup.rhai", r#"print("the team's own");"#)
        .file(
            "team/nightly_test.rhai",
            r#"
            import "nightly" as nightly;
            import "lib/words" as words;
            fn test_functions() {
                assert::equal(nightly::double(3), 6);
                assert::equal(words::greet("you"), "hello you");
            }
            fn test_by_path() { assert::equal(sandbox::run("nightly.rhai", []).value, 8); }
            fn test_by_name() { assert::equal(sandbox::run("nightly", []).stdout, "8\n"); }
            fn test_a_shipped_one() { assert::equal(sandbox::run("list", []).code, 0); }
            fn test_beside_comes_first() { assert::equal(sandbox::run("cleanup", []).stdout, "the team's own\n"); }
            fn test_there_is_none() { assert::contains(assert::raises(|| sandbox::run("nightli", [])).message, "nightli"); }
            "#,
        )
        .run()
        .code(0);
}

#[test]
fn a_script_runs_as_on_a_command_line() {
    Mcpctl::new("test")
        .file(
            "greet.rhai",
            r#"//! Greets.
const PARAMS = [
    #{ name: "name", help: "whom" },
    #{ name: "loud", help: "shout", kind: "flag" },
];
fn main(args) {
    if args.name == "nobody" { exit(7); }
    ui::warn("look out");
    let seen = if ui::can_ask() { ui::ask("sure") } else { "unasked" };
    `${args.name} ${args.loud} ${seen} ${fs::input("-")}`
}"#,
        )
        .file(
            "greet_test.rhai",
            r#"
            fn test_arguments() {
                let ran = sandbox::run("greet", ["you", "--loud"], #{ input: "in" });
                assert::equal(ran.value, "you true unasked in");
                assert::equal([ran.stdout, ran.stderr], ["you true unasked in\n", "warning: look out\n"]);
            }
            fn test_answers_of_one_run() {
                assert::contains(sandbox::run("greet", ["you"], #{ answers: ["yes"] }).value, "false yes");
                assert::contains(sandbox::run("greet", ["you"]).value, "unasked");
            }
            fn test_answers_for_all_are_used_up_in_order() {
                sandbox::answers(["a", "b"]);
                assert::contains(sandbox::run("greet", ["you"]).value, "false a");
                assert::contains(sandbox::run("greet", ["you"]).value, "false b");
                assert::equal(sandbox::run("greet", ["you"]).kind, "declined");
            }
            fn test_a_wrong_line() {
                let ran = sandbox::run("greet", []);
                assert::equal([ran.code, ran.kind, ran.value], [2, "usage", ()]);
                assert::contains(ran.stderr, "error: `NAME` is missing");
                assert::equal(sandbox::run("greet", ["you", "--lod"]).code, 2);
            }
            fn test_help() { assert::contains(sandbox::run("greet", ["--help"]).stdout, "Greets."); }
            fn test_json() { assert::equal(sandbox::run("greet", ["you", "-o", "json"]).stdout, "\"you false unasked \"\n"); }
            fn test_exit_code() { assert::equal(sandbox::run("greet", ["nobody"]).code, 7); }
            fn test_nothing_nested() {
                let error = assert::raises(|| sandbox::run("nested", []));
                assert::contains(error.message, "no script `nested`");
            }
            "#,
        )
        .run()
        .code(0);
}

#[test]
fn a_test_can_stand_in_for_what_is_outside() {
    pass(
        r#"
        fn test_programs() {
            sandbox::program("op", "first");
            sandbox::program("op read", "second\n");
            assert::equal(process::run(["op", "whoami"]).stdout, "first");
            assert::equal(process::run(["op", "read", "x"]).stdout, "second\n");
            assert::equal(sandbox::plan().map(|change| change.kind), ["program"]);
        }
        fn test_latency_and_time() {
            sandbox::latency("1ms");
            sandbox::pod(#{ age: "1h" });
            sandbox::advance("1d");
            assert::equal(pods::list(#{ older_than: "24h" }).len(), 1);
            assert::is_true(time::now() > 0);
        }
        fn test_questions_of_the_test_itself() {
            sandbox::pod(#{ name: "a" });
            pods::delete(pods::list());
            sandbox::pod(#{ name: "b" });
            sandbox::answers(["n"]);
            assert::equal(assert::raises(|| pods::delete(pods::list(#{ status: "Running" }))).kind, "declined");
        }
        fn test_slips_are_errors() {
            assert::raises(|| sandbox::fail("delete pod"), "`delete pod` is no request");
            assert::raises(|| sandbox::pod(#{ sesion: "x" }), "no option `sesion`");
            assert::raises(|| sandbox::object("pods", "x"), "no objects of kind `pods`");
            assert::raises(|| sandbox::file("../x", ""), "is not in the test's folder");
            assert::raises(|| sandbox::load("none.json"), "no world");
            assert::raises(|| sandbox::fail("list pods", #{ status: 200 }), "must be at least 400");
        }
        "#,
    );
}

#[test]
fn unchanged_sees_what_scripts_do() {
    let ran = Mcpctl::new("test")
        .file(
            "a_test.rhai",
            r#"
            fn test_object() { assert::unchanged(|| sandbox::run("create-configmap", ["c", `{"a": "b"}`])); }
            fn test_secret() {
                let data = #{ a: "canary-secret" };
                assert::unchanged(|| secrets::apply("s", data));
            }
            fn test_file() { assert::unchanged(|| sandbox::file("x", "y")); }
            fn test_pod() { sandbox::pod(#{}); assert::unchanged(|| pods::delete(pods::list())); }
            "#,
        )
        .run()
        .code(1);
    for said in [
        "configmap/c, namespace default:",
        "before: (not there)",
        r#"after:  {"a":"b"}"#,
        "secret/s",
        "file/x",
        "deleted at",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("canary-secret"));
}

#[test]
fn sandbox_is_for_tests_and_assert_for_all() {
    Mcpctl::of(["eval", "sandbox::pod(#{})", "--sandbox"])
        .run()
        .code(1)
        .says("error: `sandbox::pod` works in tests only")
        .says("run that with `mcpctl test`");
    Mcpctl::of(["eval", "assert::equal(pods::list().len(), 3)", "--sandbox"])
        .run()
        .code(1)
        .says("error: not equal\n  actual:   9\n  expected: 3\n");
    Mcpctl::of(["eval", r#"assert::unchanged(|| fs::write("a", "b"))"#]).run().code(1).says("error: something changed");
    Mcpctl::of(["eval", r#"assert::unchanged(|| fs::exists("a"))"#]).run().code(0).stdout("false\n");
}
