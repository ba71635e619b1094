//! The tables that lists of typed values are shown as.

use std::sync::Arc;

use rhai::Dynamic;

use crate::cluster::objects::{Applied, ObjectDeletion};
use crate::cluster::pods::{Deletion, Pod, Removal, Session};
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::host::server_status::ServerStatus;
use crate::output::{Column, Document, Table};
use crate::primitives::catalog::tables;
use crate::primitives::gateway::verification;
use crate::primitives::pods::delete::count;
use crate::primitives::pods::servers;
use crate::verify::Verdict;

/// The table for a list whose items are all of one type that has one; `None` for any other list.
///
/// # Errors
/// The cluster whose name stands under the table cannot be chosen.
pub(in crate::primitives) fn of(host: &Host, items: &[Dynamic]) -> Result<Option<Document>> {
    if let Some(found) = all::<Arc<Pod>>(items) {
        return pods(host, &found).map(Some);
    }
    if let Some(found) = all::<Arc<Session>>(items) {
        return Ok(Some(session_table(&found)));
    }
    if let Some(found) = all::<Arc<ServerStatus>>(items) {
        return Ok(Some(servers::document(host, &found)?));
    }
    if let Some(found) = all::<Deletion>(items) {
        return Ok(Some(deletions(host, &found)));
    }
    if let Some(found) = all::<Arc<Applied>>(items) {
        return Ok(Some(applied(host, &found)));
    }
    if let Some(found) = all::<ObjectDeletion>(items) {
        let line = |deletion: &ObjectDeletion| {
            let what = format!("{}/{}", deletion.kind.name(), deletion.name);
            if deletion.reason.is_empty() {
                format!("{what} {}", deletion.result.name())
            } else {
                format!("{what} {}", deletion.reason)
            }
        };
        return Ok(Some(Document::new(found.iter().map(line).collect())));
    }
    if let Some(found) = all::<Arc<Verdict>>(items) {
        return Ok(Some(verification::table(&found)));
    }
    Ok(tables::of(items))
}

/// `configmap/mcp-gateway-config created`, and how many keys changed.
fn applied(host: &Host, found: &[Arc<Applied>]) -> Document {
    let mark = host.mark();
    let line = |applied: &Arc<Applied>| {
        let note = if applied.ownership_only { " (ownership only)" } else { "" };
        format!("{}/{} {}{note}{mark}", applied.kind.name(), applied.name, applied.result.name())
    };
    Document::new(found.iter().map(line).collect())
}

/// The items if there are any and all are of one type.
pub(in crate::primitives) fn all<T: Clone + 'static>(items: &[Dynamic]) -> Option<Vec<T>> {
    if items.is_empty() {
        return None;
    }
    items.iter().map(|item| item.read_lock::<T>().map(|item| item.clone())).collect()
}

fn age(seconds: u64) -> String {
    duration::age(i64::try_from(seconds).unwrap_or(i64::MAX))
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

fn pods(host: &Host, pods: &[Arc<Pod>]) -> Result<Document> {
    let spread = pods.iter().any(|pod| pod.namespace != pods[0].namespace);
    let mut columns = Vec::new();
    if spread || host.settings.all_namespaces {
        columns.push(Column::new("namespace"));
    }
    columns.extend(["name", "server", "session", "status", "age"].map(Column::new));
    columns.extend(["ready", "restarts", "reason"].map(|name| Column::new(name).wide()));
    let wide_namespace = columns.len() == 9;
    let mut table = Table::new(columns);
    for pod in pods {
        let mut row = Vec::with_capacity(9);
        if wide_namespace {
            row.push(pod.namespace.to_string());
        }
        row.extend([
            pod.name.clone(),
            pod.server.to_string(),
            pod.session.to_string(),
            pod.status.to_string(),
            age(pod.age),
            pod.ready.to_string(),
            pod.restarts.to_string(),
            pod.reason.to_string(),
        ]);
        table.row(row);
    }
    let sessions = sessions_of(pods);
    let of_sessions = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
    let summary = format!("{} in {of_sessions}, {}", count(pods.len()), place(host, pods)?);
    Ok(Document::default().table(table).summary(summary).kind("pod"))
}

fn sessions_of(pods: &[Arc<Pod>]) -> usize {
    let names: std::collections::BTreeSet<(&str, &str)> =
        pods.iter().map(|pod| (&*pod.namespace, &*pod.session)).collect();
    names.len()
}

fn session_table(found: &[Arc<Session>]) -> Document {
    let mut columns: Vec<Column> =
        ["session", "pods", "running", "servers", "oldest", "newest"].map(Column::new).into();
    let spread = found.iter().any(|session| session.namespace != found[0].namespace);
    if spread {
        columns.insert(0, Column::new("namespace"));
    }
    let mut table = Table::new(columns);
    for session in found {
        let mut row = vec![
            session.session.clone(),
            session.pods.to_string(),
            session.running.to_string(),
            session.servers.join(","),
            age(session.oldest),
            age(session.newest),
        ];
        if spread {
            row.insert(0, session.namespace.clone());
        }
        table.row(row);
    }
    Document::default().table(table).kind("session")
}

/// What was deleted needs no table: one line a pod, and how many in all.
fn deletions(host: &Host, found: &[Deletion]) -> Document {
    let line = |deletion: &Deletion| match deletion.reason.as_str() {
        "" => format!("{} {}", deletion.result.name(), deletion.name),
        // it says that it is terminating
        reason if deletion.result == Removal::Terminating => format!("{} {reason}", deletion.name),
        reason => format!("{} {}: {reason}", deletion.result.name(), deletion.name),
    };
    let total = |removal: Removal| found.iter().filter(|deletion| deletion.result == removal).count();
    let parts: Vec<String> = [Removal::Deleted, Removal::Terminating, Removal::Gone, Removal::Kept, Removal::Failed]
        .into_iter()
        .map(|removal| (total(removal), removal.name()))
        .filter(|(total, _)| *total > 0)
        .map(|(total, name)| format!("{total} {name}"))
        .collect();
    Document::new(found.iter().map(line).collect()).summary(format!("{}{}", parts.join(", "), host.mark())).kind("pod")
}
