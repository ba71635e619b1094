//! Guards of a run hold for its parts, whatever these say: scripts in the REPL, scripts of tests, completions, and what
//! the REPL keeps and shows on a terminal.

use super::Machine;
use crate::support::program::{Mcpctl, executable};
use crate::support::terminal::TerminalBuilder;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_line_of_the_repl_does_not_widen_what_its_command_line_allows() {
    let machine = Machine::new();
    machine.file("tool.rhai", "fs::write(\"made\", \"x\")");
    machine.file("pods.rhai", "pods::list().len()");
    for (guard, line) in [
        (["--allow", "cluster: list pods"], ":run tool.rhai --allow *"),
        (["--deny", "files: write"], ":run tool.rhai --allow *"),
        (["--allow-context", "other-*"], ":run pods.rhai --allow-context *"),
        (["--allow-context", "other-*"], ":run pods.rhai --context kind-guards --allow-context kind-*"),
    ] {
        let seen = machine.run("repl", line, &words(&guard), &[]);
        assert!(seen.changed.is_empty() && seen.requests.is_empty(), "{guard:?}: {seen:?}");
        assert_eq!(seen.code, 1, "{seen:?}");
    }
    let seen = machine.run("repl", ":run tool.rhai --deny 'files: *'", &words(&["--allow", "*"]), &[]);
    assert!(seen.changed.is_empty() && seen.stderr.contains("`--deny` rules out `files: *`"), "{seen:?}");
    let seen = machine.run("repl", ":run pods.rhai --allow 'cluster: list pods'", &words(&["--deny", "prompt"]), &[]);
    assert_eq!((seen.code, seen.stdout.trim()), (0, "9"), "{seen:?}");
}

#[test]
fn a_server_for_a_sandbox_is_not_started_past_a_guard() {
    let machine = Machine::new();
    for guard in [["--read-only", "-q"], ["--allow", "none"], ["--deny", "files: write"], ["--deny", "*"]] {
        for line in ["sandbox serve", "sandbox serve --kubeconfig new"] {
            let seen = machine.run(line, "", &words(&guard), &[]);
            assert!(seen.code == 1 && seen.changed.is_empty() && seen.stdout.is_empty(), "{guard:?}: {seen:?}");
        }
    }
    let seen = machine.run("sandbox serve", "", &[], &[("MCPCTL_READ_ONLY", "1")]);
    assert!(seen.code == 1 && seen.changed.is_empty(), "{seen:?}");
}

/// A completion asks for names that only the cluster knows.
fn complete(machine: &Machine, line: &[&str], variables: &[(&str, &str)]) -> super::Seen {
    let index = (line.len() - 1).to_string();
    let mut environment = vec![
        ("MCPCTL_COMPLETE", "bash"),
        ("MCPCTL_COMPLETE_WAIT", "10s"),
        ("_CLAP_IFS", "\n"),
        ("_CLAP_COMPLETE_COMP_TYPE", "9"),
        ("_CLAP_COMPLETE_INDEX", index.as_str()),
    ];
    environment.extend(variables);
    machine.run(&format!("-- {}", shlex::try_join(line.iter().copied()).unwrap()), "", &[], &environment)
}

