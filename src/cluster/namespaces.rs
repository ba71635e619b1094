//! One namespace: whether it is there, and which pods it admits.

use std::collections::BTreeMap;

use http::{Request, StatusCode};
use serde::Deserialize;

use super::{Cluster, names};
use crate::error::{Error, Result};

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

/// The error of a namespace that is not there.
#[must_use]
pub fn missing(name: &str) -> Error {
    Error::not_found(format!("no namespace `{name}`"))
        .hint(format!("make it with `kubectl create namespace {name}`, or name another with `-n`"))
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
