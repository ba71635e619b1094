//! The Role that `mcpctl rbac` prints is enough for each shipped script, and none of its verbs can be spared.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pod::{SESSION, age_beyond, gateway_pod};
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::Mcpctl;

/// Every shipped script, and a run of it that does what it is for.
fn runs() -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("list", "list".to_owned(), ""),
        ("sessions", "sessions".to_owned(), ""),
        ("status", "status".to_owned(), ""),
        ("session", format!("session {SESSION} --yes --wait"), ""),
        ("stale", "stale 1s --yes".to_owned(), ""),
        ("cleanup", "cleanup --idle 1s --running --yes".to_owned(), ""),
        ("create-configmap", "create-configmap made -".to_owned(), "{\"a\": \"1\"}"),
        ("create-secret", "create-secret made -".to_owned(), "{\"a\": \"canary-1\"}"),
        ("populate-configmap", "populate-configmap own.env made".to_owned(), ""),
        ("populate-secret", "populate-secret own.env made".to_owned(), ""),
        (
            "provision",
            "provision grafana --base prod --skip images --set grafana.url=http://grafana --set grafana.api_key=-"
                .to_owned(),
            "canary-key\n",
        ),
        ("set-secret", "set-secret kept a -".to_owned(), "canary-new\n"),
        ("servers", "servers".to_owned(), ""),
        ("verify", "verify grafana --config-name own --secret-name own".to_owned(), ""),
        ("extract-data", "extract-data grafana".to_owned(), ""),
        ("show-example", "show-example grafana".to_owned(), ""),
        ("generate-env", "generate-env grafana own".to_owned(), ""),
    ]
}

/// One run by somebody who has these rights and no others, in a namespace of its own.
fn attempt(rules: &Value, line: &str, input: &str) -> i32 {
    let place = Place::new("rights");
    if rules.as_array().is_some_and(|rules| !rules.is_empty()) {
        place.grant(User::Provisioner, rules);
    }
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let kept =
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "kept" }, "stringData": { "a": "x" } });
    place.create("secrets", &kept);
    place.create("configmaps", &json!({"metadata": {"name": "own"}, "data": {"GRAFANA_URL": "http://grafana"}}));
    place.create("secrets", &json!({"metadata": {"name": "own"}, "stringData": {"grafana.api_key": "canary-key"}}));
    if line.contains("1s") {
        age_beyond(1);
    }
    let run = with_catalog(place.mcpctl_as(User::Provisioner, line)).file("own.env", "A=1\n").input(input);
    run.run().code
}

/// The rules of a Role with one verb for one resource taken away, for each of them.
fn without_one(rules: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let one = |rule: &Value, resource: &Value, verbs: &[&Value]| json!({ "apiGroups": rule["apiGroups"], "resources": [resource], "verbs": verbs });
    let rules = rules.as_array().unwrap();
    for rule in rules {
        for resource in rule["resources"].as_array().unwrap() {
            for verb in rule["verbs"].as_array().unwrap() {
                let mut left = Vec::new();
                for other in rules {
                    for kept in other["resources"].as_array().unwrap() {
                        let verbs = other["verbs"].as_array().unwrap().iter();
                        let verbs: Vec<&Value> = verbs.filter(|v| kept != resource || *v != verb).collect();
                        if !verbs.is_empty() {
                            left.push(one(other, kept, &verbs));
                        }
                    }
                }
                all.push((format!("{} {}", verb.as_str().unwrap(), resource.as_str().unwrap()), Value::Array(left)));
            }
        }
    }
    all
}

/// What a script uses only with a flag (`--watch`, `--restart`), or says that it could not do.
fn does_without(script: &str, right: &str) -> bool {
    match script {
        "status" => right != "list pods",
        // `--verify` and `--restart` need them
        "provision" => matches!(
            right,
            "list pods"
                | "create pods"
                | "delete pods"
                | "get pods"
                | "watch pods"
                | "get pods/log"
                | "get pods/attach"
                | "create pods/attach"
        ),
        "populate-configmap" | "populate-secret" | "set-secret" => matches!(right, "list pods" | "delete pods"),
        // what it tells more exactly with them
        "verify" => matches!(right, "get configmaps" | "get secrets" | "get pods/log" | "create pods/attach"),
        _ => false,
    }
}

fn rules_of(script: &str) -> Value {
    let ran = Mcpctl::new(&format!("rbac {script} -o json")).run().code(0);
    if ran.stdout.is_empty() { json!([]) } else { ran.json()["items"][0]["rules"].clone() }
}

#[test]
fn every_shipped_script_is_tried() {
    // logs are those of pods that run: see `after`; a gateway is started in `gateway`; a difference is no success: `diff`
    let tried: BTreeSet<&str> =
        runs().into_iter().map(|(script, ..)| script).chain(["logs", "gateway", "diff"]).collect();
    assert_eq!(tried, mcpctl::embedded::script_names().into_iter().collect());
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_role_is_enough_and_none_of_its_verbs_can_be_spared() {
    let mut wrong = Vec::new();
    for (script, line, input) in runs() {
        if script == "verify" && std::env::var_os("MCPCTL_E2E_NODE").is_none() {
            continue;
        }
        let rules = rules_of(script);
        if attempt(&rules, &line, input) != 0 {
            wrong.push(format!("{script}: fails with its Role"));
        }
        for (spared, left) in without_one(&rules) {
            if does_without(script, &spared) {
                continue;
            }
            if attempt(&left, &line, input) == 0 {
                wrong.push(format!("{script}: does well without `{spared}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_check_lists_what_is_missing() {
    let place = Place::new("rights-check");
    place.grant(User::Provisioner, &json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]));
    let check = |line: &str| place.mcpctl_as(User::Provisioner, line);
    check("rbac list --check").run().code(0).stdout("").says("no permissions are missing");
    let ran = check("rbac cleanup --check -o json").run().code(1).says("1 of 2 permissions are missing");
    assert_eq!(ran.json(), json!([{ "verb": "delete", "resource": "pods", "namespace": place.namespace() }]));
    check("rbac list --check -A").run().code(1).gives("list").says("in all namespaces");
    place.mcpctl("rbac provision cleanup --check").run().code(0);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_server_takes_what_is_printed() {
    let place = Place::new("rights-apply");
    let line = format!("rbac provision -n {} --subject ServiceAccount:{0}:default -o json", place.namespace());
    let list = Mcpctl::new(&line).run().code(0).json();
    for (resource, document) in ["roles", "rolebindings"].iter().zip(list["items"].as_array().unwrap()) {
        place.create_rights(resource, document);
    }
}