#[test]
fn a_completion_obeys_the_guards_of_its_line_and_of_variables() {
    let machine = Machine::new();
    let line = ["mcpctl", "list", "-n", ""];
    let seen = complete(&machine, &line, &[]);
    assert!(seen.stdout.contains("default") && seen.started == ["login "], "{seen:?}");
    for flags in [
        ["--allow", "none"],
        ["--deny", "cluster: *"],
        ["--deny", "*"],
        ["--allow-context", "other-*"],
        // what cannot be understood allows nothing
        ["--deny", "clutser: *"],
    ] {
        let guarded = ["mcpctl", flags[0], flags[1], "list", "-n", ""];
        let seen = complete(&machine, &guarded, &[]);
        assert!(seen.requests.is_empty() && seen.started.is_empty() && seen.changed.is_empty(), "{flags:?}: {seen:?}");
    }
    for variable in [
        ("MCPCTL_ALLOW", "none"),
        ("MCPCTL_DENY", "cluster: list namespaces"),
        ("MCPCTL_DENY", "nonsense"),
        ("MCPCTL_ALLOW_CONTEXT", "other-*"),
        ("MCPCTL_READ_ONLY", "perhaps"),
    ] {
        let seen = complete(&machine, &line, &[variable]);
        assert!(seen.requests.is_empty() && seen.started.is_empty(), "{variable:?}: {seen:?}");
    }
    let seen = complete(&machine, &["mcpctl", "extract-data", ""], &[("MCPCTL_CATALOG", "docker://")]);
    assert!(seen.started.is_empty() && seen.changed.is_empty(), "{seen:?}");
}

#[test]
fn programs_do_not_see_the_variables_of_a_completion() {
    let machine = Machine::new();
    let login = machine.path("bin/login");
    std::fs::remove_file(&login).unwrap();
    executable(
        &login,
        "#!/bin/sh\necho \"${MCPCTL_COMPLETE-none} ${_CLAP_COMPLETE_INDEX-none} $HOME\" >> \"$MARKS\"\nexit 1\n",
    );
    let seen = complete(&machine, &["mcpctl", "list", "-n", ""], &[]);
    let home = machine.path("home").display().to_string();
    assert_eq!(seen.started, [format!("none none {home}")], "{seen:?}");
}

#[test]
fn a_simulated_cluster_in_a_file_is_not_written_by_a_run_that_is_read_only() {
    let machine = Machine::new();
    machine.run("list --sandbox=world.json", "", &[], &[]);
    for guard in [["--read-only", "-q"], ["--dry-run", "-q"]] {
        for line in ["list --sandbox=world.json", "stale 1m --yes --sandbox=world.json", "doctor --sandbox=world.json"]
        {
            let seen = machine.run(line, "", &words(&guard), &[]);
            assert!(seen.changed.is_empty(), "`{line}` with {guard:?}: {seen:?}");
        }
    }
}

#[test]
fn a_command_that_only_looks_prints_one_document_in_a_dry_run() {
    let machine = Machine::new();
    let seen = machine.run("sandbox import", "", &words(&["--dry-run"]), &[]);
    serde_json::from_str::<serde_json::Value>(&seen.stdout).unwrap();
    machine.file("a_test.rhai", "fn test_nothing() {}");
    let seen = machine.run("test -o json", "", &words(&["--dry-run"]), &[]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&seen.stdout).unwrap()[0]["result"], "passed");
}

#[test]
fn a_repl_that_is_read_only_keeps_no_lines_and_starts_no_pager() {
    for (guard, runs) in
        [("", true), (" --read-only", false), (" --deny=process:*,files:write", false), (" --allow=none", false)]
    {
        let builder =
            TerminalBuilder::new(&format!("repl --sandbox{guard}")).env("PAGER", "sh -c 'cat > paged.txt'").rows(12);
        let mut terminal = builder.start();
        terminal.line("let many = []; for n in 0..100 { many.push(n) }");
        terminal.line("many");
        assert_eq!(terminal.folder().join("paged.txt").exists(), runs, "{guard}");
        assert_eq!(terminal.folder().join(".local").exists(), runs, "{guard}");
    }
}

#[test]
fn what_is_removed_at_the_way_of_a_lock_is_a_write_too() {
    let old = ".mcpctl-0123456789abcdef";
    let run = |guard: &str| {
        let run = Mcpctl::of(["eval", "envfile::generate([\"time\"], \"prod\").len()", "--sandbox"]);
        let run = if guard.is_empty() { run } else { run.word("--deny").word(guard) }.file(old, "canary");
        let file = std::fs::File::options().append(true).open(run.folder().join(old)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3600)).unwrap();
        run.run()
    };
    assert!(run("").read(old).is_none());
    assert!(run("files: write").read(old).is_some());
}
