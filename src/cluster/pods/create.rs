//! Makes a pod of our own, and removes it: by name and UID, so that no other pod is ever hit.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::connection::effects::Inquiry;
use crate::cluster::connection::errors;
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

/// What the server says of a pod that is not to be made.
#[derive(Debug)]
pub enum Admission {
    /// It would be made: Pod Security, quotas, LimitRanges and webhooks let it in.
    Admitted,
    /// It would not, and why.
    Refused(Error),
    /// Nobody knows: the run or the user may not ask.
    Unknown(String),
}

/// Has the server judge a pod (`dryRun=All`) as its controller or the gateway would make it. Nothing is made.
///
/// # Errors
/// The server cannot be asked; there is no such namespace.
pub async fn judge(cluster: &Cluster, namespace: &str, pod: &Value) -> Result<Admission> {
    names::check_namespace(namespace)?;
    if !cluster.may_ask("create", "pods") {
        return Ok(Admission::Unknown("this run may not ask the server about new pods".to_owned()));
    }
    let mut request = Request::post(format!("/api/v1/namespaces/{namespace}/pods?dryRun=All"))
        .header(CONTENT_TYPE, "application/json")
        .body(pod.to_string().into_bytes())
        .map_err(|_| Error::failed("the request for a pod could not be written"))?;
    request.extensions_mut().insert(Inquiry);
    let answer = cluster.exchange(request).await?;
    let status = answer.reason();
    Ok(match answer.status {
        code if code.is_success() => Admission::Admitted,
        StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return Err(cluster.refusal(&answer));
        }
        _ if errors::is_about_permissions(&status) => {
            Admission::Unknown(format!("you may not create pods in namespace `{namespace}`"))
        }
        StatusCode::BAD_REQUEST if status.message.contains("does not support dry run") => {
            Admission::Unknown("a webhook of the cluster cannot judge dry runs".to_owned())
        }
        _ => Admission::Refused(cluster.refusal(&answer)),
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
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(()),
        _ => Err(cluster.refusal(&answer)),
    }
}
