//! `mcpctl doctor` on a real API server and engine.

use serde_json::{Value, json};

use super::pod::{SESSION, gateway_pod};
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::Ran;

#[track_caller]
fn has(ran: &Ran, check: &str, state: &str, text: &str) {
    let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
    let fits = |line: &&Value| line["name"] == check && line["state"] == state;
    let found: Vec<&str> = report.iter().filter(fits).filter_map(|line| line["found"].as_str()).collect();
    assert!(found.iter().any(|found| found.contains(text)), "{check} {state} {text:?}:\n{}", ran.stdout);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn what_is_wrong_in_a_namespace_is_found_and_nothing_is_changed() {
    let place = Place::new("doctor");
    place.create("pods", &gateway_pod("mcp-grafana-1", "grafana", SESSION));
    let config = json!({ "metadata": { "name": "mcp-gateway-config" }, "data": { "A": "{{grafana.url}}" } });
    place.create("configmaps", &config);
    let before = place.snapshot();
    let ran = with_catalog(place.mcpctl("doctor --timeout 60s -o json")).run().code(1);
    has(&ran, "api server", "ok", "v1.");
    has(&ran, "namespace", "ok", place.namespace());
    has(&ran, "rights", "ok", "all that");
    has(&ran, "placeholders", "failed", "`A`");
    has(&ran, "secret keys", "failed", "grafana");
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_user_without_rights_is_told_which_are_missing_for_which_script() {
    let place = Place::new("doctor-rights");
    place.grant(User::Provisioner, &json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] }]));
    let ran = with_catalog(place.mcpctl_as(User::Provisioner, "doctor --timeout 60s -o json")).run().code(1);
    has(&ran, "rights", "failed", "provision: you may not");
    has(&ran, "rights", "warning", "cleanup: you may not `delete pods`");
    has(&ran, "sessions", "ok", "none left behind");
    has(&ran, "placeholders", "warning", "may not get configmaps");
    has(&ran, "namespace", "warning", "you may not look at namespace");
}
