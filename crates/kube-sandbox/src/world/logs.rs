//! `pods/log`: a few lines, as a server would have written them at its start, and the end of a followed log.

use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use hyper::body::Frame;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::World;
use super::store::State;
use crate::api::resource::Key;
use crate::http::body::Broken;
use crate::http::query::Query;
use crate::http::status::{Failure, Result};
use crate::object::metadata;

/// A log that is followed until its container has ended.
#[derive(Debug)]
pub(crate) struct Followed {
    key: Key,
    uid: String,
    container: String,
    text: String,
}

/// The answer to a request for a log.
#[derive(Debug)]
pub(crate) enum Log {
    /// The lines written so far.
    Text(String),
    /// These, and later lines.
    Followed(Followed),
}

/// The log of a pod.
pub(crate) fn read(state: &State, now: Timestamp, key: &Key, query: &Query) -> Result<Log> {
    let Some(pod) = state.get(key) else { return Err(Failure::not_found(key.resource, &key.name)) };
    let pod = &pod.value;
    let containers = pod["spec"]["containers"].as_array().map_or(&[][..], Vec::as_slice);
    let wanted = query.get("container");
    let container = containers.iter().find(|c| wanted.is_empty() || c["name"] == wanted);
    let Some(container) = container else {
        return Err(Failure::bad_request(format!("container {wanted} is not valid for pod {}", key.name)));
    };
    let name = container["name"].as_str().unwrap_or_default();
    let status = status(pod, name);
    if query.flag("previous") && status.is_none_or(|status| status["restartCount"].as_i64().unwrap_or(0) == 0) {
        let why = format!("previous terminated container \"{name}\" in pod \"{}\" not found", key.name);
        return Err(Failure::bad_request(why));
    }
    let waiting = status.map(|s| &s["state"]["waiting"]["reason"]).and_then(Value::as_str);
    if let Some(reason) = waiting.filter(|_| !query.flag("previous")) {
        let why = format!("container \"{name}\" in pod \"{}\" is waiting to start: {reason}", key.name);
        return Err(Failure::bad_request(why));
    }
    let text = status.map_or(Ok(String::new()), |status| lines(container, status, now, query))?;
    if !query.flag("follow") || status.is_none_or(has_ended) {
        return Ok(Log::Text(text));
    }
    let uid = metadata(pod, "uid").to_owned();
    Ok(Log::Followed(Followed { key: key.clone(), uid, container: name.to_owned(), text }))
}

fn status<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    pod["status"]["containerStatuses"].as_array()?.iter().find(|status| status["name"] == container)
}

fn has_ended(status: &Value) -> bool {
    status["state"]["terminated"].is_object()
}

/// The lines that the query asks for, the first written when the container was started.
fn lines(container: &Value, status: &Value, now: Timestamp, query: &Query) -> Result<String> {
    let image = container["image"].as_str().unwrap_or_default();
    let texts = [format!("starting {image}"), "listening on stdio".to_owned(), "ready".to_owned()];
    let states = [&status["state"]["running"], &status["state"]["terminated"]];
    let started = states.iter().find_map(|state| state["startedAt"].as_str()?.parse::<Timestamp>().ok());
    let started = started.unwrap_or(now);
    let seconds = query.number("sinceSeconds")?.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    let since = match query.get("sinceTime") {
        "" => seconds.and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok()),
        text => Some(text.parse().map_err(|_| Failure::bad_request(format!("cannot parse \"{text}\"")))?),
    };
    let timed = texts
        .into_iter()
        .zip(0..)
        .map(|(text, place)| (started.checked_add(SignedDuration::from_micros(place)).unwrap_or(started), text));
    let mut lines: Vec<(Timestamp, String)> =
        timed.filter(|(time, _)| since.is_none_or(|since| time.as_second() >= since.as_second())).collect();
    if let Some(tail) = query.number("tailLines")?.and_then(|n| usize::try_from(n).ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let stamped = query.flag("timestamps");
    Ok(lines
        .iter()
        .map(|(time, text)| if stamped { format!("{time:.9} {text}\n") } else { format!("{text}\n") })
        .collect())
}

impl Followed {
    /// The text, then nothing until the container has ended or its pod is deleted.
    pub(crate) fn stream(self, world: Arc<World>) -> impl Stream<Item = Result<Frame<Bytes>, Broken>> + Send {
        let changed = world.changes();
        futures::stream::unfold((self, world, changed), |(mut log, world, mut changed)| async move {
            if !log.text.is_empty() {
                let text = Bytes::from(std::mem::take(&mut log.text));
                return Some((Ok(Frame::data(text)), (log, world, changed)));
            }
            loop {
                changed.borrow_and_update();
                let (over, due) = world.with_state(|state, _| (log.is_over(state), state.next_due()));
                if over {
                    return None;
                }
                let wait = due.and_then(|due| due.duration_since(world.now()).try_into().ok());
                let next = async {
                    match wait {
                        Some(wait) => tokio::time::sleep(wait).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    changed = changed.changed() => if changed.is_err() { return None },
                    () = next => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
                }
            }
        })
    }

    fn is_over(&self, state: &State) -> bool {
        let Some(pod) = state.get(&self.key).filter(|pod| metadata(&pod.value, "uid") == self.uid) else { return true };
        status(&pod.value, &self.container).is_none_or(has_ended)
    }
}
