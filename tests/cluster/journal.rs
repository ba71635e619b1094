//! The journal of what was changed on a real cluster.

use serde_json::{Value, json};

use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::Ran;

const JOURNAL: &str = "home/.local/state/mcpctl/journal.jsonl";

fn entries(ran: &Ran) -> Vec<Value> {
    let text = ran.read(JOURNAL).unwrap_or_default();
    assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn objects_are_named_with_context_namespace_script_and_keys() {
    let place = Place::new("journal");
    let line =
        "provision grafana --base prod --only env,values,apply --set grafana.url=http://g --set grafana.api_key=-";
    let ran = with_catalog(place.mcpctl(line)).input("canary-key\n").run().code(0);
    let all = entries(&ran);
    let secret = all.iter().find(|entry| entry["kind"] == "secret").unwrap();
    assert_eq!((&secret["action"], &secret["result"]), (&json!("create"), &json!("created")));
    assert_eq!((&secret["namespace"], &secret["script"]), (&json!(place.namespace()), &json!("provision")));
    assert_eq!((&secret["added"], &secret["name"]), (&json!(["grafana.api_key"]), &json!("mcp-gateway-secrets")));
    assert!(!secret["context"].as_str().unwrap().is_empty());
    let count = all.len();
    // nothing to do is nothing to write down, and neither is a dry run
    let again = "provision grafana --base prod --only values,apply";
    let ran = with_catalog(place.mcpctl(again).after(ran)).run().code(0);
    let ran =
        with_catalog(place.mcpctl(&format!("{again} --set grafana.url=http://h --dry-run")).after(ran)).run().code(0);
    assert_eq!(entries(&ran).len(), count);
    let ran = place.mcpctl("history --object secret/* -o json").after(ran).run().code(0);
    assert_eq!(ran.json()[0]["name"], "mcp-gateway-secrets");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn what_the_server_refused_is_a_failure_with_its_reason() {
    let place = Place::new("journal-denied");
    place.grant(
        User::Provisioner,
        &json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create"]}]),
    );
    let ran = place.eval_as(User::Provisioner, r#"configmaps::apply("c", #{ k: "canary-value" })"#).run().code(1);
    let all = entries(&ran);
    assert_eq!((all.len(), &all[0]["result"], &all[0]["added"]), (1, &json!("failed"), &json!(["k"])));
    assert!(all[0]["reason"].as_str().unwrap().contains("patch"), "{all:?}");
    let ran = place.mcpctl("history --failed").after(ran).run().code(0);
    ran.gives("configmap/c");
}
