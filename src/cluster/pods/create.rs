//! Makes a pod of our own, and removes it: by name and UID, so that no other pod is ever hit.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// A pod that was made, as far as later requests need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID; empty where the answer to its creation never came.
    pub uid: String,
    /// The version of it that a watch goes on from; empty where it is not known.
    pub resource_version: String,
}

#[derive(Deserialize)]
struct Answered {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    resource_version: String,
}

/// Makes a pod from its document. A dry run has the server judge it and makes none.
///
/// # Errors
/// The server cannot be asked or says no: rights, quotas, admission.
pub async fn create(cluster: &Cluster, namespace: &str, pod: &Value) -> Result<Created> {
    names::check_namespace(namespace)?;
    let request = Request::post(format!("/api/v1/namespaces/{namespace}/pods"))
        .header(CONTENT_TYPE, "application/json")
        .body(pod.to_string().into_bytes())
        .map_err(|_| Error::failed("the request for a pod could not be written"))?;
    let made: Answered = cluster.call(request).await?.parse()?;
    Ok(Created {
        namespace: namespace.to_owned(),
        name: made.metadata.name,
        uid: made.metadata.uid,
        resource_version: made.metadata.resource_version,
    })
}

/// Removes a pod that this run has made. One that is gone, or whose name another pod has by now, is fine.
///
/// # Errors
/// The server cannot be asked or says no: the pod is still there.
pub async fn remove(cluster: &Cluster, pod: &Created, grace: u32) -> Result<()> {
    names::check_namespace(&pod.namespace)?;
    names::check_name("pod", &pod.name)?;
    let mut body = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": grace });
    if !pod.uid.is_empty() {
        body["preconditions"] = json!({ "uid": pod.uid });
    }
    let request = Request::delete(format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name))
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| Error::failed("a deletion could not be written"))?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(()),
        _ => Err(cluster.refusal(&answer)),
    }
}
