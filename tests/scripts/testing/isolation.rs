//! A test of scripts is isolated from the machine: its programs, files, variables, scripts and clusters.

use std::os::unix::fs::symlink;

use crate::support::program::{Mcpctl, Ran};

/// Runs `a_test.rhai`; `FOLDER` in it is the folder of the run. A link leads out of it, and one of each kind of place of
/// the machine's own has a file.
fn test(text: &str, words: &[&str]) -> Ran {
    let run = words.iter().fold(Mcpctl::new("test"), |run, word| run.word(word));
    let folder = run.folder().display().to_string();
    let text = text.replace("FOLDER", &folder);
    run.file("a_test.rhai", &text)
        .file("outside.txt", "canary-outside")
        .file("catalog.yaml", "registry: {mine: {image: mcp/mine}}\n")
        .file("path/mine.rhai", "print(\"mine\")")
        .file("home/.config/mcpctl/scripts/own.rhai", "print(\"own\")")
        .file("home/.config/mcpctl/scripts/resolvers.rhai", "secrets::resolver(\"shelf\", |path| \"canary-book\")")
        .file("home/.docker/mcp/catalogs/c.yaml", "registry: {docker: {image: mcp/docker}}\n")
        .env("MCPCTL_PATH", format!("{folder}/path"))
        .env("CANARY", "canary-variable")
        .env("MCPCTL_NAMESPACE", "elsewhere")
        .run()
}

/// A function `test_…` for each body.
fn functions(bodies: &[&str]) -> String {
    bodies.iter().enumerate().map(|(number, body)| format!("fn test_{number}() {{ {body} }}\n")).collect()
}

