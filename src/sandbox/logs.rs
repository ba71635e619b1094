//! `pods/log`: a few lines, as a server would have written them at its start.

use serde_json::Value;

use super::query::Query;
use super::resource::Key;
use super::status::{Failure, Result};
use super::store::State;

/// The log of a pod.
pub(super) fn read(state: &State, key: &Key, query: &Query) -> Result<String> {
    let Some(pod) = state.get(key) else { return Err(Failure::not_found(key.resource, &key.name)) };
    let pod = &pod.value;
    let containers = pod["spec"]["containers"].as_array().map_or(&[][..], Vec::as_slice);
    let wanted = query.get("container");
    let container = containers.iter().find(|c| wanted.is_empty() || c["name"] == wanted);
    let Some(container) = container else {
        return Err(Failure::bad_request(format!("container {wanted} is not valid for pod {}", key.name)));
    };
    let name = container["name"].as_str().unwrap_or_default();
    let statuses = pod["status"]["containerStatuses"].as_array().map_or(&[][..], Vec::as_slice);
    let status = statuses.iter().find(|s| s["name"] == name);
    let waiting = status.map(|s| &s["state"]["waiting"]["reason"]).and_then(Value::as_str);
    if let Some(reason) = waiting {
        let why = format!("container \"{name}\" in pod \"{}\" is waiting to start: {reason}", key.name);
        return Err(Failure::bad_request(why));
    }
    if status.is_none() {
        return Ok(String::new());
    }
    let image = container["image"].as_str().unwrap_or_default();
    let lines = [format!("starting {image}"), "listening on stdio".to_owned(), "ready".to_owned()];
    let tail = query.number("tailLines")?.and_then(|n| usize::try_from(n).ok()).unwrap_or(lines.len());
    let shown = &lines[lines.len().saturating_sub(tail)..];
    Ok(shown.iter().map(|line| format!("{line}\n")).collect())
}
