//! Who may do what: a stranger, the Role of the README, and the Role that used to be enough.

use serde_json::{Value, json};

use super::pod::{SESSION, gateway_pod, gateway_pods};
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};

/// The rules of the Role in the README.
fn readme_rules() -> Value {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let documents = blocks.flat_map(|block| block.split("---\n"));
    let mut roles =
        documents.filter_map(|text| serde_saphyr::from_str::<Value>(text).ok()).filter(|d| d["kind"] == "Role");
    let role = roles.next().expect("the README shows the Role");
    assert!(roles.next().is_none(), "one Role is shown");
    role["rules"].clone()
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_stranger_is_told_verb_resource_namespace_and_what_to_do() {
    let place = Place::new("stranger");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let before = place.snapshot();
    let here = format!("in namespace `{}`", place.namespace());
    for (line, may_not) in [
        ("list", "list pods"),
        (&*format!("session {SESSION} --yes"), "list pods"),
        ("stale 1s --yes", "list pods"),
        ("cleanup --idle 1s --yes", "list pods"),
    ] {
        let ran = place.mcpctl_as(User::Stranger, line).run().code(1).stdout("");
        ran.says(&format!("user `stranger` may not {may_not} {here}")).says("hint:").says("Role");
    }
    for (expression, may_not) in [
        ("pods::delete(\"mcp-time-1\")", "get pods"),
        ("pods::logs(\"mcp-time-1\")", "get pods"),
        ("configmaps::get(\"c\")", "get configmaps"),
        ("secrets::get(\"s\")", "get secrets"),
        ("configmaps::apply(\"c\", #{ a: \"1\" })", "patch configmaps"),
        ("secrets::apply(\"s\", #{ a: \"canary-1\" })", "patch secrets"),
    ] {
        let ran = place.eval_as(User::Stranger, expression).word("--yes").run().code(1);
        let ran = ran.says(&format!("user `stranger` may not {may_not} {here}")).says("hint:");
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
    place.mcpctl_as(User::Stranger, "list -A").run().code(1).says("may not list pods in all namespaces");
    place.eval_as(User::Stranger, "cluster::can(\"list\", \"pods\")").run().code(0).stdout("false\n");
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_role_of_the_readme_is_enough_for_all_ten_commands_and_provision() {
    let place = Place::new("role");
    place.grant(User::Provisioner, &readme_rules());
    place.create_all("pods", &gateway_pods("some", 3, SESSION));
    let run = |line: &str| with_catalog(place.mcpctl_as(User::Provisioner, line));
    run("list -o name").run().code(0).gives("pod/mcp-some-0000");
    run("list -o wide").run().code(0);
    run("stale 1d --yes").run().code(0);
    run("cleanup --yes").run().code(0);
    run(&format!("session {SESSION} --yes --wait")).run().code(0);
    assert!(place.names("pods").is_empty());
    run("extract-data grafana").run().code(0).gives("grafana.api_key");
    run("show-example grafana").run().code(0).gives("grafana.url");
    let made = run("generate-env grafana,clock own").run().code(0);
    assert!(made.read("own-config.env").is_some() && made.read("own-secret.env").is_some());
    run("create-configmap c1 -").input("{\"a\": \"1\"}").run().code(0);
    run("create-secret s1 -").input("{\"a\": \"1\"}").run().code(0);
    for (text, result) in [("A=1\n", "created"), ("A=2\n", "configured"), ("A=2\n", "unchanged")] {
        run("populate-configmap own.env c2").file("own.env", text).run().code(0).gives(result);
        run("populate-secret own.env s2").file("own.env", text).run().code(0).gives(result);
    }
    let provision = "provision grafana --base prod --skip images";
    let first = run(provision).word("--set").word("grafana.url=http://grafana").word("--set").word("grafana.api_key=-");
    let first = first.input("canary-key\n").run().code(0).says("secret/mcp-gateway-secrets created");
    run(provision).after(first).run().code(0).says("secret/mcp-gateway-secrets unchanged");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_role_of_the_readme_holds_no_verb_that_is_not_used() {
    let allowed: Vec<String> = readme_rules()
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|rule| {
            let texts = |key: &str| -> Vec<String> {
                rule[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
            };
            let verbs = texts("verbs");
            texts("resources")
                .into_iter()
                .flat_map(move |one| verbs.iter().map(|verb| format!("{verb} {one}")).collect::<Vec<_>>())
        })
        .collect();
    for right in &allowed {
        assert!(!right.contains('*') && !right.contains("update"), "{right}");
        // `status --watch` and `verify` watch
        let watched = ["watch pods", "watch configmaps", "watch secrets"];
        assert!(!right.contains("watch") || watched.contains(&right.as_str()), "{right}");
    }
    for needed in ["list pods", "delete pods", "patch configmaps", "create secrets", "get secrets"] {
        assert!(allowed.iter().any(|right| right == needed), "{needed} is not in {allowed:?}");
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_old_role_lacks_patch_and_the_error_says_so() {
    let place = Place::new("old-role");
    let verbs = json!(["create", "list", "get"]);
    place.grant(
        User::Provisioner,
        &json!([{"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": verbs}]),
    );
    for (expression, resource) in [
        ("configmaps::apply(\"c\", #{ a: \"1\" })", "configmaps"),
        ("secrets::apply(\"s\", #{ a: \"1\" })", "secrets"),
        ("configmaps::create(\"c\", #{ a: \"1\" })", "configmaps"),
    ] {
        let ran = place.eval_as(User::Provisioner, expression).run().code(1);
        let told = format!("user `provisioner` may not patch {resource} in namespace `{}`", place.namespace());
        ran.says(&told).says("older Role").says("needs `patch`");
    }
    assert!(!place.names("configmaps").contains(&"c".to_owned()));
}
