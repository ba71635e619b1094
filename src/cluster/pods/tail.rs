//! The last lines that a pod of our own has written.

use http::Request;

use super::Created;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// So many bytes of a log are read at most.
const MOST_BYTES: u32 = 64 * 1024;

/// The last lines of a pod's only container, both streams mixed as the kubelet keeps them.
///
/// # Errors
/// The container has not started; the server cannot be asked or says no.
pub async fn tail(cluster: &Cluster, pod: &Created, lines: u32) -> Result<Vec<String>> {
    names::check_namespace(&pod.namespace)?;
    names::check_name("pod", &pod.name)?;
    let uri =
        format!("/api/v1/namespaces/{}/pods/{}/log?tailLines={lines}&limitBytes={MOST_BYTES}", pod.namespace, pod.name);
    let request = Request::get(uri).body(Vec::new());
    let request = request.map_err(|_| Error::failed("the request for logs could not be written"))?;
    let answer = cluster.call(request).await?;
    Ok(String::from_utf8_lossy(&answer.body).lines().map(str::to_owned).collect())
}
