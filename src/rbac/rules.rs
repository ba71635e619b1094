//! From effects to the rules of a Role: exactly the verbs that are used, resources with the same verbs together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The verbs in the order in which Roles list them.
const VERBS: [&str; 8] = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/// Resources that every authenticated user may create by the API server's own `system:basic-user`.
const FOR_EVERYBODY: [&str; 3] = ["selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews"];

/// What scripts ask where they may and do without where they may not: whether a namespace is there.
const DISPENSABLE: (&str, &str) = ("get", "namespaces");

/// Resources that lie in no namespace, so that no Role reaches them.
const WITHOUT_NAMESPACE: [&str; 3] = ["namespaces", "nodes", "persistentvolumes"];

/// Subresources whose channel is opened by a GET and that a server asks `create` for, too, from 1.35 on.
const CHANNELS: [&str; 3] = ["attach", "exec", "portforward"];

/// A verb and the resource it is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The API's verb.
    pub verb: String,
    /// The plural resource name with its subresource, as `pods/log`; `.GROUP` behind the name unless it is the core's.
    pub resource: String,
    /// Only servers of a later version ask for it.
    pub later: bool,
}

impl Right {
    /// Whether it is for something that lies in no namespace.
    #[must_use]
    pub fn is_cluster_wide(&self) -> bool {
        WITHOUT_NAMESPACE.contains(&self.resource.as_str())
    }
}

/// The permissions that effects need. Every authenticated user can read non-resource paths (`/version`) and review
/// their own permissions, so these need no rule.
#[must_use]
pub fn rights<'a>(effects: impl IntoIterator<Item = &'a str>) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for effect in effects {
        let Some((verb, resource)) = effect.strip_prefix("cluster: ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        if resource.starts_with('/') || FOR_EVERYBODY.contains(&resource) || (verb, resource) == DISPENSABLE {
            continue;
        }
        let right = |verb: &str, later| Right { verb: verb.to_owned(), resource: resource.to_owned(), later };
        rights.insert(right(verb, false));
        let channel = resource.split_once('/').is_some_and(|(_, sub)| CHANNELS.contains(&sub));
        if channel && verb == "get" {
            rights.insert(right("create", true));
        }
    }
    // what is needed anyhow is not marked as for later
    let needed: BTreeSet<(String, String)> =
        rights.iter().filter(|right| !right.later).map(|r| (r.verb.clone(), r.resource.clone())).collect();
    rights.retain(|right| !right.later || !needed.contains(&(right.verb.clone(), right.resource.clone())));
    rights
}

/// A rule of a Role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The API group; `""` is the core's.
    pub group: String,
    /// The resources.
    pub resources: Vec<String>,
    /// What may be done with each.
    pub verbs: Vec<String>,
    /// Only servers of a later version ask for it.
    pub later: bool,
}

impl Rule {
    /// The rule as a Role holds it.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({ "apiGroups": [self.group], "resources": self.resources, "verbs": self.verbs })
    }
}

/// The rules that grant exactly these permissions.
#[must_use]
pub fn rules<'a>(rights: impl IntoIterator<Item = &'a Right>) -> Vec<Rule> {
    let mut verbs: BTreeMap<(bool, String, String), Vec<&str>> = BTreeMap::new();
    for right in rights {
        let (resource, group) = split(&right.resource);
        verbs.entry((right.later, group, resource)).or_default().push(&right.verb);
    }
    let mut rules: Vec<Rule> = Vec::new();
    for ((later, group, resource), mut verbs) in verbs {
        verbs.sort_by_key(|verb| VERBS.iter().position(|known| known == verb).unwrap_or(VERBS.len()));
        let verbs: Vec<String> = verbs.into_iter().map(str::to_owned).collect();
        match rules.iter_mut().find(|rule| rule.later == later && rule.group == group && rule.verbs == verbs) {
            Some(rule) => rule.resources.push(resource),
            None => rules.push(Rule { group, resources: vec![resource], verbs, later }),
        }
    }
    rules
}

/// `roles.rbac.authorization.k8s.io/status` as `roles/status` and its group.
fn split(resource: &str) -> (String, String) {
    let (name, sub) =
        resource.split_once('/').map_or((resource, String::new()), |(name, sub)| (name, format!("/{sub}")));
    let (name, group) = name.split_once('.').unwrap_or((name, ""));
    (format!("{name}{sub}"), group.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(effects: &[&str]) -> Vec<String> {
        let rights = rights(effects.iter().copied());
        rules(&rights)
            .iter()
            .map(|rule| {
                let later = if rule.later { " later" } else { "" };
                format!("{}|{}|{}{later}", rule.group, rule.resources.join(","), rule.verbs.join(","))
            })
            .collect()
    }

    #[test]
    fn equal_verbs_stand_together_in_the_usual_order() {
        assert_eq!(
            told(&[
                "cluster: patch secrets",
                "cluster: create configmaps",
                "cluster: get secrets",
                "cluster: get configmaps",
                "cluster: create secrets",
                "cluster: patch configmaps",
                "cluster: delete pods",
                "cluster: list pods",
                "files: read",
            ]),
            ["|configmaps,secrets|get,create,patch", "|pods|list,delete"]
        );
    }

    #[test]
    fn what_everybody_may_needs_no_rule() {
        assert!(
            told(&[
                "cluster: get /version",
                "cluster: create selfsubjectaccessreviews",
                "prompt",
                "cluster: get namespaces"
            ])
            .is_empty()
        );
    }

    #[test]
    fn an_attach_needs_create_on_later_servers() {
        assert_eq!(told(&["cluster: get pods/attach"]), ["|pods/attach|get", "|pods/attach|create later"]);
        assert_eq!(told(&["cluster: get pods/attach", "cluster: create pods/attach"]), ["|pods/attach|get,create"]);
    }

    #[test]
    fn a_group_stands_behind_the_name() {
        assert_eq!(told(&["cluster: list roles.rbac.authorization.k8s.io"]), ["rbac.authorization.k8s.io|roles|list"]);
    }
}
