//! `--manifests`: YAML that can be applied, nothing changed, and secret values only when they are asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::support::program::{Mcpctl, Ran};

const KEY: &str = "canary-manifest-key";

/// A folder with the env files of a base.
fn filled() -> Ran {
    let run = Mcpctl::new(
        "provision grafana --base prod --only env,values --set grafana.url=http://g --set grafana.api_key=@key --sandbox",
    );
    run.file("key", KEY).run().code(0)
}

fn after(line: &str, earlier: Ran) -> Mcpctl {
    Mcpctl::new(line).env("MCPCTL_SANDBOX", "world.json").after(earlier)
}

fn documents(text: &str) -> Vec<Value> {
    text.split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect()
}

/// What is in the simulated cluster.
fn objects(earlier: Ran) -> Ran {
    let ran = after("eval configmaps::list().len()+secrets::list().len()", earlier).run().code(0);
    assert_eq!(ran.stdout, "0\n", "{}", ran.stderr);
    ran
}

#[test]
fn provision_prints_the_configmap_and_says_what_is_left_out() {
    let ran = after("provision grafana --base prod --manifests -n team", filled()).run().code(0);
    assert!(!ran.stdout.contains(KEY) && !ran.stdout.contains(&BASE64.encode(KEY)) && !ran.stderr.contains(KEY));
    assert!(ran.stdout.starts_with("# kubectl apply --server-side --field-manager=mcpctl:prod -f FILE\n# left out, for its values are secret: secret/mcp-gateway-secrets in namespace team (grafana.api_key)\n"), "{}", ran.stdout);
    let documents = documents(&ran.stdout);
    assert_eq!(documents.len(), 1);
    assert_eq!((&documents[0]["kind"], &documents[0]["metadata"]["namespace"]), (&"ConfigMap".into(), &"team".into()));
    assert_eq!(documents[0]["data"]["grafana.url"], "http://g");
    assert_eq!(documents[0]["metadata"]["labels"]["app.kubernetes.io/managed-by"], "mcp-gateway-provisioning");
    assert!(ran.stderr.contains("note: left out, for its values are secret"), "{}", ran.stderr);
    let ran = objects(ran);
    assert!(ran.read("prod-catalog.yaml").is_none() && ran.read("prod-secret-names.env").is_none());
}

#[test]
fn secret_values_are_printed_when_asked_for_and_can_be_denied() {
    let ran = after("provision grafana --base prod --manifests --with-secret-values", filled()).run().code(0);
    let documents = documents(&ran.stdout);
    assert_eq!(documents[1]["kind"], "Secret");
    assert_eq!(documents[1]["data"]["grafana.api_key"], BASE64.encode(KEY));
    assert!(!ran.stderr.contains(KEY));
    let run = after("provision grafana --base prod --manifests --with-secret-values --deny", ran).word("secrets: *");
    let ran = run.run().code(1).stdout("").says("refusing the effect `secrets: reveal`");
    let ran = after("provision grafana --base prod --manifests --with-secret-values -o json", ran).run().code(0);
    assert_eq!(ran.json()["items"][1]["data"]["grafana.api_key"], BASE64.encode(KEY));
    objects(ran);
}

#[test]
fn what_is_printed_can_be_applied_as_it_is() {
    let ran = after("provision grafana --base prod --manifests --with-secret-values", filled()).run().code(0);
    let printed = documents(&ran.stdout);
    let ran = after("provision grafana --base prod --only apply", ran).run().code(0);
    let read = r#"json::write(configmaps::get("mcp-gateway-config").data)"#;
    let ran = Mcpctl::of(["eval", read]).env("MCPCTL_SANDBOX", "world.json").after(ran).run().code(0);
    let live: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(printed[0]["data"], live);
}

#[test]
fn missing_values_and_wrong_names_are_errors_and_print_nothing() {
    let ran = Mcpctl::new("provision grafana --base prod --manifests --sandbox").run().code(4).stdout("");
    assert!(ran.read("prod-config.env").is_none());
    after("provision grafana --base prod --manifests --config-name Not_A_Name", filled()).run().code(1).stdout("");
    after("provision grafana --base prod --manifests --dry-run", filled())
        .run()
        .code(2)
        .says("a dry run prints its plan");
}

#[test]
fn populate_and_create_print_theirs() {
    let ran = after("populate-configmap prod-config.env settings --manifests", filled()).run().code(0);
    assert_eq!(documents(&ran.stdout)[0]["metadata"]["name"], "settings");
    let ran = after("populate-secret prod-secret.env keys --manifests", ran).run().code(0);
    assert!(ran.stdout.starts_with("# ") && !ran.stdout.contains("kind:"), "{}", ran.stdout);
    let ran = after("populate-secret prod-secret.env keys --manifests --with-secret-values", ran).run().code(0);
    assert_eq!(documents(&ran.stdout)[0]["data"]["grafana.api_key"], BASE64.encode(KEY));
    let ran = after("create-configmap flags - --manifests", ran).input(r#"{"A":"true","B":"a\nb"}"#).run().code(0);
    assert_eq!(documents(&ran.stdout)[0]["data"], serde_json::json!({"A": "true", "B": "a\nb"}));
    let run = after("create-secret keys - --manifests --with-secret-values", ran).input(r#"{"A":"canary-created"}"#);
    let ran = run.run().code(0);
    assert_eq!(documents(&ran.stdout)[0]["data"]["A"], BASE64.encode("canary-created"));
    objects(ran);
}

#[test]
fn a_value_that_is_masked_elsewhere_is_left_out_of_a_configmap() {
    let config = "# servers: \nservice.api_token=canary-token-value\nservice.url=http://s\n";
    let ran = Mcpctl::new("populate-configmap prod-config.env settings --keys-only --manifests --sandbox")
        .file("prod-config.env", config)
        .run()
        .code(0);
    assert!(!ran.stdout.contains("canary") && ran.stdout.contains("service.url"), "{}", ran.stdout);
}

#[test]
fn what_is_created_is_printed_with_its_field_manager_and_without_credentials() {
    let json = r#"{"svc.api_key":"canary-a","my_password":"canary-b","svc.url":"http://s"}"#;
    let first = "# kubectl apply --server-side --field-manager=mcpctl:create-configmap -f FILE\n";
    let ran = Mcpctl::new("create-configmap flags - --manifests --sandbox").input(json).run().code(0);
    assert!(ran.stdout.starts_with(first) && !ran.stdout.contains("canary"), "{}", ran.stdout);
    assert!(ran.stdout.contains("may be credentials: my_password, svc.api_key\n"), "{}", ran.stdout);
    assert_eq!(documents(&ran.stdout)[0]["data"], serde_json::json!({"svc.url": "http://s"}));
    let ran = after("create-configmap flags - --manifests --with-secret-values", ran).input(json).run().code(0);
    assert!(ran.stdout.starts_with(first), "{}", ran.stdout);
    assert_eq!(documents(&ran.stdout)[0]["data"]["my_password"], "canary-b");
    let ran = after("create-secret keys - --manifests --with-secret-values", ran).input(json).run().code(0);
    assert!(ran.stdout.starts_with("# kubectl apply --server-side --field-manager=mcpctl:create-secret -f FILE\n"));
}

#[test]
fn without_a_kubeconfig_the_namespace_is_left_to_whoever_applies() {
    let ran = Mcpctl::of(["create-configmap", "flags", r#"{"A":"1"}"#, "--manifests"]).run().code(0);
    assert!(documents(&ran.stdout)[0]["metadata"].get("namespace").is_none(), "{}", ran.stdout);
}
