//! The flags themselves: what they take, and how they go together with the other guards.

use mcpctl::allowed::Allowed;
use mcpctl::reference;

use crate::program::Mcpctl;

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
fn what_is_no_effect_is_a_usage_error() {
    eval("1").word("--allow").word("cluster: lits pods").run().code(2).says("did you mean `cluster: list pods`?");
    eval("1").word("--deny").word("file: write").run().code(2).says("did you mean `files`?");
    eval("1").word("--allow").word("").run().code(2).says("names no effect");
    eval("1").env("MCPCTL_DENY", "nonsense").run().code(2).says("no effect `nonsense`");
}
