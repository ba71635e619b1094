//! The keys of one ConfigMap or Secret, by name only, and again whenever they change.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::absent::absent_keys;
use super::live::Live;
use super::read::{self, collection};
use super::{Object, ObjectKind};
use crate::cluster::watch::{Event, Of, Watching};
use crate::cluster::{Cluster, names};
use crate::error::{Error, Kind, Result};

/// What is known of the keys of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// It is there and has these.
    There {
        /// Its keys.
        keys: BTreeSet<String>,
        /// The keys that it lacks on purpose.
        absent: BTreeSet<String>,
    },
    /// It is not there.
    Absent,
    /// It may not be read.
    Unknown(Error),
}

/// The keys of an object; one that may not be read is no error.
///
/// # Errors
/// The server cannot be asked.
pub async fn keys(cluster: &Cluster, kind: ObjectKind, namespace: &str, name: &str) -> Result<Keys> {
    let mut watch = KeyWatch::new(cluster, kind, namespace, name)?;
    watch.changed().await?;
    Ok(watch.keys().clone())
}

/// A watch of the keys of one object.
pub struct KeyWatch {
    cluster: Cluster,
    kind: ObjectKind,
    namespace: String,
    name: String,
    keys: Keys,
    watching: Option<Watching>,
    forgotten: bool,
}

impl KeyWatch {
    /// A watch of an object; nothing is sent yet. An empty namespace is the connection's.
    ///
    /// # Errors
    /// A name that cannot be.
    pub fn new(cluster: &Cluster, kind: ObjectKind, namespace: &str, name: &str) -> Result<Self> {
        names::check_name(kind.name(), name)?;
        let namespace = read::place(cluster, Some(namespace))?.to_owned();
        let cluster = cluster.clone();
        Ok(Self {
            cluster,
            kind,
            namespace,
            name: name.to_owned(),
            keys: Keys::Absent,
            watching: None,
            forgotten: true,
        })
    }

    /// The keys as they are known now.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Waits until the keys are known, then until others are there; for ever if it may not be watched. A wait that is
    /// given up loses nothing.
    ///
    /// # Errors
    /// The server cannot be asked at first.
    pub async fn changed(&mut self) -> Result<()> {
        loop {
            if self.forgotten && self.read().await? {
                return Ok(());
            }
            let Some(watching) = &mut self.watching else { return std::future::pending().await };
            let event = match watching.next().await {
                Ok(event) => event,
                Err(error) if matches!(error.kind, Kind::Forbidden | Kind::NotFound) => {
                    self.watching = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let keys = match event {
                Event::Put(line) => self.keys_of(&line)?,
                Event::Gone(_) => Keys::Absent,
                Event::Forgotten => {
                    self.forgotten = true;
                    continue;
                }
                // the pods' watch tells of it
                Event::Lost(_) | Event::Found => continue,
            };
            if std::mem::replace(&mut self.keys, keys.clone()) != keys {
                return Ok(());
            }
        }
    }

    /// Reads the object; gives whether there is something to tell.
    async fn read(&mut self) -> Result<bool> {
        let first = self.watching.is_none();
        let (keys, version) = match read::get(&self.cluster, self.kind, &self.namespace, &self.name).await {
            Ok(Some(object)) => (of(&object), object.resource_version),
            Ok(None) => (Keys::Absent, String::new()),
            Err(error) if error.kind == Kind::Forbidden => {
                self.forgotten = false;
                self.keys = Keys::Unknown(error);
                return Ok(true);
            }
            Err(error) if first => return Err(error),
            // the watch goes on from the present by itself
            Err(_) => (self.keys.clone(), String::new()),
        };
        self.forgotten = false;
        match &mut self.watching {
            Some(watching) => watching.go_on(version),
            None => {
                let path = collection(self.kind, &self.namespace);
                let uri = format!("{path}?fieldSelector=metadata.name%3D{}", self.name);
                self.watching = Some(Watching::new(&self.cluster, uri, version));
            }
        }
        Ok(std::mem::replace(&mut self.keys, keys.clone()) != keys || first)
    }

    fn keys_of(&self, line: &Bytes) -> Result<Keys> {
        let unreadable = |_| Error::failed("the server tells of an object in words that are none of the API's");
        let live: Of<Live> = serde_json::from_slice(line).map_err(unreadable)?;
        Ok(of(&live.object.into_object(self.kind, jiff::Timestamp::now())?))
    }
}

fn of(object: &Object) -> Keys {
    Keys::There { keys: object.data.keys().cloned().collect(), absent: absent_keys(&object.labels) }
}
