//! Every shipped script.

use mcpctl::embedded;
use mcpctl::script::reach::Reach;
use mcpctl::script::resolve::Places;
use serde_json::json;

use super::{Act, Machine, assert_none, judge};

use Act::{Asks, Changes, Engine, Starts, Writes};

/// A command line for each script, the effects that its arguments have beside those of the script, and what is seen of it
/// without a guard.
const CASES: [(&str, &str, &[&str], &[Act]); 21] = [
    ("cleanup", "cleanup --idle 1h --running --yes", &[], &[Changes, Asks, Writes]),
    ("create-configmap", "create-configmap made '{\"A\": \"1\"}'", &[], &[Changes, Asks, Writes]),
    ("create-secret", "create-secret made @data.json", &["files: read"], &[Changes, Asks, Writes]),
    ("diff", "diff prod", &[], &[Asks]),
    ("extract-data", "extract-data grafana", &[], &[]),
    ("gateway", "gateway prod", &[], &[Changes, Starts, Asks]),
    ("generate-env", "generate-env time,grafana new", &[], &[Changes]),
    ("list", "list -o wide", &[], &[Asks]),
    ("logs", "logs grafana", &[], &[Asks]),
    ("populate-configmap", "populate-configmap own.env made --keys-only", &[], &[Changes, Asks, Writes]),
    ("populate-secret", "populate-secret prod-secret.env made --keys-only", &[], &[Changes, Asks, Writes]),
    ("provision", "provision grafana,time --base prod --yes", &[], &[Changes, Starts, Asks, Writes, Engine]),
    ("servers", "servers", &[], &[]),
    ("session", "session SESSION --yes", &[], &[Changes, Asks, Writes]),
    ("sessions", "sessions", &[], &[Asks]),
    ("set-secret", "set-secret keys token @token.txt", &["files: read"], &[Changes, Asks, Writes]),
    ("show-example", "show-example grafana", &[], &[]),
    ("stale", "stale 1m --yes", &[], &[Changes, Asks, Writes]),
    ("status", "status", &[], &[Asks, Engine]),
    ("verify", "verify time --timeout 20s", &[], &[Changes, Asks, Writes]),
    (
        "servers over a network",
        "servers --catalog http://WEB/c.yaml",
        &["network: 127.0.0.1"],
        &[Changes, Act::Fetches],
    ),
];

#[test]
fn every_shipped_script_has_a_case() {
    let names = embedded::script_names();
    let wrong: Vec<String> = names
        .iter()
        .filter(|name| !CASES.iter().any(|(case, ..)| case == *name))
        .map(|name| format!("no case for the script `{name}`"))
        .collect();
    assert_none(&wrong);
}

fn machine() -> Machine {
    let machine = Machine::new();
    machine.file("data.json", r#"{"token": "canary-token"}"#);
    machine.file("own.env", "A=1\n");
    let keys = json!({ "kind": "Secret", "metadata": { "name": "keys", "namespace": "default" }, "data": {} });
    machine.world().insert(keys).unwrap();
    machine
}

#[test]
fn no_shipped_script_does_what_a_guard_rules_out() {
    let mut wrong = Vec::new();
    for (name, line, of_arguments, acts) in CASES {
        let session = "mcp-gateway-0c11d2e3";
        let script = Places::default().find(line.split(' ').next().unwrap()).unwrap();
        let mut effects: Vec<String> = Reach::of(&script).unwrap().effects.into_iter().collect();
        effects.retain(|effect| effect != "output");
        effects.extend(of_arguments.iter().map(|effect| (*effect).to_owned()));
        effects.sort();
        effects.dedup();
        effects.iter_mut().for_each(|effect| *effect = effect.replace("HOST", "127.0.0.1"));
        let line = line.replace("SESSION", session);
        let line = if line.contains("--catalog") { line } else { format!("{line} --catalog catalog.yaml") };
        let found = judge(&machine, &line, "", &effects, acts, false);
        wrong.extend(found.into_iter().map(|found| format!("{name}: {found}")));
    }
    assert_none(&wrong);
}
