//! A dry run on the real server: nothing moves, nothing goes, no file is written.

use serde_json::json;

use super::pod::{SESSION, age_beyond, foreign_pod, gateway_pods};
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};
use crate::support::recording_proxy::Proxy;

/// Asserts that lines in a dry run change nothing, and that what is sent is marked for the server.
fn changes_nothing(place: &Place, lines: &[(&[&str], i32, &str)]) {
    let before = place.snapshot();
    let proxy = Proxy::new();
    for (words, code, plan) in lines {
        let run = place.words(words).word("--dry-run");
        let run = run.env("KUBECONFIG", proxy.kubeconfig().display().to_string());
        let ran = run.run().code(*code).gives("plan (nothing was changed)").gives(plan);
        let files: Vec<_> = std::fs::read_dir(ran.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["home"], "{words:?} wrote files");
        assert_eq!(std::fs::read_dir(ran.path("home")).unwrap().count(), 0, "{words:?} wrote at home");
    }
    for change in proxy.changes() {
        assert!(change.starts_with("DELETE ") || change.contains("dryRun=All"), "{change}");
    }
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn deletions_are_planned_and_nothing_goes() {
    let place = Place::new("dry-pods");
    place.create_all("pods", &gateway_pods("dry", 3, SESSION));
    place.create("pods", &foreign_pod("foreign", SESSION));
    age_beyond(1);
    let plan = "1  delete  pod/mcp-dry-0000";
    changes_nothing(
        &place,
        &[
            (&["session", SESSION], 0, plan),
            (&["session", SESSION, "--wait", "--yes"], 0, plan),
            (&["stale", "1s"], 0, plan),
            (&["cleanup", "--idle", "1s"], 0, plan),
        ],
    );
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn changes_of_objects_are_planned_key_by_key() {
    let place = Place::new("dry-objects");
    place.eval_as(User::Admin, "configmaps::apply(\"c\", #{ a: \"1\", gone: \"1\" })").run().code(0);
    place.create("secrets", &json!({"metadata": {"name": "s"}, "data": {"a": "MQ=="}}));
    let run =
        place.eval_as(User::Admin, "configmaps::apply(\"c\", #{ a: \"2\", fresh: \"3\" })").word("--dry-run").run();
    let run = run.code(0).gives("change  configmap/c");
    for key in ["+ fresh", "~ a", "- gone"] {
        assert!(run.stdout.contains(key), "{key}\n{}", run.stdout);
    }
    changes_nothing(
        &place,
        &[
            (&["eval", "configmaps::apply(\"c\", #{ a: \"2\" })"], 0, "configmap/c"),
            (&["eval", "configmaps::apply(\"new\", #{ a: \"2\" })"], 0, "create  configmap/new"),
            (&["eval", "secrets::apply(\"s\", #{ b: \"canary-dry\" })"], 0, "secret/s"),
            (&["eval", "configmaps::delete(\"c\")"], 0, "delete  configmap/c"),
            (&["eval", "fs::write(\"x\", \"text\"); configmaps::apply(\"c\", #{ a: \"2\" })"], 0, "configmap/c"),
        ],
    );
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn every_script_has_a_dry_run_that_touches_nothing() {
    let place = Place::new("dry-scripts");
    place.create_all("pods", &gateway_pods("dry", 2, SESSION));
    place.eval_as(User::Admin, "configmaps::apply(\"there\", #{ a: \"1\" })").run().code(0);
    place.eval_as(User::Admin, "secrets::apply(\"kept\", #{ a: \"canary-kept\" })").run().code(0);
    let lines: &[(&str, &[&str], i32)] = &[
        ("list", &[], 0),
        ("set-secret", &["kept", "a", "@data.json"], 0),
        ("verify", &["grafana"], 0),
        // no base was made
        ("diff", &["none"], 1),
        ("gateway", &["none"], 1),
        ("session", &[SESSION], 0),
        ("sessions", &[], 0),
        ("stale", &["1s"], 0),
        ("cleanup", &["--idle", "1s"], 0),
        ("servers", &[], 0),
        ("status", &["--watch"], 0),
        // whether the pods have run is the node's affair
        ("logs", &["none", "-f"], 1),
        ("extract-data", &["grafana"], 0),
        ("show-example", &["grafana"], 0),
        ("generate-env", &["grafana", "new"], 0),
        ("create-configmap", &["new", "{\"a\": \"1\"}"], 0),
        ("create-secret", &["new", "@data.json"], 0),
        ("populate-configmap", &["own.env", "there"], 0),
        ("populate-secret", &["own.env", "new"], 0),
        ("provision", &["grafana", "--base", "new"], 4),
        ("provision", &["grafana", "--base", "new", "--examples"], 0),
    ];
    let scripts = place.mcpctl("scripts -o json").run().code(0).json();
    for script in scripts.as_array().unwrap() {
        let name = script["name"].as_str().unwrap();
        assert!(lines.iter().any(|(line, ..)| *line == name), "`{name}` has no line here");
    }
    age_beyond(1);
    let before = place.snapshot();
    for (script, words, code) in lines {
        let run = place.words(&[&[*script, "--dry-run"], *words].concat());
        let run = with_catalog(run).file("own.env", "A=1\n").file("data.json", "{\"a\": \"canary-dry\"}");
        let ran = run.run().code(*code);
        assert!(!ran.stdout.contains("canary-dry") && !ran.stderr.contains("canary-dry"), "{script}: {}", ran.stdout);
        let mut files: Vec<_> =
            std::fs::read_dir(ran.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["catalog.yaml", "data.json", "home", "own.env"], "{script} wrote files");
        assert_eq!(std::fs::read_dir(ran.path("home")).unwrap().count(), 0, "{script} wrote at home");
        assert_eq!(place.snapshot(), before, "{script}");
    }
}
