//! `show`, `eject`, `eject --diff` and `new`.

use crate::support::program::{Mcpctl, Ran};

fn then(line: &str, earlier: Ran) -> Ran {
    Mcpctl::new(line).after(earlier).run()
}

#[test]
fn show_prints_the_source_as_it_is() {
    let shipped = mcpctl::embedded::script("cleanup").unwrap();
    Mcpctl::new("show cleanup").run().code(0).stdout(shipped).stderr("");
    let module = mcpctl::embedded::module("provision").unwrap();
    Mcpctl::new("show std/provision").run().code(0).stdout(module);
    let own = "#!/usr/bin/env mcpctl\n//! Mine.\n1\n";
    Mcpctl::new("show scripts/mine.rhai").file("scripts/mine.rhai", own).run().code(0).stdout(own);
    Mcpctl::new("show mine").file("scripts/mine.rhai", own).run().code(0).stdout(own);
    let json = Mcpctl::new("show cleanup -o json").run().code(0).json();
    assert_eq!(json.as_str().unwrap(), shipped.trim_end());
}

#[test]
fn show_suggests_the_nearest_name() {
    Mcpctl::new("show clenup").run().code(2).says("did you mean `cleanup`?");
    Mcpctl::new("show std/provison").run().code(2).says("did you mean `std/provision`?");
    let run = Mcpctl::new("show ./prod.env").file("prod.env", "TOKEN=canary-not-shown\n").run().code(2);
    assert!(!run.stderr.contains("canary") && !run.stdout.contains("canary"), "{}", run.stderr);
}

#[test]
fn a_module_that_is_ejected_after_its_script_is_used_by_it() {
    let ran = Mcpctl::new("eject provision").run().code(0);
    let ran = then("eject std/provision", ran).code(0).stderr(
        "wrote scripts/lib/provision.rhai\n\
         scripts/provision.rhai imports it now in place of `std/provision`\n",
    );
    assert_eq!(ran.read("scripts/lib/provision.rhai").unwrap(), mcpctl::embedded::module("provision").unwrap());
    let script = ran.read("scripts/provision.rhai").unwrap();
    assert!(script.contains("import \"lib/provision\" as provision;"), "{script}");
    // the steps are there to be changed
    let module = ran.read("scripts/lib/provision.rhai").unwrap();
    std::fs::write(ran.path("scripts/lib/provision.rhai"), module.replace("ui::step(\"env\"", "ui::step(\"own\""))
        .unwrap();
    then("run scripts/provision.rhai grafana --base t --examples --sandbox --only env", ran).code(0).says("✓ own");
}

#[test]
fn a_script_that_is_ejected_after_its_module_uses_it() {
    let ran = Mcpctl::new("eject std/populate").run().code(0).says(
        "the shipped scripts go on using `std/populate`; `mcpctl eject create-configmap` makes one that uses the copy",
    );
    let ran = then("eject populate-configmap", ran)
        .code(0)
        .says("it imports your own `scripts/lib/populate.rhai` in place of `std/populate`");
    assert!(ran.read("scripts/populate-configmap.rhai").unwrap().contains("import \"lib/populate\" as populate;"));
}

#[test]
fn a_script_of_ones_own_is_named_but_not_touched() {
    let own = "import \"std/provision\" as steps;\nsteps::job([], \"b\", #{})\n";
    let ran = Mcpctl::new("eject std/provision").file("scripts/mine.rhai", own).run().code(0);
    let ran = ran.says("scripts/mine.rhai still imports `std/provision`; write `import \"lib/provision\"` there");
    assert_eq!(ran.read("scripts/mine.rhai").unwrap(), own);
}

#[test]
fn nothing_is_overwritten_and_a_dry_run_writes_nothing() {
    let ran = Mcpctl::new("eject std/provision --dry-run").run().code(0).gives("file/scripts/lib/provision.rhai");
    assert!(ran.read("scripts/lib/provision.rhai").is_none());
    let ran = then("eject std/provision", ran).code(0);
    then("eject std/provision", ran)
        .code(1)
        .says("error: `scripts/lib/provision.rhai` exists already")
        .says("hint: `mcpctl eject --diff std/provision` compares");
    Mcpctl::new("eject provison").run().code(2).says("did you mean `provision`?");
    Mcpctl::new("eject populate").run().code(2).says("did you mean `std/populate`?");
}

#[test]
fn a_difference_is_unified_and_from_the_shipped_one() {
    let ran = Mcpctl::new("eject cleanup").run().code(0);
    let ran = then("eject --diff cleanup", ran).code(0).stdout("").says("is as shipped with mcpctl");
    let text = ran.read("scripts/cleanup.rhai").unwrap();
    std::fs::write(ran.path("scripts/cleanup.rhai"), text.replace("or: \"24h\"", "or: \"48h\"")).unwrap();
    let ran = then("eject cleanup --diff", ran).code(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["--- <mcpctl>/cleanup.rhai", "+++ scripts/cleanup.rhai"]);
    let changed: Vec<&&str> = lines[2..].iter().filter(|line| line.starts_with(['-', '+'])).collect();
    assert_eq!(changed.len(), 2, "{}", ran.stdout);
    assert!(changed[0].contains("24h") && changed[1].contains("48h"), "{}", ran.stdout);
    Mcpctl::new("eject --diff list").run().code(1).says("no copy of").says("hint: `mcpctl eject list` makes one");
}

#[test]
fn the_users_own_folder_is_compared_first() {
    let test = Mcpctl::new("eject --diff list").file("mine/list.rhai", "//! Mine.\n").file("scripts/list.rhai", "1");
    let folder = test.folder().join("mine").display().to_string();
    test.env("MCPCTL_PATH", folder).run().code(0).gives("+//! Mine.").gives("mine/list.rhai");
}

#[test]
fn a_new_script_runs_and_its_test_passes() {
    let ran = Mcpctl::new("new nightly").run().code(0).says("wrote scripts/nightly.rhai and scripts/nightly_test.rhai");
    let ran = then("nightly --help", ran).code(0).gives("Usage: mcpctl nightly [OPTIONS] <OLDER-THAN> [NAMESPACE]");
    let ran = then("nightly 1d --sandbox -n mcp", ran).code(0);
    let ran = then("test scripts/nightly_test.rhai", ran).code(0);
    let ran = then("new nightly", ran).code(1).says("`scripts/nightly.rhai` exists already");
    std::fs::remove_file(ran.path("scripts/nightly.rhai")).unwrap();
    let ran = then("new nightly", ran).code(1).says("`scripts/nightly_test.rhai` exists already");
    assert!(ran.read("scripts/nightly.rhai").is_none());
}

#[test]
fn a_new_script_has_a_name_it_can_be_run_by() {
    for (name, message) in [
        ("list", "`list` is a shipped script"),
        ("eval", "`eval` is a command of mcpctl"),
        ("a_test", "`a_test` is not a valid script name"),
        ("ops/..", "`ops/..` is not a valid script name"),
        ("--", "`NAME` is missing"),
    ] {
        Mcpctl::new(&format!("new {name}")).run().code(2).says(message);
    }
    let ran = Mcpctl::new("new ops/nightly.rhai").run().code(0);
    assert!(ran.path("ops/nightly.rhai").is_file() && ran.path("ops/nightly_test.rhai").is_file());
    let ran = Mcpctl::new("new nightly --dry-run").run().code(0).gives("file/scripts/nightly.rhai");
    assert!(!ran.path("scripts").exists());
}
