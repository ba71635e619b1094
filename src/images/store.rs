//! What holds images: the engine of this machine, or a simulated one.

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
    /// Layers that are there.
    pub layers: usize,
    /// Layers that are known by now.
    pub total_layers: usize,
}

/// Told of the progress of one pull.
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
}

/// An error that would come again.
impl From<Error> for PullFailure {
    fn from(error: Error) -> Self {
        Self { error, again: Again::Never }
    }
}

/// A place where images are. One error is that of one image, but for [`connect`](Self::connect).
pub trait ImageStore: Send + Sync {
    /// Finds the store, if it has to be found. Called once before anything else.
    fn connect(&self) -> BoxFuture<'_, Result<()>>;

    /// What it runs on, in its own words: `Docker Desktop`. Empty where it does not say.
    fn system(&self) -> BoxFuture<'_, String> {
        Box::pin(async { String::new() })
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
