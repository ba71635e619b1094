//! What pods' containers wrote: the logs that are there, of one pod or of many.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::Request;
use jiff::Timestamp;

use super::Pod;
use crate::cluster::connection::errors;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// How many logs are read at once.
const CONCURRENCY: usize = 8;

/// Which part of the logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Only so many lines from the end.
    pub tail: Option<u32>,
    /// Only what is not older.
    pub since: Option<Duration>,
    /// The container; `None` is the pod's first.
    pub container: Option<String>,
    /// Of the container's run before the last restart.
    pub previous: bool,
}

impl LogOptions {
    /// The path and query for a pod's log.
    pub(super) fn uri(&self, pod: &Pod, further: &[(&str, &str)]) -> Result<String> {
        names::check_name("pod", &pod.name)?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(container) = self.container.as_deref().or(pod.containers.first().map(|name| &**name)) {
            query.append_pair("container", container);
        }
        if let Some(tail) = self.tail {
            query.append_pair("tailLines", &tail.to_string());
        }
        if let Some(since) = self.since {
            // the API takes whole seconds, and at least one
            query.append_pair("sinceSeconds", &since.as_secs().max(1).to_string());
        }
        if self.previous {
            query.append_pair("previous", "true");
        }
        for (key, value) in further {
            query.append_pair(key, value);
        }
        Ok(format!("/api/v1/namespaces/{}/pods/{}/log?{}", pod.namespace, pod.name, query.finish()))
    }
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, as the node says; `None` where it does not say.
    pub time: Option<Timestamp>,
    /// The line without its end; bytes that are no UTF-8 are replaced.
    pub text: String,
}

impl LogLine {
    /// A line as it comes with `timestamps=true`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let line = String::from_utf8_lossy(bytes);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let (word, text) = line.split_once(' ').unwrap_or((line, ""));
        match word.parse() {
            Ok(time) => Self { time: Some(time), text: text.to_owned() },
            Err(_) => Self { time: None, text: line.to_owned() },
        }
    }
}

/// The logs of a pod, as text; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// The pod or container is not there, or has not started; the server cannot be asked or says no.
pub async fn logs(cluster: &Cluster, pod: &Pod, options: &LogOptions) -> Result<String> {
    let body = body(cluster, pod, options, &[]).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A whole log, whose lines carry their times. It is kept as it came: as values its lines would take many times as much.
pub struct Log(Bytes);

impl Log {
    /// Its lines, the oldest first.
    pub fn lines(&self) -> impl Iterator<Item = LogLine> {
        let body = self.0.strip_suffix(b"\n").unwrap_or(&self.0);
        let lines = (!body.is_empty()).then(|| body.split(|byte| *byte == b'\n').map(LogLine::of));
        lines.into_iter().flatten()
    }
}

/// The logs of pods, several read at once and told pod by pod, in the order of the pods. `tell` says whether to go on.
///
/// # Errors
/// The run is refused or interrupted. That of one pod is told in its place.
pub async fn each_log(
    cluster: &Cluster,
    pods: &[Pod],
    options: &LogOptions,
    tell: &mut (dyn FnMut(&Pod, Result<Log>) -> bool + Send),
) -> Result<()> {
    let mut reading = stream::iter(pods)
        .map(|pod| async move { (pod, body(cluster, pod, options, &[("timestamps", "true")]).await) })
        .buffered(CONCURRENCY);
    while let Some((pod, body)) = reading.next().await {
        let log = match body {
            Err(error) if error.kind.is_final() => return Err(error),
            body => body.map(Log),
        };
        if !tell(pod, log) {
            break;
        }
    }
    Ok(())
}

async fn body(cluster: &Cluster, pod: &Pod, options: &LogOptions, further: &[(&str, &str)]) -> Result<Bytes> {
    let request = Request::get(options.uri(pod, further)?).body(Vec::new());
    let request = request.map_err(|_| Error::failed("the request for logs could not be written"))?;
    let body = cluster.call(request).await?.body;
    if body.is_empty() && is_without_containers(pod) {
        return Err(not_started(pod, options));
    }
    Ok(body)
}

/// Whether no container of a pod has begun, as of one that no node has taken: the server answers a request for its log
/// with nothing, and not with what it says of a container that waits.
fn is_without_containers(pod: &Pod) -> bool {
    &*pod.phase == "Pending" && matches!(&*pod.status, "Pending" | "SchedulingGated")
}

fn not_started(pod: &Pod, options: &LogOptions) -> Error {
    let container = options.container.as_deref().or(pod.containers.first().map(|name| &**name));
    let container = container.map_or_else(|| "the container".to_owned(), |name| format!("container `{name}`"));
    let reason = if pod.reason.is_empty() { pod.status.to_string() } else { format!("{}: {}", pod.status, pod.reason) };
    errors::container_not_started(&container, &pod.name, &pod.namespace, &reason).object(format!("pod/{}", pod.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_taken_off_a_line() {
        let time = "2026-01-01T00:00:00.123456789Z";
        for (written, text) in [("a b\r", "a b"), ("", ""), ("  x", "  x")] {
            let line = LogLine::of(format!("{time} {written}").as_bytes());
            assert_eq!((line.time, line.text.as_str()), (time.parse().ok(), text));
        }
        let elsewhere = LogLine::of(b"2026-01-01T01:00:00.5+01:00 x");
        assert_eq!(elsewhere, LogLine { time: "2026-01-01T00:00:00.5Z".parse().ok(), text: "x".to_owned() });
        assert_eq!(LogLine::of(b"no time here"), LogLine { time: None, text: "no time here".to_owned() });
        assert_eq!(LogLine::of(b"\xff\xfe").text, "\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn a_body_is_as_many_lines_as_it_has() {
        let texts =
            |body: &'static [u8]| Log(Bytes::from_static(body)).lines().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(b"a\n\nb\n"), ["a", "", "b"]);
        assert_eq!(texts(b"a"), ["a"]);
        assert_eq!(texts(b""), Vec::<String>::new());
    }
}