#[test]
fn a_program_that_is_not_mocked_is_an_error_that_names_it() {
    let text = functions(&[
        "process::run([\"touch\", \"FOLDER/made\"])",
        "try { process::run([\"touch\", \"FOLDER/made\"]) } catch { }",
        "let ran = sandbox::run(\"./tool.rhai\", []); if ran.code != 0 { throw ran.stderr }",
        "sandbox::program(\"touch\", \"x\"); process::run([\"rm\", \"FOLDER/outside.txt\"])",
    ]);
    let run = Mcpctl::new("test");
    let folder = run.folder().display().to_string();
    let ran = run
        .file("a_test.rhai", &text.replace("FOLDER", &folder))
        .file("outside.txt", "x")
        .file("tool.rhai", &format!("process::run([\"touch\", \"{folder}/made\"])"))
        .run()
        .code(1);
    assert!(ran.stderr.contains("0 passed, 4 failed"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: refusing to run `touch`").count(), 4, "{}", ran.stderr);
    let ran = ran.says("refusing to run `rm`").says("`sandbox::program(\"rm\", \"what it prints\")`").says("--real");
    assert!(ran.read("made").is_none() && ran.read("outside.txt").is_some());
}

#[test]
fn files_outside_the_tests_folder_are_errors_that_name_the_path() {
    let text = functions(&[
        "fs::read(\"FOLDER/outside.txt\")",
        "fs::exists(\"/etc/hostname\")",
        "fs::read(\"../outside.txt\")",
        "fs::write(\"FOLDER/made\", \"x\")",
        "fs::write(\"../made\", \"x\")",
        "fs::write(\"../../../../../../tmp/canary-made\", \"x\")",
        "fs::input(\"@FOLDER/outside.txt\")",
        "envfile::read(\"FOLDER/outside.txt\")",
        "envfile::generate([\"time\"], \"FOLDER/made\")",
        "catalog::open(\"FOLDER/catalog.yaml\")",
        "catalog::open(\"FOLDER\")",
        "sandbox::variable(\"HOME\", \"FOLDER/home\"); fs::write(\"a-secret.env\", \"k=ref:shelf:book\\n\"); \
         envfile::read(\"a-secret.env\")",
        "fs::write(\"a-secret.env\", \"k=ref:file:FOLDER/outside.txt\\n\"); envfile::read(\"a-secret.env\")",
        "sandbox::load(\"FOLDER/home/world.json\")",
        "sandbox::load(\"../world.json\")",
        "throw sandbox::run(\"create-secret\", [\"s\", \"@FOLDER/outside.txt\"]).stderr",
        "throw sandbox::run(\"show-example\", [\"mine\", \"--catalog\", \"FOLDER/catalog.yaml\"]).stderr",
    ]);
    let ran = test(&text, &["-o", "json"]).code(1);
    for outcome in ran.json().as_array().unwrap() {
        let failure = &outcome["failure"];
        assert_eq!(outcome["result"], "failed", "{outcome}");
        let said = failure.to_string();
        let names = ["outside.txt", "/etc/hostname", "made", "catalog.yaml", "resolvers.rhai", "world.json"];
        let folder = ran.path("").display().to_string();
        assert!(said.contains("outside the test's folder") || said.contains("no world"), "{outcome}");
        assert!(names.iter().any(|name| said.contains(name)) || said.contains(folder.trim_end_matches('/')), "{said}");
        assert!(!said.contains("canary-outside") && !said.contains("canary-book"), "{said}");
    }
    assert!(ran.read("made").is_none() && ran.read("made-config.env").is_none());
    assert!(!std::path::Path::new("/tmp/canary-made").exists());
}

#[test]
fn a_pipe_of_the_machine_is_a_file_outside() {
    let test = "fn test_input() { throw fs::input(\"@/dev/stdin\") }\nfn test_dash() { assert::equal(fs::input(\"-\"), \"\") }";
    let ran =
        Mcpctl::new("test").file("a_test.rhai", test).input("canary-piped").run().code(1).says("1 passed, 1 failed");
    assert!(!ran.stderr.contains("canary-piped"), "{}", ran.stderr);
    ran.says("refusing to read `/dev/stdin`");
}

#[test]
fn a_world_beside_the_test_is_loaded_unless_it_is_a_link_out_of_there() {
    let outer = tempfile::tempdir().unwrap();
    let world = r#"{"mcpctl_sandbox": 1, "revision": 9, "ahead_seconds": 0, "images": [], "objects": []}"#;
    std::fs::write(outer.path().join("world.json"), world).unwrap();
    let run = Mcpctl::new("test tests")
        .file(
            "tests/a_test.rhai",
            "fn test_a() { sandbox::load(\"worlds/w.json\") }\nfn test_b() { sandbox::load(\"link.json\") }",
        )
        .file("tests/worlds/w.json", world);
    symlink(outer.path().join("world.json"), run.folder().join("tests/link.json")).unwrap();
    let ran = run.run().code(1).says("1 passed, 1 failed").says("refusing to read").says("link.json");
    assert!(ran.stdout.contains("✓ test_a"), "{}", ran.stdout);
}

#[test]
fn what_the_machine_has_is_not_there_in_a_test() {
    let text = functions(&[
        "assert::raises(|| sandbox::run(\"mine\", []), \"no script `mine`\")",
        "assert::raises(|| sandbox::run(\"own\", []), \"no script `own`\")",
        "assert::is_false(catalog::servers(\"\").map(|server| server.name).contains(\"docker\"))",
        "fs::write(\"a-secret.env\", \"k=ref:env:CANARY\\n\"); assert::raises(|| envfile::read(\"a-secret.env\"), \"not set\")",
        "assert::equal(cluster::namespace(), \"default\")",
        "assert::raises(|| catalog::open(\"https://127.0.0.1:1/c.yaml\"))",
        "assert::raises(|| catalog::open(\"docker://\"))",
    ]);
    let ran = test(&text, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn what_a_test_needs_beside_it_is_there() {
    let ran = Mcpctl::new("test tests")
        .file("tests/lib/words.rhai", "fn word() { \"hello\" }")
        .file("tests/beside.rhai", "import \"lib/words\" as words;\nfs::write(\"note\", words::word()); fs::read(\"note\")")
        .file("scripts/project.rhai", "print(\"project\")")
        .file("other/above.rhai", "print(\"above\")")
        .file(
            "tests/a_test.rhai",
            "import \"lib/words\" as words;\n\
             fn test_beside() { assert::equal(sandbox::run(\"beside\", []).value, words::word()) }\n\
             fn test_of_the_project() { assert::equal(sandbox::run(\"project\", []).stdout, \"project\\n\") }\n\
             fn test_by_path() { assert::equal(sandbox::run(\"../other/above.rhai\", []).stdout, \"above\\n\") }\n\
             fn test_in_its_folder() { fs::write(\"x\", \"1\"); sandbox::file(\"a/b\", \"2\"); assert::equal(fs::read(\"./a/../a/b\"), \"2\") }\n",
        )
        .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

const REAL: [&str; 4] = [
    "assert::equal(process::run([\"echo\", \"hello\"]).stdout, \"hello\\n\")",
    "assert::equal(fs::read(\"FOLDER/outside.txt\"), \"canary-outside\")",
    "fs::write(\"FOLDER/made\", \"x\")",
    "assert::equal(sandbox::run(\"mine\", []).stdout, \"mine\\n\"); assert::equal(cluster::context(), \"sandbox\")",
];

#[test]
fn real_lets_tests_use_the_machine_but_for_its_clusters_and_networks() {
    let ran = test(&functions(&REAL), &["--real"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.read("made").as_deref(), Some("x"));
    let text = functions(&["assert::raises(|| catalog::open(\"https://127.0.0.1:1/c.yaml\"), \"no catalog is read\")"]);
    test(&text, &["--real"]).code(0);
}

#[test]
fn real_with_a_guard_reads_and_nothing_more() {
    for (words, variable) in
        [(vec!["--real", "--read-only"], ""), (vec!["--real", "--dry-run"], ""), (vec!["--real"], "1")]
    {
        let run = words.iter().fold(Mcpctl::new("test"), |run, word| run.word(word));
        let folder = run.folder().display().to_string();
        let ran = run
            .env("MCPCTL_READ_ONLY", variable)
            .file("a_test.rhai", &functions(&REAL[..3]).replace("FOLDER", &folder))
            .file("outside.txt", "canary-outside")
            .run()
            .code(1)
            .says("1 passed, 2 failed")
            .says("refusing to run `echo`")
            .says("refusing to write `");
        assert!(ran.stdout.contains("✓ test_1") && ran.read("made").is_none(), "{}", ran.stdout);
    }
}

#[test]
fn the_simulated_cluster_is_no_change_for_a_guard() {
    let text = functions(&[
        "sandbox::pod(#{ age: \"2d\" }); assert::equal(sandbox::run(\"stale\", [\"24h\", \"--yes\"]).value.len(), 1)",
        "configmaps::apply(\"c\", #{ A: \"1\" }); assert::equal(sandbox::object(\"configmap\", \"c\").data.A, \"1\")",
        "fs::write(\"note\", \"x\")",
    ]);
    for words in [["--read-only", "-q"], ["--dry-run", "-q"]] {
        let ran = test(&text, &words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
}

#[test]
fn the_limits_of_the_command_line_hold_beside_those_of_the_scripts_own_line() {
    let text = functions(&[
        "let ran = sandbox::run(\"list\", [\"--deny\", \"cluster: list pods\"]); assert::contains(ran.error, \"list pods\")",
        "let ran = sandbox::run(\"list\", [\"--context\", \"prod\"]); assert::contains(ran.error, \"`prod` is not allowed\")",
        "let ran = sandbox::run(\"list\", [\"--context\", \"prod\", \"--allow-context\", \"*\"]); assert::equal(ran.code, 1)",
        "assert::equal(sandbox::run(\"list\", [\"--context\", \"kind-a\"]).code, 0)",
    ]);
    let ran = test(&text, &["--deny", "process: *", "--allow-context", "kind-*"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
