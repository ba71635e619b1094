//! The namespace, and which pods it admits.

use crate::cluster::namespaces;
use crate::error::Kind;

use super::finding::{Finding, State};
use super::scene::Scene;

pub(super) fn look(scene: &Scene) -> Vec<Finding> {
    let cluster = match scene.cluster("namespace") {
        Ok(cluster) => cluster,
        Err(unknown) => return vec![unknown, Finding::unknown("pod security")],
    };
    let name = cluster.namespace();
    let namespace = match scene.wait(namespaces::get(cluster, name)) {
        Ok(Some(namespace)) => namespace,
        Ok(None) => {
            let make = format!("`kubectl create namespace {name}`, or choose another with `-n`");
            return vec![
                Finding::failed("namespace", format!("there is no namespace {name}"), make),
                Finding::warning("pod security", format!("not known: there is no namespace {name}"), "make it first"),
            ];
        }
        Err(error) if error.kind == Kind::Forbidden => {
            let unseen = |check| {
                Finding::warning(
                    check,
                    format!("you may not look at namespace {name}"),
                    "no need to, unless pods are refused",
                )
            };
            return vec![unseen("namespace"), unseen("pod security")];
        }
        Err(error) => {
            return vec![
                Finding::of("namespace", State::Failed, &error),
                Finding::warning("pod security", "not known", "look at the line `namespace` first"),
            ];
        }
    };
    let there = if namespace.ending {
        Finding::failed(
            "namespace",
            format!("{name} is being deleted"),
            "wait for its end, or choose another with `-n`",
        )
    } else {
        Finding::ok("namespace", namespace.name.clone())
    };
    vec![there, admission(name, namespace.pod_security())]
}

/// The gateway gives its pods no security context, which `restricted` asks for.
fn admission(namespace: &str, level: Option<&str>) -> Finding {
    let check = "pod security";
    match level {
        None => Finding::ok(check, "the namespace sets no level; the cluster's default holds"),
        Some(level @ ("privileged" | "baseline")) => Finding::ok(check, format!("{level}: admits the gateway's pods")),
        Some(level) => Finding::failed(
            check,
            format!("{level}: refuses the gateway's pods, which have no security context"),
            namespaces::admit(namespace),
        ),
    }
}
