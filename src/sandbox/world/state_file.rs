//! A world in a file: `--sandbox=FILE` keeps its state between commands.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::{later, rfc3339};
use super::fixtures::with_kind;
use super::images::Images;
use super::store::{State, metadata};
use crate::encoding;
use crate::error::{Error, Result};
use crate::files::{self, Mode};
use crate::sandbox::api::resource::{Key, Resource};
use crate::shell;

/// The version of the format.
const VERSION: u32 = 1;

/// The longest file, in bytes: a world of a hundred thousand pods.
const LONGEST: u64 = 256 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct File {
    mcpctl_sandbox: u32,
    revision: u64,
    /// How far the clock is ahead of the real time.
    ahead_seconds: u64,
    /// When a live cluster was taken into it. Until it is worked on, its objects do not grow older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken: Option<Timestamp>,
    /// The current namespace, where it is not `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    images: Vec<String>,
    objects: Vec<Value>,
}

/// What a file held.
#[derive(Debug)]
pub(in crate::sandbox) struct Saved {
    pub(in crate::sandbox) state: State,
    pub(in crate::sandbox) ahead: Duration,
    pub(in crate::sandbox) images: Vec<String>,
    pub(in crate::sandbox) namespace: Option<String>,
}

/// Reads a file; `None` if it does not exist.
pub(in crate::sandbox) fn read(path: &Path) -> Result<Option<Saved>> {
    let Some(bytes) = files::read_file(path, LONGEST)? else { return Ok(None) };
    let text = encoding::utf8_bytes(&bytes, &path.display().to_string())?;
    let file: File = serde_json::from_slice(&text).map_err(|_| no_sandbox(path))?;
    if file.mcpctl_sandbox != VERSION {
        return Err(no_sandbox(path).cause(format!("its version is {}, not {VERSION}", file.mcpctl_sandbox)));
    }
    let mut state = State::at_revision(file.revision);
    let stood_still = file.taken.and_then(|taken| Duration::try_from(Timestamp::now().duration_since(taken)).ok());
    for mut object in file.objects {
        if let Some(by) = stood_still {
            postpone(&mut object, by);
        }
        let kind = object["kind"].as_str().unwrap_or_default();
        let resource = Resource::from_kind(kind).ok_or_else(|| no_sandbox(path))?;
        let key = Key::new(resource, metadata(&object, "namespace"), metadata(&object, "name"));
        if let Some(map) = object.as_object_mut() {
            map.shift_remove("kind");
            map.shift_remove("apiVersion");
        }
        state.restore(key, object);
    }
    state.resume(later(Timestamp::now(), Duration::from_secs(file.ahead_seconds)));
    Ok(Some(Saved {
        state,
        ahead: Duration::from_secs(file.ahead_seconds),
        images: file.images,
        namespace: file.namespace,
    }))
}

/// All objects in the form of the API.
pub(in crate::sandbox) fn objects(state: &State) -> impl Iterator<Item = Value> {
    state.all().map(|(key, object)| with_kind(key.resource.kind(), &object.value))
}

/// Moves the times of an object.
fn postpone(object: &mut Value, by: Duration) {
    for path in ["/metadata/creationTimestamp", "/metadata/deletionTimestamp", "/status/startTime"] {
        let Some(place) = object.pointer_mut(path) else { continue };
        if let Some(time) = place.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            *place = rfc3339(later(time, by)).into();
        }
    }
}

/// The text of a file that holds what was taken from a live cluster, made to be read by people as well.
pub(in crate::sandbox) fn imported(
    state: &State,
    taken: Timestamp,
    images: &Images,
    namespace: Option<String>,
) -> Vec<u8> {
    let file = File { taken: Some(taken), ..file(state, Duration::ZERO, images, namespace) };
    let mut text = serde_json::to_vec_pretty(&file).unwrap_or_default();
    text.push(b'\n');
    text
}

/// The text of a file.
pub(in crate::sandbox) fn text(state: &State, ahead: Duration, images: &Images, namespace: Option<String>) -> Vec<u8> {
    serde_json::to_vec(&file(state, ahead, images, namespace)).unwrap_or_default()
}

fn file(state: &State, ahead: Duration, images: &Images, namespace: Option<String>) -> File {
    File {
        mcpctl_sandbox: VERSION,
        revision: state.revision,
        ahead_seconds: ahead.as_secs(),
        images: images.list(),
        objects: objects(state).collect(),
        namespace,
        taken: None,
    }
}

/// Writes a file, whole or not at all, for its owner alone: a world contains secrets.
pub(in crate::sandbox) fn write(path: &Path, text: &[u8]) -> Result<()> {
    if text.len() as u64 > LONGEST {
        return Err(Error::invalid(format!("the sandbox is too large for `{}`", path.display()))
            .cause(format!("{} bytes, {LONGEST} at most", text.len()))
            .object(path.display().to_string()));
    }
    files::replace(path, text, Mode::Private)
}

fn no_sandbox(path: &Path) -> Error {
    Error::invalid(format!("`{}` does not hold the state of a sandbox", path.display()))
        .hint(format!("name another file, or start anew after `rm {}`", shell::path(path)))
        .object(path.display().to_string())
}
