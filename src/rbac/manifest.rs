//! The objects that `kubectl apply` takes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::clean;

use super::rules::{Right, Rule, rules};
use super::subject::{GROUP, Subject};

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The name of role and binding.
    pub name: String,
    /// The namespace; `None` leaves it to the person who applies the objects.
    pub namespace: Option<String>,
    /// Everywhere: a ClusterRole and its binding.
    pub everywhere: bool,
    /// To whom; none leaves the binding out.
    pub subjects: Vec<Subject>,
    /// What is needed.
    pub rights: BTreeSet<Right>,
}

/// The roles with their rules, and a comment for each rule. Cluster-scoped resources get a separate ClusterRole.
fn roles(manifest: &Manifest) -> Vec<(&'static str, Vec<Rule>)> {
    let of = |wanted: bool| rules(manifest.rights.iter().filter(|right| right.is_cluster_wide() == wanted));
    if manifest.everywhere {
        return vec![("ClusterRole", rules(&manifest.rights))]
            .into_iter()
            .filter(|(_, rules)| !rules.is_empty())
            .collect();
    }
    [("Role", of(false)), ("ClusterRole", of(true))].into_iter().filter(|(_, rules)| !rules.is_empty()).collect()
}

/// Each role with its binding, in the order in which they are to be made. Empty where nothing is needed.
#[must_use]
pub fn documents(manifest: &Manifest) -> Vec<Value> {
    let mut documents = Vec::new();
    for (kind, rules) in roles(manifest) {
        let rules: Vec<Value> = rules.iter().map(Rule::document).collect();
        documents.push(json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": kind,
            "metadata": metadata(manifest, kind),
            "rules": rules,
        }));
        documents.extend(binding(manifest, kind));
    }
    documents
}

fn binding(manifest: &Manifest, kind: &str) -> Option<Value> {
    let subjects: Vec<Value> = manifest.subjects.iter().map(Subject::document).collect();
    (!subjects.is_empty()).then(|| {
        json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": format!("{kind}Binding"),
            "metadata": metadata(manifest, kind),
            "subjects": subjects,
            "roleRef": { "apiGroup": GROUP, "kind": kind, "name": manifest.name },
        })
    })
}

fn metadata(manifest: &Manifest, kind: &str) -> Value {
    match &manifest.namespace {
        Some(namespace) if kind == "Role" => json!({ "name": manifest.name, "namespace": namespace }),
        _ => json!({ "name": manifest.name }),
    }
}

/// The objects as a stream of YAML documents, with a comment before each rule that only later servers ask for.
#[must_use]
pub fn yaml(manifest: &Manifest) -> String {
    let mut texts = Vec::new();
    for (kind, rules) in roles(manifest) {
        let mut text = head(manifest, kind, kind);
        text.push_str("rules:\n");
        for rule in &rules {
            if rule.later {
                text.push_str("  # asked for by Kubernetes 1.35 and later\n");
            }
            text.push_str(&format!("  - apiGroups: [{}]\n", scalar(&rule.group)));
            text.push_str(&format!("    resources: {}\n", list(&rule.resources)));
            text.push_str(&format!("    verbs: {}\n", list(&rule.verbs)));
        }
        texts.push(text);
        if !manifest.subjects.is_empty() {
            texts.push(binding_text(manifest, kind));
        }
    }
    texts.join("---\n")
}

fn head(manifest: &Manifest, kind: &str, role: &str) -> String {
    let mut text = format!("apiVersion: {GROUP}/v1\nkind: {kind}\nmetadata:\n  name: {}\n", scalar(&manifest.name));
    if let Some(namespace) = manifest.namespace.as_ref().filter(|_| role == "Role") {
        text.push_str(&format!("  namespace: {}\n", scalar(namespace)));
    }
    text
}

