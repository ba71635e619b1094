//! `mcpctl rbac`: what it prints, and that what it prints is what scripts need.

use serde_json::{Value, json};

use crate::support::program::{Mcpctl, Ran};

/// The documents of a stream of YAML.
fn documents(ran: &Ran) -> Vec<Value> {
    ran.stdout.split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect()
}

#[test]
fn a_role_and_its_binding_are_printed() {
    let line = "rbac cleanup -n mcp --subject User:ann --subject ServiceAccount:ci:bot";
    Mcpctl::new(line).run().code(0).stderr("").stdout(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: mcpctl-cleanup
  namespace: mcp
rules:
  - apiGroups: [\"\"]
    resources: [pods]
    verbs: [list, delete]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: mcpctl-cleanup
  namespace: mcp
subjects:
  - kind: User
    name: ann
    apiGroup: rbac.authorization.k8s.io
  - kind: ServiceAccount
    name: bot
    namespace: ci
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: mcpctl-cleanup
",
    );
}

#[test]
fn several_scripts_share_one_role() {
    let ran = Mcpctl::new("rbac list create-secret --name team").run().code(0).says("--subject");
    let found = documents(&ran);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["metadata"], json!({ "name": "team" }));
    assert_eq!(
        found[0]["rules"],
        json!([
            { "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] },
            { "apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "patch"] },
        ])
    );
    assert!(Mcpctl::new("rbac list create-secret").run().code(0).stdout.contains("name: mcpctl-list-create-secret\n"));
}

#[test]
fn everywhere_is_a_cluster_role() {
    let ran = Mcpctl::new("rbac list -A --subject Group:dev -o json").run().code(0);
    let list = ran.json();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"][0]["kind"], "ClusterRole");
    assert_eq!(list["items"][1]["kind"], "ClusterRoleBinding");
    assert_eq!(list["items"][1]["roleRef"]["kind"], "ClusterRole");
}

#[test]
fn an_own_script_is_followed_into_its_imports() {
    let ran = Mcpctl::new("rbac own.rhai")
        .file("own.rhai", "import \"lib/steps\" as steps;\nfn main() { steps::walk(#{ all_namespaces: true }) }")
        .file(
            "lib/steps.rhai",
            "fn walk(how) { [1].map(|x| cluster::namespaces()); pods::list(how) }\nfn no() { secrets::list() }",
        )
        .run()
        .code(0)
        .says("asks for all namespaces by itself")
        .says("`-A`");
    let found = documents(&ran);
    let kinds: Vec<&str> = found.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Role", "ClusterRole"]);
    assert_eq!(found[1]["rules"], json!([{ "apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"] }]));
    assert!(!ran.stdout.contains("secrets"));
}

#[test]
fn a_script_that_needs_nothing_gets_nothing() {
    Mcpctl::new("rbac servers").run().code(0).stdout("").says("no permissions are needed");
}

#[test]
fn wrong_command_lines_say_what_is_wrong() {
    Mcpctl::new("rbac clenup").run().code(2).says("did you mean `cleanup`?");
    Mcpctl::new("rbac list --subject ann")
        .run()
        .code(2)
        .says("`ann` is not a valid subject")
        .says("ServiceAccount:NAMESPACE:NAME");
    Mcpctl::new("rbac list --name a/b").run().code(2).says("is not a valid Role name");
    Mcpctl::new("rbac bad.rhai").file("bad.rhai", "fn main( {").run().code(1).says("bad.rhai:1:");
    Mcpctl::new("rbac lost.rhai")
        .file("lost.rhai", "import \"std/provisoin\" as p;")
        .run()
        .code(1)
        .says("std/provision");
}

#[test]
fn a_check_in_the_sandbox_misses_nothing() {
    Mcpctl::new("rbac provision --check --sandbox").run().code(0).stdout("").says("no permissions are missing");
}

#[test]
fn the_readme_shows_the_role_of_all_shipped_scripts() {
    let ran = Mcpctl::new("rbac --all --name mcp-gateway-provisioning --subject User:provisioner").run().code(0);
    let mut words = vec!["rbac"];
    words.extend(mcpctl::embedded::script_names());
    words.extend(["--name", "mcp-gateway-provisioning", "--subject", "User:provisioner"]);
    assert_eq!(ran.stdout, Mcpctl::of(words).run().code(0).stdout);
    assert!(Mcpctl::new("rbac --all").run().code(0).stdout.contains("name: mcpctl\n"));
    Mcpctl::new("rbac --all list").run().code(2).says("cannot be used together");
    Mcpctl::new("rbac").run().code(2).says("SCRIPT");
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("```yaml\n{}```\n", ran.stdout)), "the README lacks:\n{}", ran.stdout);
}
