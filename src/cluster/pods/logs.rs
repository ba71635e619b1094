//! What a pod's container wrote.

use http::Request;

use super::Pod;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// Which part of the logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Only so many lines from the end.
    pub tail: Option<u32>,
    /// The container; `None` is the pod's first.
    pub container: Option<String>,
    /// Of the container's run before the last restart.
    pub previous: bool,
}

/// The logs of a pod, as text; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// The pod or container is not there, or has not started; the server cannot be asked or says no.
pub async fn logs(cluster: &Cluster, pod: &Pod, options: &LogOptions) -> Result<String> {
    names::check_name("pod", &pod.name)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(container) = options.container.as_deref().or(pod.containers.first().map(|name| &**name)) {
        query.append_pair("container", container);
    }
    if let Some(tail) = options.tail {
        query.append_pair("tailLines", &tail.to_string());
    }
    if options.previous {
        query.append_pair("previous", "true");
    }
    let uri = format!("/api/v1/namespaces/{}/pods/{}/log?{}", pod.namespace, pod.name, query.finish());
    let request = Request::get(uri).body(Vec::new());
    let request = request.map_err(|_| Error::failed("the request for logs could not be written"))?;
    let answer = cluster.call(request).await?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}
