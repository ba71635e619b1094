//! The types `Pod`, `Session` and `Deletion`.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::Map;

use super::delete;
use crate::cluster::pods::{Deletion, Pod, Removal, Session};
use crate::error::Result;
use crate::host::Host;
use crate::output::Document;
use crate::primitives::api::typed::{PropertyOf, Typed, column, count, length, property, table, text, texts, wide};

impl Typed for Arc<Pod> {
    const NAME: &'static str = "Pod";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        column("name", "string", "its name").get(|pod| text(&pod.name)),
        property("namespace", "string", "its namespace").get(|pod| text(&pod.namespace)),
        column("server", "string", "the MCP server it runs").get(|pod| text(&pod.server)),
        column("session", "string", "the gateway session that made it").get(|pod| text(&pod.session)),
        column("status", "string", "as kubectl words it: `Running`, `CrashLoopBackOff`, `Completed` …")
            .get(|pod| text(&pod.status)),
        column(
            "age",
            "Duration",
            "how long ago it was made, by the API server's clock; compares with ints, which are seconds",
        )
        .get(|pod| length(pod.age)),
        wide("ready", "string", "ready containers of all, as `1/1`").get(|pod| pod.ready.to_string().into()),
        wide("restarts", "int", "how often its containers were started again")
            .get(|pod| i64::from(pod.restarts).into()),
        property("created", "string", "when it was made, as `2026-01-31T12:00:00Z`")
            .get(|pod| pod.created.to_string().into()),
        property("phase", "string", "the API's phase: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`")
            .get(|pod| text(&pod.phase)),
        wide("reason", "string", "why it is not well, in the kubelet's words; empty if nobody says")
            .get(|pod| text(&pod.reason)),
        property("managed", "bool", "whether a gateway made it").get(|pod| pod.managed.into()),
        property("owned", "bool", "whether another object owns it and would make it again").get(|pod| pod.owned.into()),
        property("terminating", "bool", "whether it was deleted and still exists").get(|pod| pod.terminating.into()),
        property("finalizers", "array", "the finalizers that have to be removed before it is gone")
            .get(|pod| texts(&pod.finalizers)),
        property(
            "stuck",
            "string",
            "why a deleted pod still exists: `terminating, held by FINALIZER`; empty if nothing is wrong",
        )
        .get(|pod| text(&pod.stuck)),
        property("way_out", "string", "the next step for a stuck pod; else empty")
            .get(|pod| if pod.stuck.is_empty() { "".into() } else { pod.way_out(false).into() }),
        property("labels", "map", "its labels").get(|pod| {
            pod.labels.iter().map(|(key, value)| (key.into(), value.to_owned().into())).collect::<Map>().into()
        }),
    ];

    fn document(host: &Host, pods: &[Self]) -> Result<Option<Document>> {
        let spread = pods.iter().any(|pod| pod.namespace != pods[0].namespace);
        let table = table(pods, (spread || host.settings.all_namespaces).then_some("namespace"));
        let sessions: BTreeSet<(&str, &str)> = pods.iter().map(|pod| (&*pod.namespace, &*pod.session)).collect();
        let sessions =
            if sessions.len() == 1 { "1 session".to_owned() } else { format!("{} sessions", sessions.len()) };
        let summary = format!("{} in {sessions}, {}", delete::count(pods.len()), place(host, pods)?);
        Ok(Some(Document::default().table(table).summary(summary).kind("pod")))
    }
}

impl Typed for Arc<Session> {
    const NAME: &'static str = "Session";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        column("session", "string", "the session's id").get(|session| text(&session.session)),
        property("namespace", "string", "the namespace its pods are in").get(|session| text(&session.namespace)),
        column("pods", "int", "how many pods it has").get(|session| count(session.pods)),
        column("running", "int", "how many of them run").get(|session| count(session.running)),
        property("finished", "int", "how many of them have ended").get(|session| count(session.finished)),
        property(
            "over",
            "bool",
            "whether nobody has any use for it: each of its pods has ended, or is one of a verification that is over",
        )
        .get(|session| session.over.into()),
        column("servers", "array", "the MCP servers they run, sorted").get(|session| texts(&session.servers)),
        column("oldest", "Duration", "age of its oldest pod").get(|session| length(session.oldest)),
        column("newest", "Duration", "age of its newest pod").get(|session| length(session.newest)),
    ];

    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let spread = found.iter().any(|session| session.namespace != found[0].namespace);
        let table = table(found, spread.then_some("namespace"));
        Ok(Some(Document::default().table(table).kind("session")))
    }
}

impl Typed for Deletion {
    const NAME: &'static str = "Deletion";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("name", "string", "the pod's name").get(|deletion| text(&deletion.name)),
        property("namespace", "string", "its namespace").get(|deletion| text(&deletion.namespace)),
        property(
            "result",
            "string",
            "`deleted`, `terminating` (something holds it), `gone` (it was already), `kept` or `failed`",
        )
        .get(|deletion| deletion.result.name().into()),
        property("reason", "string", "why it was kept, is still terminating or could not be deleted; else empty")
            .get(|deletion| text(&deletion.reason)),
    ];

    /// What was deleted needs no table: one line a pod, and how many in all.
    fn document(host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let line = |deletion: &Self| match deletion.reason.as_str() {
            "" => format!("{} {}", deletion.result.name(), deletion.name),
            // it says that it is terminating
            reason if deletion.result == Removal::Terminating => format!("{} {reason}", deletion.name),
            reason => format!("{} {}: {reason}", deletion.result.name(), deletion.name),
        };
        let total = |removal: Removal| found.iter().filter(|deletion| deletion.result == removal).count();
        let parts: Vec<String> =
            [Removal::Deleted, Removal::Terminating, Removal::Gone, Removal::Kept, Removal::Failed]
                .into_iter()
                .map(|removal| (total(removal), removal.name()))
                .filter(|(total, _)| *total > 0)
                .map(|(total, name)| format!("{total} {name}"))
                .collect();
        let summary = format!("{}{}", parts.join(", "), host.mark());
        Ok(Some(Document::new(found.iter().map(line).collect()).summary(summary).kind("pod")))
    }
}

/// Where the pods are, as far as it is one place.
fn place(host: &Host, pods: &[Arc<Pod>]) -> Result<String> {
    let cluster = host.cluster()?;
    let first = pods.first().map_or(cluster.namespace(), |pod| &pod.namespace);
    let namespace = if pods.iter().any(|pod| &*pod.namespace != first) {
        "all namespaces".to_owned()
    } else {
        format!("namespace {first}")
    };
    Ok(format!("{namespace}, {}context {}", if cluster.is_simulated() { "sandbox " } else { "" }, cluster.context()))
}
