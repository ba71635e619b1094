//! ConfigMaps and Secrets as a script meets them; `layer` has the rules for changing objects one by one.

use serde_json::{Value, json};

use crate::sandbox::conformance::request::{config_map, owned};
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::Ran;
use crate::support::recording_proxy::Proxy;

/// Applies some data under an owner and gives what the run gave.
fn apply(place: &Place, data: &str, options: &str, words: &[&str]) -> Ran {
    let expression = format!("configmaps::apply(\"c\", #{{ {data} }}, #{{ {options} }})");
    let run = place.eval_as(User::Admin, &expression).word("-o").word("json");
    words.iter().fold(run, |run, word| run.word(word)).run()
}

fn data(place: &Place) -> Value {
    place.get("configmaps/c").expect(200)["data"].clone()
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_second_apply_writes_nothing() {
    let place = Place::new("twice");
    let proxy = Proxy::new();
    let expression =
        "[configmaps::apply(\"c\", #{ a: \"1\" }), secrets::apply(\"s\", #{ \"grafana.api_key\": \"canary-one\" })]";
    let apply = || {
        let run = place.eval_as(User::Admin, expression).word("-o").word("json");
        let ran = run.env("KUBECONFIG", proxy.kubeconfig().display().to_string()).run().code(0);
        assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{}{}", ran.stdout, ran.stderr);
        let results = ran.json();
        [results[0]["result"].clone(), results[1]["result"].clone()]
    };
    assert_eq!(apply(), ["created", "created"]);
    assert_eq!(proxy.changes().len(), 2, "{:?}", proxy.changes());
    let before = place.snapshot();
    let secret = place.get("secrets/s").expect(200);
    assert_eq!((&secret["type"], &secret["stringData"]), (&json!("Opaque"), &Value::Null));
    assert_eq!(secret["metadata"]["labels"]["app.kubernetes.io/component"], "secret");
    assert_eq!(apply(), ["unchanged", "unchanged"]);
    assert_eq!(proxy.changes().len(), 2, "{:?}", proxy.changes());
    assert_eq!(place.snapshot(), before);
    let annotations = &place.get("configmaps/c").expect(200)["metadata"]["annotations"];
    assert_eq!(*annotations, Value::Null);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_key_of_another_owner_names_it_and_can_be_taken_over() {
    let place = Place::new("conflict");
    apply(&place, "url: \"http://one\"", "owner: \"mcpctl:one\"", &[]).code(0);
    let before = place.snapshot();
    let owner = "owner: \"mcpctl:two\"";
    let refused = apply(&place, "url: \"http://two\"", owner, &["--yes"]).code(1);
    refused.says("key `url` of configmap `c`").says("belongs to `mcpctl:one`").says("--force-conflicts");
    let force = format!("{owner}, force_conflicts: true");
    let unasked = apply(&place, "url: \"http://two\"", &force, &[]).code(1);
    unasked.says("url  held by mcpctl:one").says("without a confirmation");
    assert_eq!(place.snapshot(), before);
    let taken = apply(&place, "url: \"http://two\"", &force, &["--yes"]).code(0).json();
    assert_eq!((&taken["result"], &taken["changed"]), (&json!("configured"), &json!(["url"])));
    assert_eq!(data(&place), json!({"url": "http://two"}));
    let object = place.get("configmaps/c").expect(200);
    assert_eq!(owned(&object, "mcpctl:one", "Apply")["f:data"]["f:url"], Value::Null);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn an_object_that_somebody_created_keeps_what_is_not_ours() {
    let place = Place::new("foreign");
    let mut object = config_map("c", &json!({"theirs": "1", "both": "2"}));
    object["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "helm"});
    place.create("configmaps", &object);
    let before = place.snapshot();
    apply(&place, "ours: \"3\"", "", &[])
        .code(1)
        .says("configmap/c is controlled by Helm")
        .says("without a confirmation");
    assert_eq!(place.snapshot(), before);
    let ran = apply(&place, "ours: \"3\", both: \"2\"", "", &["--yes"]).code(0);
    let ran = ran.says("label `app.kubernetes.io/managed-by` of configmap/c stays `helm`");
    assert_eq!(ran.json()["result"], "configured");
    assert_eq!(data(&place), json!({"theirs": "1", "both": "2", "ours": "3"}));
    apply(&place, "theirs: \"other\"", "", &["--yes"]).code(1).says("belongs to `conformance`");
    assert_eq!(data(&place), json!({"theirs": "1", "both": "2", "ours": "3"}));
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn sizes_keys_and_owners_are_refused_before_anything_is_sent() {
    let place = Place::new("checks");
    let proxy = Proxy::new();
    let huge = "let text = \"\"; text.pad(1048577, \"x\");";
    let long = "o".repeat(129);
    for (expression, told) in [
        (format!("{huge} configmaps::apply(\"c\", #{{ a: text }})"), "at most 1048576 bytes"),
        ("configmaps::apply(\"c\", #{ \"no blanks\": \"x\" })".to_owned(), "key"),
        ("configmaps::apply(\"No_Name\", #{ a: \"x\" })".to_owned(), "No_Name"),
        (format!("configmaps::apply(\"c\", #{{ a: \"x\" }}, #{{ owner: \"{long}\" }})"), "128"),
    ] {
        let run = place.eval_as(User::Admin, &expression).env("KUBECONFIG", proxy.kubeconfig().display().to_string());
        run.run().code(1).says(told);
    }
    assert_eq!(proxy.changes(), [""; 0]);
}
