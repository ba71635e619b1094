//! The flags themselves: what they take, and how they go together with the other guards.

use mcpctl::allowed::Allowed;
use mcpctl::reference;

use crate::support::program::Mcpctl;

fn eval(text: &str) -> Mcpctl {
    Mcpctl::of(["eval", text])
}

#[test]
fn every_declared_effect_can_be_named() {
    for effect in reference::entries().iter().flat_map(|entry| &entry.effects) {
        let effect = effect.replace("HOST", "registry.example");
        let mut allowed = Allowed::default();
        allowed.allow(&effect, "--allow").unwrap();
        allowed.check(&effect).unwrap();
    }
}

#[test]
fn what_is_denied_is_denied_whatever_is_allowed() {
    let text = r#"fs::write("made", "x")"#;
    for run in [
        eval(text).word("--deny").word("files: write"),
        eval(text).word("--deny").word("process: run,files: *").word("--allow").word("*"),
        eval(text).env("MCPCTL_DENY", "files: write").word("--allow").word("files: write"),
    ] {
        let ran = run.run().code(1).says("refusing the effect `files: write`").says("rules out `files: ");
        assert!(ran.read("made").is_none());
    }
    eval(text).word("--deny").word("process: run").run().code(0);
    eval(text)
        .env("MCPCTL_ALLOW", "cluster: list pods")
        .run()
        .code(1)
        .says("`--allow` names `cluster: list pods` only");
}

#[test]
fn the_other_guards_hold_beside_it() {
    let text = r#"fs::write("made", "x")"#;
    eval(text).word("--allow").word("*").word("--read-only").run().code(1).says("read-only");
    eval(text).word("--dry-run").word("--allow").word("none").run().code(1).says("`files: write`");
    let delete = "pods::delete(pods::list())";
    let run = eval(delete).word("--sandbox").word("--yes").word("--deny").word("cluster: delete pods");
    let ran = run.run().code(1).says("refusing the effect `cluster: delete pods`");
    assert!(!ran.stderr.contains("changes failed"), "{}", ran.stderr);
}

#[test]
fn files_made_from_the_program_obey_the_guards() {
    for line in ["man pages", "doc --definitions pages", "new nightly", "eject list"] {
        for (guard, code) in [("--read-only", 1), ("--allow none", 1), ("--dry-run", 0)] {
            let ran = Mcpctl::new(&format!("{line} {guard}")).run().code(code);
            assert!(!ran.path("pages").exists() && !ran.path("scripts").exists(), "{line} {guard}");
            assert!(code == 1 || ran.stdout.contains("nothing was changed"), "{line}: {}", ran.stdout);
        }
    }
}

#[test]
fn read_only_lets_a_dry_run_show_its_plan_and_nothing_else() {
    let text = r#"fs::write("made", "x"); pods::delete(pods::list())"#;
    let words = ["--sandbox", "--dry-run", "--read-only"];
    let planned = words.iter().fold(eval(text), |run, word| run.word(word)).run().code(0).gives("nothing was changed");
    assert!(planned.stdout.contains("made") && planned.stdout.contains("pod/"), "{}", planned.stdout);
    assert!(planned.read("made").is_none());
    let planned = Mcpctl::new("cleanup --sandbox --dry-run").env("MCPCTL_READ_ONLY", "1").run().code(0);
    assert!(planned.stdout.contains("delete"), "{}", planned.stdout);
    eval(r#"process::run(["touch", "made"])"#).word("--dry-run").word("--read-only").run().code(1);
}

#[test]
fn what_a_flag_names_is_told_once() {
    eval(r#"fs::write("made", "x")"#)
        .word("--allow")
        .word("cluster: list pods")
        .run()
        .code(1)
        .says("`--allow` names `cluster: list pods` only");
}

#[test]
fn what_is_no_effect_is_a_usage_error() {
    eval("1").word("--allow").word("cluster: lits pods").run().code(2).says("did you mean `cluster: list pods`?");
    eval("1").word("--deny").word("file: write").run().code(2).says("did you mean `files`?");
    eval("1").word("--allow").word("").run().code(2).says("names no effect");
    eval("1").env("MCPCTL_DENY", "nonsense").run().code(2).says("no effect `nonsense`");
}

/// Inside `main` the engine keeps no position of what ends a script, and inside functions that of the outermost call.
#[test]
fn a_refusal_is_shown_with_its_place_wherever_it_happens() {
    let line = "fs::write(\"made\", \"x\")";
    let shown = |place: &str| format!(" --> {place}\n");
    for (script, place) in [
        (format!("{line};\n"), "tool.rhai:1:5"),
        (format!("fn main() {{\n  {line}\n}}"), "tool.rhai:2:7"),
        (format!("fn main() {{ help() }}\nfn help() {{\n  [1].map(|n| {line})\n}}"), "tool.rhai:3:19"),
        (format!("fn help() {{\n  {line}\n}}\nhelp();"), "tool.rhai:2:7"),
    ] {
        for flags in ["--allow none", "--read-only"] {
            let run = Mcpctl::new(&format!("run tool.rhai {flags}")).file("tool.rhai", &script);
            run.run().code(1).says("error: refusing ").says(&shown(place)).says("^^^^^");
        }
    }
    let run = Mcpctl::new("run tool.rhai --read-only").file("lib/a.rhai", &format!("\nfn f() {{ {line} }}"));
    let run = run.file("tool.rhai", "import \"lib/a\" as a;\nfn main() { a::f() }");
    run.run().code(1).says("lib/a.rhai:2:14\n");
    let ran = Mcpctl::new("stale 1m --sandbox --read-only").run().code(1);
    assert!(!ran.stderr.contains("-->"), "a shipped script: {}", ran.stderr);
}
