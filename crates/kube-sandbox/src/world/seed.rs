//! Objects that are put in as they are to be, past the API: a world's beginnings, and the pods of a test that
//! needs them days old or in a state that takes a real node to reach.

use jiff::Timestamp;
use serde_json::Value;

use super::store::State;
use crate::api::defaults;
use crate::api::resource::{Key, Resource};
use crate::object::{metadata, set_metadata};

/// What an object may bring along though the API would set it.
const KEPT: [&str; 4] = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

impl State {
    /// Puts an object in with its own times, UID and status. A pod that brings no status starts by itself.
    pub(crate) fn seed(&mut self, key: &Key, mut object: Value, now: Timestamp) {
        let kept: Vec<(&str, Value)> =
            KEPT.iter().filter_map(|name| Some((*name, object["metadata"].get(*name)?.clone()))).collect();
        let status = object.get("status").cloned();
        defaults::identity(key, &mut object, now);
        for (name, value) in kept {
            set_metadata(&mut object, name, value);
        }
        defaults::fill(key.resource, &mut object);
        if key.resource == Resource::Pods {
            defaults::admit(&mut object);
        }
        let lives_by_itself = status.is_none();
        if let Some(status) = status {
            object["status"] = status;
        }
        defaults::order(&mut object);
        let is_stuck = key.resource == Resource::Pods
            && object["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CreateContainerConfigError";
        let stored = self.put(key, object);
        if lives_by_itself || key.resource != Resource::Pods {
            self.appeared(key, metadata(&stored.value, "uid"), now);
        } else if is_stuck {
            self.stuck.insert(key.clone());
        }
    }
}
