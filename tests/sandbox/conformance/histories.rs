//! Random histories of one object: after each step the sandbox and the real API server must have answered
//! the same and must hold the same, owners included.

use serde_json::{Map, Value, json};

use super::request::{Answer, Api, revision};

/// How many objects live through a history, and how many steps each has.
const HISTORIES: u64 = 150;
const STEPS: usize = 14;

/// One step of a history.
#[derive(Debug, Clone)]
struct Step {
    method: &'static str,
    query: String,
    media_type: &'static str,
    body: Value,
}

/// Lives all histories and gives the first difference of each that has one.
pub(super) async fn differences(real: &Api, sandbox: &Api) -> Vec<String> {
    let mut differences = Vec::new();
    for seed in 0..HISTORIES {
        let mut random = fastrand::Rng::with_seed(seed);
        let plural = if random.bool() { "configmaps" } else { "secrets" };
        let name = format!("object-{seed}");
        let mut before = [Value::Null, Value::Null];
        let mut told = Vec::new();
        for _ in 0..STEPS {
            let step = step(&mut random, plural, &name);
            told.push(format!("{} {} {}", step.method, step.query, step.body));
            let mut outcomes = Vec::new();
            for (api, before) in [real, sandbox].into_iter().zip(before.iter_mut()) {
                outcomes.push(outcome(api, plural, &name, &step, before).await);
            }
            if outcomes[0] != outcomes[1] {
                let history = told.join("\n  ");
                differences
                    .push(format!("{plural} {seed}:\n  {history}\nreal:    {}\nsandbox: {}", outcomes[0], outcomes[1]));
                break;
            }
        }
    }
    differences
}

fn step(random: &mut fastrand::Rng, plural: &str, name: &str) -> Step {
    let manager = ["one", "two", "three"][random.usize(..3)];
    let dry_run = if random.u8(..6) == 0 { "&dryRun=All" } else { "" };
    let kind = if plural == "secrets" { "Secret" } else { "ConfigMap" };
    let mut body = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    fill(random, plural, &mut body, false);
    let query = format!("?fieldManager={manager}{dry_run}");
    match random.u8(..10) {
        0 => Step { method: "POST", query, media_type: "application/json", body },
        1 => Step { method: "PUT", query, media_type: "application/json", body },
        2 | 3 => {
            let mut patch = json!({});
            fill(random, plural, &mut patch, true);
            Step { method: "PATCH", query, media_type: "application/merge-patch+json", body: patch }
        }
        4 if random.bool() => {
            let options = if dry_run.is_empty() { json!({}) } else { json!({"dryRun": ["All"]}) };
            Step { method: "DELETE", query: String::new(), media_type: "application/json", body: options }
        }
        _ => {
            let force = if random.u8(..3) == 0 { "&force=true" } else { "" };
            Step { method: "PATCH", query: query + force, media_type: "application/apply-patch+yaml", body }
        }
    }
}

/// Puts some keys and labels into a body; with `holes`, some of them as `null`.
fn fill(random: &mut fastrand::Rng, plural: &str, body: &mut Value, holes: bool) {
    let mut some = |names: &[&str], values: &[&str], empty: bool| {
        let mut map = Map::new();
        for name in names {
            if random.bool() {
                let hole = holes && random.u8(..3) == 0;
                let value = values[random.usize(..values.len())];
                map.insert((*name).to_owned(), if hole { Value::Null } else { json!(value) });
            }
        }
        (!map.is_empty() || (empty && random.bool())).then_some(Value::Object(map))
    };
    let values = if plural == "secrets" { ["YQ==", "Yg==", ""] } else { ["a", "b", ""] };
    if let Some(data) = some(&["k", "x.y", "z"], &values, true) {
        body["data"] = data;
    }
    if let Some(labels) = some(&["l", "example.com/m"], &["1", "2"], true) {
        body["metadata"]["labels"] = labels;
    }
    if let Some(annotations) = some(&["n"], &["1", "2"], false) {
        body["metadata"]["annotations"] = annotations;
    }
}

/// What a step led to, without what differs by nature: times, UIDs, revisions.
async fn outcome(api: &Api, plural: &str, name: &str, step: &Step, before: &mut Value) -> Value {
    let rest = if step.method == "POST" {
        format!("{plural}{}", step.query)
    } else {
        format!("{plural}/{name}{}", step.query)
    };
    let answer = api.send_as(step.method, &api.path(&rest), step.media_type, step.body.to_string()).await;
    let after = api.get(&format!("{plural}/{name}")).await;
    let written = revision(&after.json) != revision(before);
    *before = after.json.clone();
    json!({"answer": bare(answer), "after": bare(after), "written": written})
}

fn bare(answer: Answer) -> Value {
    let mut json = answer.json;
    if json["kind"] == "Status" {
        if let Some(causes) = json["details"]["causes"].as_array_mut() {
            causes.sort_by_key(Value::to_string);
        }
        if let Some(details) = json["details"].as_object_mut() {
            details.shift_remove("uid");
        }
        if json["message"].as_str().is_some_and(|m| m.starts_with(" \"\" is invalid: patch")) {
            json["message"] = json!("a patch that is refused");
            json["details"] = Value::Null;
        }
    } else if let Some(metadata) = json["metadata"].as_object_mut() {
        for name in ["uid", "resourceVersion", "creationTimestamp"] {
            metadata.shift_remove(name);
        }
        if let Some(entries) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
            for entry in entries.iter_mut() {
                entry["time"] = Value::Null;
            }
            entries.sort_by_key(Value::to_string);
        }
    }
    json!({"code": answer.code, "body": json})
}
