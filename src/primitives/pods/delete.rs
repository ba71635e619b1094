//! How pods go: shown first, asked about, then deleted many at once with each one's fate told.

use std::sync::Arc;
use std::time::Duration;

use rhai::{Array, Dynamic, Map};

use super::get;
use crate::cluster::pods::{self, DeleteOptions, Deletion, Pod, Progress};
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::output::{Column, Confirmation, Table};
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::wrong_type;

const OPTIONS: [&str; 8] = ["namespace", "wait", "timeout", "owned", "grace", "force", "concurrency", "heading"];

/// How long to wait for the pods to be gone unless told.
const WAIT: Duration = Duration::from_secs(60);

/// Deletes what a script gave: pods, names, or both.
///
/// # Errors
/// Something that is no pod; a pod that no gateway made; nobody confirms.
pub(in crate::primitives) fn delete(host: &Host, what: &Dynamic, options: &Map) -> Result<Vec<Deletion>> {
    let options = Options::new("pods::delete", options, &OPTIONS)?;
    let delete = DeleteOptions {
        wait: options.flag("wait")?.then_some(options.duration("timeout")?.unwrap_or(WAIT)),
        include_owned: options.flag("owned")?,
        grace: options.number("grace", 0)?.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        force: options.flag("force")?,
        concurrency: options
            .number("concurrency", 1)?
            .map_or(DeleteOptions::default().concurrency, |n| usize::try_from(n).unwrap_or(1)),
    };
    let found = collect(host, what, options.namespace()?.as_deref())?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    pods::refuse_foreign(&found)?;
    host.refuse_if_read_only(&format!("delete {}", count(found.len())))?;
    host.recorder.permit(&crate::record::Effect::cluster("delete", "pods"))?;
    let heading = options.text("heading")?.map(|heading| format!(" {heading}")).unwrap_or_default();
    let going = found.iter().filter(|pod| delete.include_owned || !pod.owned).count();
    if going > 0 && !host.settings.dry_run {
        preview(host, &found, &heading)?;
        confirm(host, going)?;
        if delete.force {
            confirm_force(host, going)?;
        }
    }
    let progress = host.printer.progress("deleting pods", Some(found.len() as u64));
    let cluster = host.cluster()?;
    let mut report = |known: Progress<'_>| match known {
        Progress::Result(_) => progress.one(),
        Progress::Waiting(line) => host.printer.info(line),
    };
    host.wait(pods::delete(cluster, found, &delete, &mut report))
}

/// The pods that are meant; a pod named twice counts once.
fn collect(host: &Host, what: &Dynamic, namespace: Option<&str>) -> Result<Vec<Pod>> {
    let mut found: Vec<Pod> = Vec::new();
    let one = what.clone();
    let several = match what.read_lock::<Array>() {
        Some(array) => array.clone(),
        None => vec![one],
    };
    for item in &several {
        let pod = match item.read_lock::<Arc<Pod>>() {
            Some(pod) => Pod::clone(&pod),
            None => {
                let name = item
                    .clone()
                    .into_string()
                    .map_err(|kind| wrong_type("what is to be deleted", "a pod or a name", kind))?;
                // an unmanaged pod is refused below, with all the others
                get(host, &name, namespace, true)?
            }
        };
        if !found.iter().any(|known| known.uid == pod.uid) {
            found.push(pod);
        }
    }
    Ok(found)
}

fn preview(host: &Host, pods: &[Pod], heading: &str) -> Result<()> {
    let first = &pods[0].namespace;
    let same = pods.iter().all(|pod| pod.namespace == *first);
    host.announce(if same { first } else { "" })?;
    let mut columns = vec![
        Column::new("name"),
        Column::new("server"),
        Column::new("session"),
        Column::new("status"),
        Column::new("age"),
    ];
    if !same {
        columns.insert(0, Column::new("namespace"));
    }
    let mut table = Table::new(columns);
    for pod in pods {
        let age = duration::age(i64::try_from(pod.age).unwrap_or(i64::MAX));
        let mut row =
            vec![pod.name.clone(), pod.server.to_string(), pod.session.to_string(), pod.status.to_string(), age];
        if !same {
            row.insert(0, pod.namespace.to_string());
        }
        table.row(row);
    }
    host.printer.line(&format!("{}{heading}:", count(pods.len())));
    host.printer.preview(&table);
    Ok(())
}

fn confirm(host: &Host, going: usize) -> Result<()> {
    let them = if going == 1 { "it" } else { "them" };
    let confirmation = Confirmation::new(
        format!("delete {them}?"),
        format!("refusing to delete {} without a confirmation", count(going)),
    );
    host.prompter.confirm(&confirmation.hint(host.hint_to_confirm()))
}

/// A pod that is deleted by force may go on running on a node that does not answer, so it is asked separately.
fn confirm_force(host: &Host, going: usize) -> Result<()> {
    host.printer
        .line("by force: the objects are removed at once, and containers on a node that is away may go on running");
    let confirmation =
        Confirmation::new("force the deletion?", format!("refusing to force the deletion of {}", count(going)));
    host.prompter.confirm(&confirmation.hint(host.hint_to_confirm()))
}

/// `1 pod`, `3 pods`.
#[must_use]
pub(in crate::primitives) fn count(pods: usize) -> String {
    if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") }
}
