//! Removing documents.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{DocumentKind, note, text};
use crate::cluster::{Cluster, termination};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Outcome};

/// Removes an object just as it was read: another one that has its name by now stays. What it owns goes after it.
///
/// # Errors
/// The object is another one now; the server cannot be asked or says no.
pub async fn remove(cluster: &Cluster, live: &Value, kind: DocumentKind) -> Result<()> {
    let (namespace, name) = (text(live, "/metadata/namespace"), text(live, "/metadata/name"));
    let change = Change {
        action: Action::Delete,
        kind: kind.name(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome: Outcome::Unknown,
    };
    match send(cluster, live, kind).await {
        Ok(Removed::Held(why)) if !cluster.is_dry_run() => {
            note(cluster, &change, Outcome::Failed(why.clone()));
            let lines = vec![
                format!("delete {}/{name}: {why}", kind.name()),
                format!("  {}", termination::way_out(kind.name(), namespace, name, true, false)),
            ];
            cluster.recorder().explain(kind.name(), name, lines);
            Ok(())
        }
        Ok(removed) => {
            let word = if matches!(removed, Removed::Gone) { "gone" } else { "deleted" };
            let done = if cluster.is_dry_run() { Outcome::Planned } else { Outcome::Done(word.to_owned()) };
            note(cluster, &change, done);
            Ok(())
        }
        Err(error) => {
            note(cluster, &change, Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

/// What a deletion came to.
enum Removed {
    Deleted,
    /// A finalizer holds it, as the text says.
    Held(String),
    Gone,
}

async fn send(cluster: &Cluster, live: &Value, kind: DocumentKind) -> Result<Removed> {
    let (namespace, name) = (text(live, "/metadata/namespace"), text(live, "/metadata/name"));
    let body = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        "preconditions": { "uid": text(live, "/metadata/uid") },
    });
    let request = Request::delete(kind.path(namespace, name))
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| Error::failed("a request could not be written"))?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => Ok(termination::stuck_in(&answer).map_or(Removed::Deleted, Removed::Held)),
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::NOT_FOUND => Ok(Removed::Gone),
        StatusCode::CONFLICT => {
            let what = format!("{} `{name}` is another one now", kind.name());
            Err(Error::new(Kind::Conflict, what).hint("run the command again"))
        }
        _ => Err(cluster.refusal(&answer)),
    }
}