fn binding_text(manifest: &Manifest, role: &str) -> String {
    let mut text = head(manifest, &format!("{role}Binding"), role);
    text.push_str("subjects:\n");
    for subject in &manifest.subjects {
        let document = subject.document();
        let fields = document.as_object().into_iter().flatten();
        for (at, (key, value)) in fields.enumerate() {
            let mark = if at == 0 { "-" } else { " " };
            text.push_str(&format!("  {mark} {key}: {}\n", scalar(value.as_str().unwrap_or_default())));
        }
    }
    text.push_str(&format!("roleRef:\n  apiGroup: {GROUP}\n  kind: {role}\n  name: {}\n", scalar(&manifest.name)));
    text
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| scalar(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A text as YAML: bare where nothing can be misread, else as a JSON string, which YAML takes as it is.
fn scalar(text: &str) -> String {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let plain = first && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/'));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    if plain && !word { text.to_owned() } else { clean::json_in_yaml(&Value::from(text).to_string()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rights;
    use super::*;

    fn manifest(effects: &[&str], everywhere: bool) -> Manifest {
        Manifest {
            name: "mcpctl-test".to_owned(),
            namespace: Some("mcp".to_owned()),
            everywhere,
            subjects: vec![Subject::User("system:me \"x\"".to_owned()), "ServiceAccount:ci:no".parse().unwrap()],
            rights: rights(effects.iter().copied()),
        }
    }

    /// The text read back is the same as the objects.
    fn read_back(manifest: &Manifest) {
        let read: Vec<Value> =
            yaml(manifest).split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect();
        assert_eq!(read, documents(manifest));
    }

    proptest! {
        #[test]
        fn no_name_becomes_anything_else(
            names in proptest::collection::vec(
                prop_oneof![
                    "y|Y|yes|No|on|OFF|true|Null|~|1|1e3|0x1F|1_000|1:30|2001-01-01|<<|=|-|---|null-|a: b|#a|- a|'a|\"a|\\[a|",
                    "[a-z:#\"'\\\\\\-{}&*!|>%@`, \n\t\u{85}\u{2028}\u{202e}\u{e0041}\u{feff}\u{1b}é]{1,12}",
                    "\\PC{1,8}",
                ],
                5,
            ),
            everywhere in proptest::bool::ANY,
        ) {
            let [name, namespace, user, group, account] = &names[..] else { unreachable!() };
            let manifest = Manifest {
                name: name.clone(),
                namespace: Some(namespace.clone()),
                subjects: vec![
                    Subject::User(user.clone()),
                    Subject::Group(group.clone()),
                    Subject::ServiceAccount { namespace: namespace.clone(), name: account.clone() },
                ],
                ..manifest(&["cluster: list pods", "cluster: list namespaces", "cluster: get pods/attach"], everywhere)
            };
            let text = yaml(&manifest);
            prop_assert!(!text.chars().any(|c| c != '\n' && clean::needs_cleaning(c)), "{text:?}");
            let read: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
            prop_assert_eq!(read, documents(&manifest), "{}", text);
        }
    }

    #[test]
    fn the_yaml_is_the_documents() {
        for everywhere in [true, false] {
            let effects = ["cluster: list pods", "cluster: list namespaces", "cluster: get pods/attach"];
            read_back(&manifest(&effects, everywhere));
        }
    }

    #[test]
    fn what_has_no_namespace_needs_a_role_of_the_cluster() {
        let kinds = |manifest: &Manifest| -> Vec<String> {
            documents(manifest).iter().map(|document| document["kind"].as_str().unwrap().to_owned()).collect()
        };
        let effects = ["cluster: list pods", "cluster: list namespaces"];
        assert_eq!(kinds(&manifest(&effects, false)), ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]);
        assert_eq!(kinds(&manifest(&effects, true)), ["ClusterRole", "ClusterRoleBinding"]);
        assert_eq!(kinds(&Manifest { subjects: Vec::new(), ..manifest(&effects, true) }), ["ClusterRole"]);
        assert!(documents(&manifest(&["files: read"], false)).is_empty());
        assert_eq!(yaml(&manifest(&[], false)), "");
    }

    #[test]
    fn only_a_role_has_a_namespace() {
        for document in documents(&manifest(&["cluster: list pods", "cluster: list namespaces"], false)) {
            let inside = !document["kind"].as_str().unwrap().starts_with("Cluster");
            assert_eq!(document["metadata"].get("namespace").is_some(), inside, "{document}");
        }
    }
}
