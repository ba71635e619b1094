//! One namespace: whether it is there, and which pods it admits.

use std::collections::BTreeMap;

use http::{Request, StatusCode};
use serde::Deserialize;

use super::connection::effects::Inquiry;
use super::{ApiResponse, Cluster, access, names};
use crate::error::{Error, Result};
use crate::nearest;

/// The label by which a namespace refuses pods: <https://kubernetes.io/docs/concepts/security/pod-security-admission/>.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// A namespace as it is on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whether it is being deleted, so that nothing can be made in it.
    pub ending: bool,
    labels: BTreeMap<String, String>,
}

impl Namespace {
    /// The level of Pod Security that pods must keep to here, as `restricted`; none where the namespace does not say.
    #[must_use]
    pub fn pod_security(&self) -> Option<&str> {
        self.labels.get(ENFORCE).map(String::as_str)
    }
}

#[derive(Deserialize)]
struct Live {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    phase: String,
}

/// The command that lets the gateway's pods into a namespace whose level of Pod Security refuses them.
#[must_use]
pub fn admit(name: &str) -> String {
    format!("`kubectl label namespace {name} {ENFORCE}=baseline --overwrite`")
}

/// The error of a namespace that does not exist, with the nearest one that does.
pub async fn missing(cluster: &Cluster, name: &str) -> Error {
    error(name, nearest(cluster, name).await.as_deref())
}

/// The same, where the nearest one is known already.
pub(super) fn error(name: &str, near: Option<&str>) -> Error {
    let error = Error::not_found(format!("no namespace `{name}`")).object(format!("namespace/{name}"));
    match near {
        Some(_) => error.suggest(near),
        None => error.hint(format!("make it with `kubectl create namespace {name}`, or name another with `-n`")),
    }
}

/// The existing namespace nearest to a name; `None` where they may not be listed.
pub async fn nearest(cluster: &Cluster, name: &str) -> Option<String> {
    let answer = inquire(cluster, "list", "/api/v1/namespaces").await?;
    let names = access::names(&answer).ok()?;
    nearest::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Checks a namespace in which nothing was found.
///
/// # Errors
/// It does not exist. A name that cannot be looked up causes no error.
pub async fn check(cluster: &Cluster, name: &str) -> Result<()> {
    names::check_namespace(name)?;
    match inquire(cluster, "get", &format!("/api/v1/namespaces/{name}")).await {
        // another 404, of a proxy for example, says nothing of the namespace
        Some(answer) if answer.status == StatusCode::NOT_FOUND && names_namespace(&answer) => {
            Err(missing(cluster, name).await)
        }
        _ => Ok(()),
    }
}

fn names_namespace(answer: &ApiResponse) -> bool {
    answer.reason().details.is_some_and(|details| details.kind == "namespaces")
}

/// An answer that only words an error; `None` where it may not be asked for, or does not come.
async fn inquire(cluster: &Cluster, verb: &str, path: &str) -> Option<ApiResponse> {
    if !cluster.may_ask(verb, "namespaces") {
        return None;
    }
    let mut request = Request::get(path).body(Vec::new()).ok()?;
    request.extensions_mut().insert(Inquiry);
    // `exchange` itself asks for the nearest namespace
    Box::pin(cluster.exchange(request)).await.ok()
}

/// A namespace by its name; `None` if it is not there.
///
/// # Errors
/// A name that cannot be; the server cannot be asked or says no.
pub async fn get(cluster: &Cluster, name: &str) -> Result<Option<Namespace>> {
    names::check_namespace(name)?;
    let request = Request::get(format!("/api/v1/namespaces/{name}"))
        .body(Vec::new())
        .map_err(|_| Error::failed("a request could not be written"))?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => {
            let live: Live = answer.parse()?;
            let ending = live.status.phase == "Terminating";
            Ok(Some(Namespace { name: live.metadata.name, ending, labels: live.metadata.labels }))
        }
        _ => Err(cluster.refusal(&answer)),
    }
}
