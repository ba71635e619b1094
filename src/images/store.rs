//! What holds images: the engine of this machine, or a simulated one.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::BoxFuture;

use super::{Platform, Reference};
use crate::error::{Error, Result};

/// How far one pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Bytes that have come.
    pub bytes: u64,
    /// Bytes of the layers whose size is known by now.
    pub total_bytes: u64,
    /// Existing layers.
    pub layers: usize,
    /// Layers that are known by now.
    pub total_layers: usize,
}

/// Receives the progress of one pull.
pub type OnProgress<'a> = &'a (dyn Fn(Amount) + Send + Sync);

/// Whether a failed pull is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It would fail again.
    Never,
    /// It may go well a moment later.
    Soon,
    /// The registry asks to wait so long first.
    After(Duration),
}

impl Again {
    /// How long to wait before the next try, `usual` if nothing is asked for; `None` where there is to be none.
    #[must_use]
    pub fn pause(self, usual: Option<&Duration>) -> Option<Duration> {
        match (usual, self) {
            (None, _) | (_, Self::Never) => None,
            (Some(usual), Self::Soon) => Some(*usual),
            (Some(_), Self::After(pause)) => Some(pause),
        }
    }
}

/// Why one pull, or one request to a registry, failed.
#[derive(Debug, Clone)]
pub struct PullFailure {
    /// What to tell.
    pub error: Error,
    /// Whether to try again.
    pub again: Again,
    /// Whether the registry cannot be reached, so that its other images fail, too.
    pub registry_down: bool,
}

/// An error that would come again.
impl From<Error> for PullFailure {
    fn from(error: Error) -> Self {
        Self { error, again: Again::Never, registry_down: false }
    }
}

/// What an engine reports about itself. A field is empty where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineInfo {
    /// What it runs on: `Docker Desktop`, `OrbStack`, `Ubuntu 24.04`.
    pub system: String,
    /// The host name of its machine: `colima`, `lima-rancher-desktop`.
    pub host: String,
    /// Its version: `27.4.0`.
    pub version: String,
    /// Whether it is podman's.
    pub podman: bool,
}

/// A running container of an engine that may be a node of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The ports of this machine that lead to it.
    pub ports: Vec<u16>,
    /// Its addresses in the engine's networks.
    pub addresses: Vec<String>,
}

/// A place where images are. One error is that of one image, but for [`connect`](Self::connect).
pub trait ImageStore: Send + Sync {
    /// Finds the store, if it has to be found. Called once before anything else.
    fn connect(&self) -> BoxFuture<'_, Result<()>>;

    /// What it reports about itself.
    fn info(&self) -> BoxFuture<'_, EngineInfo> {
        Box::pin(async { EngineInfo::default() })
    }

    /// Its running containers; none where they cannot be listed.
    fn containers(&self) -> BoxFuture<'_, Vec<Container>> {
        Box::pin(async { Vec::new() })
    }

    /// Whether an image is there, for a platform if one is named.
    fn present<'a>(&'a self, image: &'a Reference, platform: Option<&'a Platform>) -> BoxFuture<'a, Result<bool>>;

    /// Gets an image from its registry.
    fn pull<'a>(
        &'a self,
        image: &'a Reference,
        platform: Option<&'a Platform>,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<(), PullFailure>>;
}
