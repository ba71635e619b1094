//! All of a cluster as one value, to keep it between processes or to begin a test with it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;
use super::clock::{Clock, later, rfc3339};
use super::images::Images;
use super::store::State;
use crate::api::resource::{Key, Resource};
use crate::error::{Error, Result};
use crate::object::metadata;

/// All that a sandbox contains, in a form for files (serde). Faults, permissions and admission rules are not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The resource version of the last change.
    pub revision: u64,
    /// By how many seconds the clock is ahead of the real time.
    pub ahead_seconds: u64,
    /// When a live cluster was [imported](Snapshot::import): until then its objects do not grow older. `None` for the
    /// snapshot of a sandbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Timestamp>,
    /// The current namespace; `None` is `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The references of the images that are present.
    pub images: Vec<String>,
    /// All objects as the API returns them, with `kind` and `apiVersion`.
    pub objects: Vec<Value>,
}

impl World {
    /// All that the cluster contains.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (revision, objects) = self.with_state(|state, _| (state.revision, state.documents()));
        Snapshot {
            revision,
            objects,
            ahead_seconds: self.clock.offset().as_secs(),
            taken: None,
            namespace: self.current_namespace(),
            images: self.images.list(),
        }
    }

    /// All objects, sorted by kind, namespace and name, as the API returns them.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        self.with_state(|state, _| state.documents())
    }

    /// Replaces all objects by those of a snapshot, advances the clock by its time and adds its images. Revisions
    /// continue: watches from before get 410.
    ///
    /// # Errors
    /// An object of a kind that the sandbox does not have; nothing is changed then.
    pub fn replace(&self, snapshot: Snapshot) -> Result<()> {
        let ahead = Duration::from_secs(snapshot.ahead_seconds);
        let (namespace, images) = (snapshot.namespace.clone(), snapshot.images.clone());
        let mut state = restored(snapshot)?;
        if ahead > Duration::ZERO {
            self.advance(ahead);
        }
        self.with_state(|current, _| {
            state.revision = state.revision.max(current.revision + 1);
            state.compact();
            *current = state;
        });
        self.set_namespace(namespace);
        images.iter().for_each(|image| self.images.add(image));
        Ok(())
    }

    pub(crate) fn from_snapshot(snapshot: Snapshot) -> Result<Arc<Self>> {
        let clock = Clock::ahead(Duration::from_secs(snapshot.ahead_seconds));
        let (namespace, images) = (snapshot.namespace.clone(), Images::with(snapshot.images.iter().cloned()));
        let world = Self::new(restored(snapshot)?, clock, images);
        world.set_namespace(namespace);
        Ok(world)
    }
}

/// The state of a snapshot; what was under way is planned again.
fn restored(snapshot: Snapshot) -> Result<State> {
    let now = Timestamp::now();
    let mut state = State::at_revision(snapshot.revision);
    let stood_still = snapshot.taken.and_then(|taken| Duration::try_from(now.duration_since(taken)).ok());
    for mut object in snapshot.objects {
        if let Some(by) = stood_still {
            postpone(&mut object, by);
        }
        let kind = object["kind"].as_str().unwrap_or_default();
        let resource = Resource::from_kind(kind).ok_or_else(|| Error::UnknownKind(kind.to_owned()))?;
        let key = Key::new(resource, metadata(&object, "namespace"), metadata(&object, "name"));
        if let Some(map) = object.as_object_mut() {
            map.shift_remove("kind");
            map.shift_remove("apiVersion");
        }
        state.restore(key, object);
    }
    state.resume(later(now, Duration::from_secs(snapshot.ahead_seconds)));
    Ok(state)
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
