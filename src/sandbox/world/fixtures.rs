//! A world as tests set it and look at it: another beginning, and every object as it is now.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::World;
use super::demo;
use super::state_file;
use super::store::State;
use crate::error::{Error, Result};

impl World {
    /// Makes this world the demo world.
    pub fn become_demo(&self) {
        self.become_state(demo::state);
        demo::IMAGES.iter().for_each(|image| self.images().add(image));
    }

    /// Makes this world the one that a file holds.
    ///
    /// # Errors
    /// There is no such file, or it holds something else.
    pub fn become_file(&self, path: &Path) -> Result<()> {
        let Some(saved) = state_file::read(path)? else {
            return Err(Error::not_found(format!("no world `{}`", path.display()))
                .object(path.display().to_string())
                .hint("`mcpctl sandbox import > FILE` takes one from a cluster"));
        };
        if saved.ahead > Duration::ZERO {
            self.advance(saved.ahead);
        }
        self.become_state(|_| saved.state);
        self.set_namespace(saved.namespace);
        saved.images.iter().for_each(|image| self.images().add(image));
        Ok(())
    }

    /// All objects, sorted by kind, namespace and name, in the form of the API.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        self.with_state(|state, _| state_file::objects(state).collect())
    }

    /// Removes every object and adds those that `make` gives. Revisions go on.
    fn become_state(&self, make: impl FnOnce(jiff::Timestamp) -> State) {
        self.with_state(|state, now| {
            let mut made = make(now);
            made.revision = made.revision.max(state.revision + 1);
            made.compact();
            *state = made;
        });
    }
}

/// An object in the form of the API, its kind first.
pub(in crate::sandbox) fn with_kind(kind: &str, object: &Value) -> Value {
    let mut map = Map::new();
    map.insert("kind".to_owned(), kind.into());
    map.insert("apiVersion".to_owned(), "v1".into());
    map.extend(object.as_object().cloned().unwrap_or_default());
    Value::Object(map)
}
