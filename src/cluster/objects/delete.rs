//! Deletes one object, and no other that came to have its name.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::json;

use super::read::{get, path, unwritable};
use super::{Object, ObjectKind};
use crate::cluster::pods::Removal;
use crate::cluster::{Cluster, termination};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, KeyChange, Outcome};

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDeletion {
    /// Which kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// [`Removal::Deleted`], [`Removal::Terminating`] where a finalizer holds it, or [`Removal::Gone`] if it was not
    /// there.
    pub result: Removal,
    /// What holds it; else empty.
    pub reason: String,
}

/// Deletes an object.
///
/// # Errors
/// Another object has its name now; the server cannot be asked or says no.
pub async fn delete(cluster: &Cluster, kind: ObjectKind, namespace: &str, name: &str) -> Result<ObjectDeletion> {
    let live = get(cluster, kind, namespace, name).await?;
    let namespace = if namespace.is_empty() { cluster.namespace() } else { namespace };
    let done = |result| ObjectDeletion {
        kind,
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        result,
        reason: String::new(),
    };
    let Some(live) = live else { return Ok(done(Removal::Gone)) };
    cluster.check_change("delete", kind.resource())?;
    if cluster.is_dry_run() && live.resource_version.is_empty() {
        // Only this dry run has imagined it.
        note(cluster, &live, Outcome::Planned);
        cluster.imagined().set_object(kind, namespace, name, None);
        return Ok(done(Removal::Deleted));
    }
    if !cluster.is_dry_run() {
        note(cluster, &live, Outcome::Unknown);
    }
    match send(cluster, &live).await {
        Ok((Removal::Terminating, why)) if !cluster.is_dry_run() => {
            note(cluster, &live, Outcome::Failed(why.clone()));
            let lines = vec![
                format!("delete {}/{name}: {why}", kind.name()),
                format!("  {}", termination::way_out(kind.name(), namespace, name, true, false)),
            ];
            cluster.recorder().explain(kind.name(), name, lines);
            Ok(ObjectDeletion { reason: why, ..done(Removal::Terminating) })
        }
        Ok((result, why)) => {
            if cluster.is_dry_run() {
                note(cluster, &live, Outcome::Planned);
                cluster.imagined().set_object(kind, namespace, name, None);
            } else {
                note(cluster, &live, Outcome::Done(result.name().to_owned()));
            }
            Ok(ObjectDeletion { reason: why, ..done(result) })
        }
        Err(error) => {
            note(cluster, &live, Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

async fn send(cluster: &Cluster, live: &Object) -> Result<(Removal, String)> {
    let body = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        "preconditions": { "uid": live.uid },
    });
    let request = Request::delete(path(live.kind, &live.namespace, &live.name))
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| unwritable())?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => Ok(match termination::stuck_in(&answer) {
            Some(why) => (Removal::Terminating, why),
            None => (Removal::Deleted, String::new()),
        }),
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::NOT_FOUND => Ok((Removal::Gone, String::new())),
        StatusCode::CONFLICT => {
            let what = Object::described(live.kind, &live.namespace, &live.name);
            Err(Error::new(Kind::Conflict, format!("{what} is another one now")).hint("run the command again"))
        }
        _ => Err(cluster.refusal(&answer)),
    }
}

fn note(cluster: &Cluster, live: &Object, outcome: Outcome) {
    cluster.recorder().change(Change {
        action: Action::Delete,
        kind: live.kind.name(),
        name: live.name.clone(),
        namespace: live.namespace.clone(),
        keys: live.data.keys().cloned().map(KeyChange::Removed).collect(),
        note: String::new(),
        outcome,
    });
}
