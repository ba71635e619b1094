//! `mcpctl history`: filters and forms.

use crate::support::program::{Mcpctl, Ran};

const OLD: &str = "home/.local/state/mcpctl/journal.1.jsonl";
const JOURNAL: &str = "home/.local/state/mcpctl/journal.jsonl";

fn line(time: &str, run: &str, script: &str, object: &str, place: &str, result: &str) -> String {
    let ((kind, name), (context, namespace)) = (object.split_once('/').unwrap(), place.split_once('/').unwrap());
    format!(
        r#"{{"time":"{time}","run":"{run}","context":"{context}","namespace":"{namespace}","script":"{script}","action":"change","kind":"{kind}","name":"{name}","result":"{result}","changed":["k"],"reason":"because"}}"#
    ) + "\n"
}

fn history(words: &str) -> Ran {
    let now = jiff::Timestamp::now();
    let ago = |hours: i64| (now - jiff::SignedDuration::from_hours(hours)).to_string();
    let old = line(&ago(50), "r0", "cleanup", "pod/old", "prod/mcp", "deleted");
    let new = [
        line(&ago(30), "r1", "provision", "secret/keys", "prod/mcp", "failed"),
        line(&ago(30), "r1", "provision", "secret/keys", "prod/mcp", "configured"),
        line(&ago(20), "r2", "eval", "configmap/keys", "dev/other", "failed"),
        "half a li\n".to_owned(),
        line(&ago(1), "r3", "provision", "pod/\\u001b[31mred", "dev/mcp", "unknown"),
    ];
    Mcpctl::new(&format!("history {words}"))
        .file(OLD, &old)
        .file(JOURNAL, &new.concat())
        .env("MCPCTL_CONTEXT", "elsewhere")
        .env("MCPCTL_NAMESPACE", "elsewhere")
        .run()
        .code(0)
        .says("1 line of")
}

fn found(words: &str) -> Vec<String> {
    let ran = history(&format!("{words} -o json"));
    ran.json()
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["run"].as_str().unwrap(), entry["result"].as_str().unwrap()))
        .collect()
}

#[test]
fn filters_are_joined_and_the_last_outcome_counts() {
    assert_eq!(found(""), ["r0 deleted", "r1 configured", "r2 failed", "r3 unknown"]);
    assert_eq!(found("--since 40h"), ["r1 configured", "r2 failed", "r3 unknown"]);
    assert_eq!(found("--script provision"), ["r1 configured", "r3 unknown"]);
    assert_eq!(found("-n mcp --context prod"), ["r0 deleted", "r1 configured"]);
    assert_eq!(found("--object keys"), ["r1 configured", "r2 failed"]);
    assert_eq!(found("--object secret/*"), ["r1 configured"]);
    assert_eq!(found("--failed"), ["r2 failed", "r3 unknown"]);
    assert_eq!(found("--failed --since 30m"), [] as [&str; 0]);
}

#[test]
fn what_one_run_did_to_an_object_step_by_step_is_all_there() {
    let step = |keys: &str, result: &str| {
        let line = line("2026-01-01T00:00:00Z", "r1", "eval", "configmap/keys", "dev/mcp", result);
        line.replace(r#""changed":["k"]"#, keys)
    };
    let steps = [
        step(r#""added":["A"]"#, "created"),
        step(r#""added":["B"]"#, "unknown"),
        step(r#""added":["B"]"#, "configured"),
        step(r#""changed":["B"],"removed":["A"]"#, "configured"),
    ];
    let ran = Mcpctl::new("history -o wide").file(JOURNAL, &steps.concat()).run().code(0);
    let shown: Vec<Vec<&str>> =
        ran.stdout.lines().skip(1).map(|line| line.split_whitespace().skip(5).collect()).collect();
    assert_eq!(
        shown,
        [
            vec!["created", "+A", "because"],
            vec!["configured", "+B", "because"],
            vec!["configured", "~B", "-A", "because"]
        ]
    );
}

#[test]
fn the_table_is_for_people() {
    let ran = history("--object secret/keys -o wide");
    let rows: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["WHEN", "CONTEXT", "NAMESPACE", "SCRIPT", "OBJECT", "RESULT", "KEYS", "REASON"]);
    assert_eq!(rows[1][1..], ["prod", "mcp", "provision", "secret/keys", "configured", "~k", "because"]);
    let ran = history("--object *red*");
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.contains("red"), "{}", ran.stdout);
}

#[test]
fn no_journal_is_an_empty_list() {
    Mcpctl::new("history").run().code(0).stdout("").stderr("no matching journal entries\n");
    Mcpctl::new("history -o json").run().code(0).stdout("[]\n").stderr("");
    Mcpctl::new("history --since 5").run().code(2);
}
