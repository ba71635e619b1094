//! Applying documents, and making what is run once.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::Value;

use super::{DocumentKind, note, text};
use crate::cluster::{ApiResponse, Cluster};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Outcome};

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    Created,
    /// It was written.
    Configured,
    /// All was as it should be.
    Unchanged,
}

impl Made {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Applies a document as `owner`. `live` is what was read of the object just before; `None` if it was not there.
///
/// A dry run has the server judge it. A binding is judged by its role, which the server would look for: one whose
/// role is only planned (`judged` is false) is not sent.
///
/// # Errors
/// Fields of it belong to others; the server cannot be asked or says no.
pub async fn apply(
    cluster: &Cluster,
    document: &Value,
    live: Option<&Value>,
    owner: &str,
    judged: bool,
) -> Result<Made> {
    let kind = kind(document)?;
    let (namespace, name) = (text(document, "/metadata/namespace"), text(document, "/metadata/name"));
    let change = Change {
        action: if live.is_some() { Action::Change } else { Action::Create },
        kind: kind.name(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome: Outcome::Unknown,
    };
    if cluster.is_dry_run() && !judged {
        note(cluster, &change, Outcome::Planned);
        return Ok(Made::Created);
    }
    match send(cluster, kind, document, owner, false).await {
        Ok((_, after)) if live.is_some_and(|live| same(live, &after)) => Ok(Made::Unchanged),
        Ok((status, _)) => {
            let made = if status == StatusCode::CREATED { Made::Created } else { Made::Configured };
            note(cluster, &change, if cluster.is_dry_run() { Outcome::Planned } else { done(made) });
            Ok(made)
        }
        Err(error) => {
            note(cluster, &change, Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

/// Has the server judge a document without doing anything: for one of several that must not be begun in vain.
///
/// # Errors
/// As [`apply`].
pub async fn judge(cluster: &Cluster, document: &Value, owner: &str) -> Result<()> {
    send(cluster, kind(document)?, document, owner, true).await.map(|_| ())
}

async fn send(
    cluster: &Cluster,
    kind: DocumentKind,
    document: &Value,
    owner: &str,
    only_judged: bool,
) -> Result<(StatusCode, Value)> {
    let (namespace, name) = (text(document, "/metadata/namespace"), text(document, "/metadata/name"));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("fieldManager", owner);
    if only_judged {
        query.append_pair("dryRun", "All");
    }
    let query = query.finish();
    let request = Request::patch(format!("{}?{query}", kind.path(namespace, name)))
        .header(CONTENT_TYPE, "application/apply-patch+yaml")
        .body(document.to_string().into_bytes())
        .map_err(|_| unwritable())?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => Ok((status, answer.parse()?)),
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::CONFLICT => Err(conflict(cluster, kind, name, &answer)),
        _ => Err(cluster.refusal(&answer)),
    }
}

/// Fields that others hold, by name; any other conflict is told as the server does.
fn conflict(cluster: &Cluster, kind: DocumentKind, name: &str, answer: &ApiResponse) -> Error {
    let status = answer.reason();
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let held = causes.filter(|cause| cause.reason == "FieldManagerConflict");
    let held: Vec<String> = held
        .map(|cause| format!("`{}`: {}", cause.field, cause.message.split('"').nth(1).unwrap_or("another manager")))
        .collect();
    if held.is_empty() {
        return cluster.refusal(answer);
    }
    let mut error = Error::new(Kind::Conflict, format!("somebody else has set fields of {} `{name}`", kind.name()));
    for field in held {
        error = error.detail(field);
    }
    error.object(format!("{}/{name}", kind.name()))
}

/// Makes an object that is not there yet. A dry run has the server judge it.
///
/// # Errors
/// It is there; the server cannot be asked or says no.
pub async fn create(cluster: &Cluster, document: &Value) -> Result<()> {
    let kind = kind(document)?;
    let (namespace, name) = (text(document, "/metadata/namespace"), text(document, "/metadata/name"));
    let change = Change {
        action: Action::Create,
        kind: kind.name(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome: Outcome::Unknown,
    };
    let request = Request::post(kind.collection(namespace))
        .header(CONTENT_TYPE, "application/json")
        .body(document.to_string().into_bytes())
        .map_err(|_| unwritable())?;
    match cluster.call(request).await {
        Ok(_) => {
            note(cluster, &change, if cluster.is_dry_run() { Outcome::Planned } else { done(Made::Created) });
            Ok(())
        }
        Err(error) => {
            note(cluster, &change, Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

fn done(made: Made) -> Outcome {
    Outcome::Done(made.name().to_owned())
}

fn kind(document: &Value) -> Result<DocumentKind> {
    DocumentKind::of(document).ok_or_else(|| Error::failed("a document of an unknown kind cannot be applied"))
}

fn unwritable() -> Error {
    Error::failed("a request could not be written")
}

/// Whether an object is what it was, but for what the server writes down about it.
fn same(before: &Value, after: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(map) = object.as_object_mut() {
            map.remove("status");
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for field in ["managedFields", "resourceVersion", "generation"] {
                metadata.remove(field);
            }
        }
        object
    };
    bare(before) == bare(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_writes_down_is_no_change() {
        let object = |rv: &str, spec: &str| json!({"metadata": {"name": "a", "resourceVersion": rv, "managedFields": [rv]}, "spec": spec, "status": rv});
        assert!(same(&object("1", "x"), &object("2", "x")));
        assert!(!same(&object("1", "x"), &object("1", "y")));
    }
}
