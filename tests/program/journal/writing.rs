//! What gets into the journal, and what a journal that cannot be written does to a run.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::program::{Mcpctl, Ran, signal};

const JOURNAL: &str = "home/.local/state/mcpctl/journal.jsonl";

/// The lines of the journal that a run left behind.
fn lines(ran: &Ran) -> Vec<Value> {
    let text = ran.read(JOURNAL).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn eval(text: &str) -> Mcpctl {
    Mcpctl::of(["eval", text])
}

#[test]
fn each_change_is_a_line_that_only_its_owner_can_read() {
    let text = r#"fs::write("a.txt", "1"); fs::write("a.txt", "1"); fs::read("a.txt"); process::run(["true"]).code"#;
    let ran = eval(text).run().code(0);
    let lines = lines(&ran);
    let seen: Vec<String> =
        lines.iter().map(|line| format!("{} {} {}", line["action"], line["kind"], line["result"])).collect();
    assert_eq!(seen, [r#""write" "file" "created""#, r#""run" "program" "run""#]);
    assert_eq!((&lines[0]["script"], &lines[0]["run"]), (&"eval".into(), &lines[1]["run"]));
    assert_eq!(lines[0]["name"], std::fs::canonicalize(ran.path("a.txt")).unwrap().display().to_string());
    assert!(lines[0]["time"].as_str().unwrap().ends_with('Z'));
    let mode = |path: &str| std::fs::metadata(ran.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(JOURNAL), mode("home/.local/state/mcpctl")), (0o600, 0o700));
}

#[test]
fn keys_are_named_and_no_value_is_in_it() {
    let run = Mcpctl::new("provision grafana --base prod --only env,values --set grafana.api_key=@key --set grafana.url=http://canary-host")
        .file("key", "canary-journal-key")
        .file("catalog.yaml", include_str!("../../../src/sandbox/demo/catalog.yaml"))
        .env("MCPCTL_CATALOG", "catalog.yaml");
    let ran = run.run().code(0);
    let text = ran.read(JOURNAL).unwrap();
    assert!(!text.contains("canary"), "{text}");
    let lines = lines(&ran);
    let keys: Vec<&Value> = lines.iter().flat_map(|line| line["changed"].as_array().into_iter().flatten()).collect();
    assert!(keys.contains(&&"grafana.api_key".into()) && keys.contains(&&"grafana.url".into()), "{text}");
    assert!(lines.iter().all(|line| line["script"] == "provision"), "{text}");
}

#[test]
fn a_program_that_cannot_be_started_and_one_that_is_cut_off_are_in_it() {
    let ran = eval(r#"try { process::run(["no-such-program"]); } catch {} 1"#).run();
    let lines = lines(&ran);
    assert_eq!((lines.len(), &lines[0]["result"]), (1, &"failed".into()));
    assert_eq!(lines[0]["reason"], "cannot start `no-such-program`: no such program on the PATH");

    let run = eval(r#"fs::write("a.txt", "1"); process::run(["sh", "-c", "touch begun; exec sleep 60"]);"#);
    let child = run.start();
    let begun = std::time::Instant::now();
    while !run.folder().join("begun").exists() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "it never began");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    signal(&child, Signal::SIGINT);
    let ran = run.end_of(child).code(130);
    let results: Vec<Value> = self::lines(&ran).iter().map(|line| line["result"].clone()).collect();
    assert_eq!(results, ["created", "unknown"]);
}

#[test]
fn what_is_not_for_real_or_not_wanted_is_not_in_it() {
    let text = r#"fs::write("a.txt", "1")"#;
    for run in [
        eval(text).word("--dry-run"),
        eval(text).word("--sandbox"),
        eval(text).word("--no-journal"),
        eval(text).env("MCPCTL_NO_JOURNAL", "1"),
        eval(text).env("MCPCTL_SANDBOX", "world.json"),
        eval("1 + 1"),
    ] {
        assert_eq!(run.run().code(0).read(JOURNAL), None);
    }
    eval(text).env("MCPCTL_NO_JOURNAL", "perhaps").run().code(2).says("MCPCTL_NO_JOURNAL");
}

#[test]
fn a_journal_that_cannot_be_written_is_a_warning_and_the_work_is_done() {
    let text = r#"fs::write("a.txt", "1"); fs::write("b.txt", "1"); "done""#;
    let no_folder = eval(text).file("state", "a file").env("XDG_STATE_HOME", "/proc/nowhere");
    let folder = eval(text).file("home/.local/state/mcpctl/journal.jsonl/x", "the journal is a folder");
    for run in [no_folder, folder] {
        let ran = run.run().code(0).stdout("done\n").says("warning: cannot write the journal");
        assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("--no-journal") && ran.read("b.txt").is_some());
    }
    let ran = eval(text).env("XDG_STATE_HOME", "/dev/full").run().code(0).says("cannot write the journal");
    assert!(ran.read("b.txt").is_some());
}

#[test]
fn runs_at_once_write_whole_lines() {
    let shared = tempfile::tempdir().unwrap();
    let state = shared.path().display().to_string();
    let text = r#"for n in 0..50 { fs::write(`f${n}`, "1"); }"#;
    let runs: Vec<Mcpctl> = (0..4).map(|_| eval(text).env("XDG_STATE_HOME", state.clone())).collect();
    let children: Vec<_> = runs.iter().map(Mcpctl::start).collect();
    for (run, child) in runs.into_iter().zip(children) {
        run.end_of(child).code(0).stderr("");
    }
    let text = std::fs::read_to_string(shared.path().join("mcpctl/journal.jsonl")).unwrap();
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 200);
}

#[test]
fn each_line_of_a_sitting_is_a_run_of_its_own() {
    let lines = "fs::write(\"a\", \"1\")\nfs::write(\"a\", \"2\")\n:dry-run on\nfs::write(\"a\", \"3\")\n:dry-run off\nfs::write(\"a\", \"4\")\n";
    let ran = Mcpctl::new("repl").input(lines).run().code(0);
    let lines = self::lines(&ran);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line["script"] == "repl"));
    assert_ne!(lines[0]["run"], lines[1]["run"]);
}
