//! Every typed value that scripts can hold, in one list.

use std::sync::Arc;

use rhai::{Dynamic, Engine};
use serde_json::Value;

use crate::cluster::objects::{Applied, Object, ObjectDeletion};
use crate::cluster::pods::{Deletion, Pod, Session};
use crate::error::Result;
use crate::host::stage::Ran;
use crate::images::{Chosen, ImageResult};
use crate::provision::catalog::{Catalog, Server};
use crate::provision::envfile::{Missing, Saved};
use crate::verify::Verdict;

use super::requirement::Requirement;
use super::typed::{self, Property};
use super::value;

/// A type of the script language, as the reference shows it.
#[derive(Debug, Clone, Copy)]
pub struct TypeInfo {
    /// Its name in scripts.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
}

macro_rules! types {
    ($($type:ty),* $(,)?) => {
        /// Makes every typed value known to the engine.
        pub fn register(engine: &mut Engine) {
            $(typed::register::<$type>(engine);)*
        }

        /// A typed value as JSON; `None` where the value is of no such type.
        #[must_use]
        pub fn typed_json(value: &Dynamic) -> Option<Result<Value>> {
            $(if let Some(typed) = value.read_lock::<$type>() {
                return Some(value::object(&*typed));
            })*
            None
        }

        /// Every typed value's name and properties.
        #[must_use]
        pub fn all() -> Vec<TypeInfo> {
            vec![$(TypeInfo {
                name: <$type as typed::Typed>::NAME,
                properties: <$type as typed::Typed>::PROPERTIES,
            }),*]
        }
    };
}

types![
    Arc<Applied>,
    Arc<Catalog>,
    Arc<Object>,
    Arc<Pod>,
    Arc<Ran>,
    Arc<Server>,
    Arc<Session>,
    Chosen,
    Arc<Verdict>,
    Deletion,
    ImageResult,
    Missing,
    ObjectDeletion,
    Requirement,
    Saved,
];
