//! Ways around `--allow`, each of which ends the run before the deed.

use crate::support::program::{Mcpctl, Ran};

const NARROW: &str = "cluster: list pods";

/// Runs a script that may list pods and nothing else; the file `victim` and the program `touched` tell of misdeeds.
fn narrow(script: &str) -> Mcpctl {
    Mcpctl::new("run tool.rhai --sandbox=world.json --yes --allow")
        .word(NARROW)
        .file("tool.rhai", script)
        .file("victim", "canary-victim")
        .file(".env", "MCPCTL_BASE=canary-base\n")
}

#[track_caller]
fn refused(script: &str, effect: &str) -> Ran {
    let ran = narrow(script).run().code(1);
    let message = format!("error: refusing the effect `{effect}`\ncause: `--allow` names `{NARROW}` only");
    assert!(ran.stderr.starts_with(&message), "{script}\n{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("`--allow '{effect}'`")), "{}", ran.stderr);
    assert_eq!(ran.read("victim").as_deref(), Some("canary-victim"), "{script}");
    assert!(ran.read("made").is_none() && ran.read("touched").is_none(), "{script}");
    assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary-victim"), "{script}\n{}", ran.stdout);
    ran
}

#[test]
fn what_is_allowed_works_and_printing_is_free() {
    let script = r#"print("hello"); ui::info("there"); print(time::format(60)); pods::list(#{ all_namespaces: true }).len() > 0"#;
    narrow(script).run().code(0).stdout("hello\n60s\ntrue\n").says("there");
    let nothing = Mcpctl::of(["eval", "print(1); 1 + 1", "--allow", "none"]).run().code(0);
    assert_eq!(nothing.stdout, "1\n2\n");
}

#[test]
fn plain_calls() {
    for (script, effect) in [
        (r#"fs::write("made", "x")"#, "files: write"),
        (r#"print(fs::read("victim"))"#, "files: read"),
        (r#"print(fs::exists("victim"))"#, "files: read"),
        (r#"print(fs::input("@victim"))"#, "files: read"),
        (r#"process::run(["touch", "touched"])"#, "process: run"),
        (r#"pods::delete(pods::list())"#, "cluster: delete pods"),
        (r#"configmaps::delete("x")"#, "cluster: delete configmaps"),
        (r#"pods::logs("x")"#, "cluster: get pods"),
        (r#"configmaps::apply("made", #{ A: "1" })"#, "cluster: get configmaps"),
        (r#"secrets::list()"#, "cluster: list secrets"),
        (r#"ui::ask("your password?")"#, "prompt"),
        (r#"ui::ask_secret("your password?")"#, "prompt"),
        (r#"ui::confirm("go on?")"#, "prompt"),
        (r#"ui::choose("which?", ["a"])"#, "prompt"),
        (r#"catalog::open()"#, "files: read"),
        (r#"catalog::open("victim")"#, "files: read"),
        (r#"catalog::servers()"#, "files: read"),
        (r#"envfile::read("victim")"#, "files: read"),
        (r#"envfile::environment(["grafana"])"#, "environment: read"),
        (r#"images::pull(["busybox"])"#, "images: read"),
        (r#"images::present("busybox")"#, "images: read"),
        (r#"cluster::can("get", "secrets")"#, "cluster: create selfsubjectaccessreviews"),
        (r#"cluster::namespaces()"#, "cluster: list namespaces"),
        (r#"cluster::version()"#, "cluster: get /version"),
    ] {
        refused(script, effect);
    }
}

#[test]
fn nothing_catches_it() {
    for script in [
        r#"try { fs::write("made", "x"); } catch { } print("on")"#,
        r#"loop { try { fs::write("made", "x"); } catch (e) { print(e.message); } }"#,
        r#"fn f() { try { fs::write("made", "x"); } catch { } } f(); f();"#,
        r#"try { try { fs::write("made", "x"); } catch { fs::write("made", "y"); } } catch { } exit(0)"#,
    ] {
        assert_eq!(refused(script, "files: write").stdout, "");
    }
}

#[test]
fn no_indirect_call_gets_around_it() {
    for script in [
        r#"let f = || fs::write("made", "x"); f.call()"#,
        r#"[1, 2].map(|n| fs::write("made", `${n}`))"#,
        r#"[2, 1].filter(|n| { fs::write("made", "x"); true })"#,
        r#"fn inner(p) { fs::write(p, "x") } let f = Fn("inner"); f.call("made")"#,
        r#"let f = |a, b| fs::write(a, b); f.curry("made").call("x")"#,
        r#"print(`${fs::write("made", "x")}`)"#,
        r#"let m = #{ f: |p| fs::write(p, "x") }; m.f.call("made")"#,
        r#"const PARAMS = []; fn main() { helper() } fn helper() { fs::write("made", "x") }"#,
    ] {
        refused(script, "files: write");
    }
}

#[test]
fn a_sort_that_swallows_the_error_ends_in_it_all_the_same() {
    let script = r#"let a = [2, 1, 3]; a.sort(|x, y| { fs::write("made", "x"); x - y }); print("on"); exit(0)"#;
    let ran = narrow(script).run().code(1);
    assert!(ran.stderr.contains("refusing the effect `files: write`") && ran.read("made").is_none());
    let script = r#"let a = [2, 1]; a.sort(|x, y| { fs::write("made", "x"); x - y }); pods::list().len()"#;
    assert_eq!(narrow(script).run().code(1).stdout, "");
}

#[test]
fn imports_and_std_modules_are_held_to_it() {
    let run = narrow(r#"import "lib/evil" as tidy; tidy::up()"#)
        .file("lib/evil.rhai", r#"fn up() { fs::write("made", "x") }"#);
    let ran = run.run().code(1).says("refusing the effect `files: write`");
    assert!(ran.read("made").is_none());
    let run =
        narrow(r#"import "lib/evil" as tidy; 1"#).file("lib/evil.rhai", r#"fs::write("made", "x"); fn up() { 1 }"#);
    let ran = run.run().code(1).says("refusing the effect `files: write`");
    assert!(ran.read("made").is_none());
    refused(r#"import "std/provision" as p; p::job(["grafana"], "prod", #{})"#, "files: read");
    let script =
        r#"import "std/populate" as p; p::data("victim", #{ keys_only: true, skip_missing: true, allow_env: [] })"#;
    refused(script, "files: read");
}

#[test]
fn parameters_are_no_way_in() {
    let head = |param: &str| format!("const PARAMS = [{param}];\nfn main(args) {{ print(`${{args.x}}`); }}");
    let secret = head(r#"#{ name: "x", help: "h", kind: "secret", option: true }"#);
    let ran = narrow(&secret).word("--x").word("@victim").run().code(1).says("refusing the effect `files: read`");
    assert_eq!(ran.stdout, "");
    let variable = head(r#"#{ name: "x", help: "h", option: true, or: "", env: "MCPCTL_TOOL_X" }"#);
    let ran = narrow(&variable).env("MCPCTL_TOOL_X", "canary-x").run().code(1);
    assert!(ran.stderr.contains("`environment: read`") && ran.stdout.is_empty(), "{}", ran.stderr);
    let folder = head(r#"#{ name: "x", help: "h", option: true, or: "", env: "MCPCTL_BASE" }"#);
    refused(&folder, "environment: read");
}

#[test]
fn catalogs_from_anywhere_are_files_or_programs() {
    let catalog = "registry: {}\n";
    let run = narrow("catalog::servers()").file("c.yaml", catalog).word("--catalog").word("c.yaml");
    run.run().code(1).says("refusing the effect `files: read`");
    let run = Mcpctl::of(["eval", "catalog::servers()", "--allow", "files: read"]).env("DOCKER_CONFIG", "/nowhere");
    run.run().code(1).says("refusing the effect `process: read`");
}

#[test]
fn a_line_of_a_sitting_is_held_to_it_and_so_is_what_it_runs() {
    let lines = "fs::write(\"made\", \"x\")\nlet n = pods::list().len(); n >= 0\n:run tool.rhai\n:save saved\n";
    let run =
        Mcpctl::new("repl --sandbox --allow").word(NARROW).input(lines).file("tool.rhai", r#"fs::write("made", "x")"#);
    let ran = run.run();
    assert_eq!(ran.stderr.matches("refusing the effect").count(), 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("true") && ran.read("made").is_none() && ran.read("saved.rhai").is_none());
}

#[test]
fn a_test_and_what_it_runs_are_held_to_it() {
    let test = r#"fn test_evil() { process::run(["touch", "touched"]) }
fn test_runs_evil() { assert::equal(sandbox::run("./evil.rhai", ["--allow", "*"]).code, 0) }"#;
    let run = Mcpctl::new("test --allow")
        .word(NARROW)
        .file("evil_test.rhai", test)
        .file("evil.rhai", r#"process::run(["touch", "touched"])"#);
    let ran = run.run().code(1);
    assert!(ran.stderr.contains("refusing the effect `process: run`") && ran.read("touched").is_none());
    assert!(ran.stderr.contains("0 passed, 2 failed"), "{}", ran.stderr);
}

#[test]
fn a_new_object_needs_the_right_to_create() {
    let effects = "cluster: get configmaps, cluster: patch configmaps";
    let words = |text: &str| Mcpctl::of(["eval", text, "--sandbox=world.json", "--allow", effects]);
    let ran = words(r#"configmaps::apply("made", #{ A: "1" })"#).run().code(1);
    assert!(ran.stderr.contains("refusing the effect `cluster: create configmaps`"), "{}", ran.stderr);
    let run = Mcpctl::of(["eval", r#"configmaps::apply("made", #{ A: "1" }); 1"#, "--sandbox=world.json"]).after(ran);
    let ran = run.run().code(0);
    let ran = words(r#"configmaps::apply("made", #{ A: "2" }).result"#).after(ran).run().code(0);
    assert_eq!(ran.stdout, "configured\n");
}
