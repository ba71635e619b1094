//! One script on several contexts of real servers.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::pod::{SESSION, gateway_pod};
use crate::support::cluster_namespace::{Place, User, second_kubeconfig};
use crate::support::program::Mcpctl;

fn read(kubeconfig: PathBuf) -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap()
}

/// A kubeconfig with the administrators of two clusters, each in a namespace.
fn kubeconfig_of_two_clusters(here: &Place, there: &Place) -> String {
    let mut merged = json!({ "apiVersion": "v1", "kind": "Config", "current-context": "here" });
    let (first, second) = (read(User::Admin.kubeconfig()), read(second_kubeconfig()));
    for (name, config, place) in [("here", first, here), ("there", second, there)] {
        let entries = [
            ("clusters", json!({ "name": name, "cluster": config["clusters"][0]["cluster"] })),
            ("users", json!({ "name": name, "user": config["users"][0]["user"] })),
            (
                "contexts",
                json!({ "name": name, "context": { "cluster": name, "user": name, "namespace": place.namespace() } }),
            ),
        ];
        for (list, entry) in entries {
            let mut all = merged[list].as_array().cloned().unwrap_or_default();
            all.push(entry);
            merged[list] = all.into();
        }
    }
    merged.to_string()
}

/// The contexts and names of pods.
fn listed(pods: &Value) -> Vec<(&str, &str)> {
    let pods = pods.as_array().unwrap().iter();
    pods.map(|pod| (pod["context"].as_str().unwrap(), pod["name"].as_str().unwrap())).collect()
}

#[test]
#[ignore = "needs two clusters: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_SECOND_KUBECONFIG"]
fn two_clusters_are_looked_at_and_cleaned_at_once() {
    let (here, there) = (Place::new("two-here"), Place::elsewhere("two-there"));
    here.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    there.create("pods", &gateway_pod("mcp-time-2", "time", SESSION));
    there.create("pods", &gateway_pod("mcp-time-3", "time", "mcp-gateway-e2e00002"));
    let config = kubeconfig_of_two_clusters(&here, &there);
    let found = mcpctl("list --contexts here,there -o json", &config).run().code(0).json();
    assert_eq!(listed(&found), [("here", "mcp-time-1"), ("there", "mcp-time-2"), ("there", "mcp-time-3")]);
    let line = format!("session {SESSION} --contexts here,there");
    mcpctl(&line, &config).run().code(1).says("here: error: refusing").says("there: error: refusing");
    let ran = mcpctl(&format!("{line} --yes"), &config).run().code(0);
    ran.gives("here: deleted mcp-time-1\n").gives("there: deleted mcp-time-2\n");
    here.until("pods", |answer| answer.json["items"].as_array().is_some_and(Vec::is_empty));
    there.until("pods", |answer| answer.json["items"].as_array().is_some_and(|pods| pods.len() == 1));
    assert_eq!(there.names("pods"), ["mcp-time-3"]);
}

/// A kubeconfig with the administrator in two namespaces, somebody who may do nothing, and a server that is not there.
fn kubeconfig(first: &Place, second: &Place) -> String {
    let (admin, stranger) = (read(User::Admin.kubeconfig()), read(User::Stranger.kubeconfig()));
    let context = |name: &str, cluster: &str, user: &str, namespace: &str| json!({ "name": name, "context": { "cluster": cluster, "user": user, "namespace": namespace } });
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "first",
        "clusters": [
            { "name": "real", "cluster": admin["clusters"][0]["cluster"] },
            { "name": "dead", "cluster": { "server": "https://127.0.0.1:1" } },
        ],
        "users": [
            { "name": "admin", "user": admin["users"][0]["user"] },
            { "name": "stranger", "user": stranger["users"][0]["user"] },
        ],
        "contexts": [
            context("first", "real", "admin", first.namespace()),
            context("second", "real", "admin", second.namespace()),
            context("strange", "real", "stranger", first.namespace()),
            context("dead", "dead", "admin", "x"),
        ],
    })
    .to_string()
}

fn mcpctl(line: &str, kubeconfig: &str) -> Mcpctl {
    Mcpctl::new(line).file("config", kubeconfig).env("KUBECONFIG", "config")
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn one_cluster_that_fails_does_not_stop_the_others() {
    let (first, second) = (Place::new("contexts-a"), Place::new("contexts-b"));
    first.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    second.create("pods", &gateway_pod("mcp-time-2", "time", SESSION));
    let config = kubeconfig(&first, &second);
    let ran = mcpctl("list --contexts first,dead,second,strange -o json", &config).run().code(3);
    let found = ran.json();
    assert_eq!(listed(&found), [("first", "mcp-time-1"), ("second", "mcp-time-2")]);
    ran.says("dead: error: cannot reach")
        .says("strange: error: user `stranger` may not list pods")
        .says("2 of 4 contexts failed: dead, strange");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn pods_go_where_they_were_meant_to() {
    let (first, second) = (Place::new("contexts-del-a"), Place::new("contexts-del-b"));
    for place in [&first, &second] {
        // the same name on both
        place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    }
    let config = kubeconfig(&first, &second);
    let line = format!("session {SESSION} --contexts first,second,dead");
    mcpctl(&line, &config).run().code(1).says("first: error: refusing").says("second: error: refusing");
    assert_eq!((first.names("pods").len(), second.names("pods").len()), (1, 1));
    mcpctl(&format!("{line} --dry-run"), &config).run().code(3).gives("first: plan").gives("second: plan");
    assert_eq!((first.names("pods").len(), second.names("pods").len()), (1, 1));
    let ran = mcpctl(&format!("{line} --yes"), &config).run().code(3);
    let ran = ran.gives("first: deleted mcp-time-1\n").gives("second: deleted mcp-time-1\n");
    let journal = ran.read("home/.local/state/mcpctl/journal.jsonl").unwrap();
    for place in [("first", &first), ("second", &second)] {
        let told = |line: &str| {
            line.contains(&format!("\"context\":\"{}\"", place.0))
                && line.contains(&format!("\"{}\"", place.1.namespace()))
        };
        assert!(journal.lines().any(told), "{journal}");
    }
    first.until("pods", |answer| answer.json["items"].as_array().is_some_and(Vec::is_empty));
}
