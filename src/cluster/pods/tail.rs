//! The last lines that a pod of our own has written.

use http::Request;

use super::Created;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// So many bytes of a log are read at most. The server cuts the end off, so it is more than the lines have.
const MOST_BYTES: usize = 1024 * 1024;

/// The last lines of a pod's only container, both streams mixed as the kubelet keeps them; whole lines only, as the
/// half of a secret is not known for one.
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
    Ok(whole_lines(&answer.body, MOST_BYTES))
}

/// The lines of a text that was cut after `most` bytes, without the one that the cut has gone through.
fn whole_lines(text: &[u8], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = String::from_utf8_lossy(text).lines().map(str::to_owned).collect();
    if text.len() >= most && !text.ends_with(b"\n") {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_is_left_out() {
        assert_eq!(whole_lines(b"one\ncanary-ha", 13), ["one"]);
        assert_eq!(whole_lines(b"one\ntwo\n", 8), ["one", "two"]);
        assert_eq!(whole_lines(b"one\nlast words", 100), ["one", "last words"]);
    }
}
