//! `provision` and `populate-*` on the real server: what is made, that a second run writes nothing, and who is told
//! what when it cannot be.

use serde_json::{Value, json};

use crate::support::cluster_namespace::{Place, User};
use crate::support::program::{Mcpctl, Ran};
use crate::support::recording_proxy::Proxy;

/// The catalog of these tests.
pub(super) const CATALOG: &str = include_str!("catalog.yaml");

/// What `provision grafana` needs beside its files.
const GRAFANA: &str =
    "provision grafana --base prod --set grafana.url=http://grafana:3000 --set grafana.api_key=- --skip images";

/// A run with the catalog of these tests.
pub(super) fn with_catalog(run: Mcpctl) -> Mcpctl {
    run.file("catalog.yaml", CATALOG).env("MCPCTL_CATALOG", "catalog.yaml")
}

/// Fails if the secret of these tests is in what a run printed.
#[track_caller]
fn silent(ran: Ran) -> Ran {
    assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{}{}", ran.stdout, ran.stderr);
    ran
}

fn data(place: &Place, object: &str) -> Value {
    place.get(object).expect(200)["data"].clone()
}

/// `canary-key` as a Secret holds it.
const KEY: &str = "Y2FuYXJ5LWtleQ==";

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_second_provision_sends_no_change() {
    let place = Place::new("provision");
    let proxy = Proxy::new();
    let proxied = |run: Mcpctl| with_catalog(run).env("KUBECONFIG", proxy.kubeconfig().display().to_string());
    let first = silent(proxied(place.mcpctl(GRAFANA)).input("canary-key\n").run().code(0));
    let first = first.says("configmap/mcp-gateway-config created").says("secret/mcp-gateway-secrets created");
    let first =
        first.gives("--cluster-config-name mcp-gateway-config").gives(&format!("--namespace {}", place.namespace()));
    let config = json!({"grafana.url": "http://grafana:3000", "GRAFANA_URL": "http://grafana:3000"});
    assert_eq!(data(&place, "configmaps/mcp-gateway-config"), config);
    assert_eq!(data(&place, "secrets/mcp-gateway-secrets"), json!({"grafana.api_key": KEY}));
    let names = ["prod-config.env", "prod-secret.env", "prod-catalog.yaml", "prod-secret-names.env"];
    let files = |ran: &Ran| names.map(|name| ran.read(name).unwrap_or_else(|| panic!("{name} is not there")));
    let written = files(&first);
    assert!(written[1].contains("canary-key"), "the secret's own file holds it");
    assert!([&written[0], &written[2], &written[3]].iter().all(|text| !text.contains("canary")));
    let before = place.snapshot();
    let sent = proxy.changes();
    // both are judged by the server before the first is written
    assert_eq!(sent.iter().filter(|request| !request.contains("dryRun=All")).count(), 2, "{sent:?}");
    let again = "provision grafana --base prod --skip images";
    let second = silent(proxied(place.mcpctl(again).after(first)).run().code(0));
    let second = second.says("configmap/mcp-gateway-config unchanged").says("secret/mcp-gateway-secrets unchanged");
    assert_eq!(proxy.changes(), sent);
    assert_eq!(place.snapshot(), before);
    assert_eq!(files(&second), written);
    let results = proxied(place.mcpctl(again).after(second)).word("-o").word("json").run().code(0).json();
    let named = |kind: &str, name: &str| {
        results.as_array().unwrap().iter().any(|one| {
            one["kind"] == kind
                && one["name"] == name
                && one["namespace"] == place.namespace()
                && one["result"] == "unchanged"
        })
    };
    assert!(named("configmap", "mcp-gateway-config") && named("secret", "mcp-gateway-secrets"), "{results}");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn missing_values_are_listed_and_nothing_is_applied() {
    let place = Place::new("missing");
    let before = place.snapshot();
    let run = with_catalog(place.mcpctl("provision grafana,clock --base prod --skip images"));
    let ran = run.run().code(4).says("grafana.url").says("grafana.api_key").says("clock.zone").says("prod-config.env:");
    assert_eq!(place.snapshot(), before);
    let populate = with_catalog(place.mcpctl("populate-configmap prod-config.env c").after(ran));
    let ran = populate.run().code(4).says("grafana.url");
    let populate = with_catalog(place.mcpctl("populate-secret prod-secret.env s").after(ran));
    populate.run().code(4).says("grafana.api_key");
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn another_base_is_another_owner() {
    let place = Place::new("bases");
    let provision = |base: &str, zone: &str| {
        let zone = format!("clock.zone={zone}");
        place.words(&["provision", "clock", "--base", base, "--set", &zone, "--skip", "images"])
    };
    with_catalog(provision("one", "UTC")).run().code(0);
    let before = place.snapshot();
    let refused = with_catalog(provision("two", "CET")).word("--yes").run().code(1);
    let refused = refused.says("clock.zone").says("`mcpctl:one`").says("--config-name").says("--force-conflicts");
    assert_eq!(place.snapshot(), before);
    let unasked = with_catalog(provision("two", "CET").after(refused)).word("--force-conflicts").run().code(1);
    let unasked = unasked.says("held by mcpctl:one").says("without a confirmation");
    assert_eq!(place.snapshot(), before);
    let forced = with_catalog(provision("two", "CET").after(unasked)).word("--force-conflicts").word("--yes");
    forced.run().code(0).says("configmap/mcp-gateway-config configured");
    let config = data(&place, "configmaps/mcp-gateway-config");
    assert_eq!((&config["clock.zone"], &config["CLOCK_ZONE"]), (&json!("CET"), &json!("CET")));
    assert_eq!(config["CLOCK_LABEL"], "zone CET of nowhere");
    assert_eq!(config["CLOCK_FIXED"], Value::Null, "fixed values are in the container already");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn populate_creates_updates_removes_and_leaves_alone() {
    let place = Place::new("populate");
    let proxy = Proxy::new();
    let populate = |script: &str, text: &str| {
        let run = place.words(&[script, "own.env", "target", "-o", "json"]).file("own.env", text);
        let ran = silent(run.env("KUBECONFIG", proxy.kubeconfig().display().to_string()).run().code(0));
        ran.json()["result"].as_str().unwrap().to_owned()
    };
    for (script, path, one, two) in [
        ("populate-configmap", "configmaps/target", json!({"A": "1", "B": "2"}), json!({"A": "3"})),
        ("populate-secret", "secrets/target", json!({"A": "MQ==", "B": "Mg=="}), json!({"A": "Mw=="})),
    ] {
        assert_eq!(populate(script, "A=1\nB=2\n"), "created");
        assert_eq!(data(&place, path), one);
        let sent = proxy.changes();
        assert_eq!(populate(script, "B='2'\n# a comment\nA=1\n"), "unchanged");
        assert_eq!(proxy.changes(), sent);
        assert_eq!(populate(script, "A=3\n"), "configured");
        assert_eq!(data(&place, path), two);
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn create_refuses_what_is_there() {
    let place = Place::new("create");
    for (script, resource) in [("create-configmap", "configmaps"), ("create-secret", "secrets")] {
        let create = || place.words(&[script, "made", "-"]).input("{\"a\": \"canary-key\"}");
        create().run().code(0);
        let before = place.snapshot();
        create().run().code(1).says("made").says("exists already").says("hint:");
        assert_eq!(place.snapshot(), before);
        assert_eq!(place.get(&format!("{resource}/made")).expect(200)["data"].as_object().unwrap().len(), 1);
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_stranger_is_stopped_before_anything_is_written() {
    let place = Place::new("no-right");
    let run = with_catalog(place.mcpctl_as(User::Stranger, GRAFANA)).input("canary-key\n");
    let ran =
        silent(run.run().code(1)).says("patch configmaps").says("patch secrets").says(place.namespace()).says("hint:");
    assert_eq!(ran.read("prod-secret.env"), None);
    for line in ["populate-configmap own.env c", "populate-secret own.env s"] {
        let run = place.mcpctl_as(User::Stranger, line).file("own.env", "A=canary-key\n");
        silent(run.run().code(1)).says("user `stranger` may not").says(place.namespace());
    }
}
