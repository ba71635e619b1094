//! The run's images: those of this machine's engine, or the sandbox's.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::error::Result;
use crate::images::endpoint::DockerSettings;
use crate::images::{DockerEngine, ImageStore, Images, OnProgress, Reference};
use crate::sandbox::World;

use super::Host;

impl Host {
    /// The images as this run sees them; nothing is opened before they are used.
    ///
    /// # Errors
    /// The sandbox's state cannot be read.
    pub fn images(&self) -> Result<&Images> {
        let store: Arc<dyn ImageStore> = match self.world()? {
            Some(world) => Arc::new(Simulated(Arc::clone(world))),
            None => Arc::new(DockerEngine::new(DockerSettings::from_environment())),
        };
        Ok(self.images.get_or_init(|| {
            Images::new(store, self.settings.dry_run, self.settings.read_only, Arc::clone(&self.recorder))
        }))
    }
}

/// The images of a sandbox.
struct Simulated(Arc<World>);

impl ImageStore for Simulated {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn present<'a>(&'a self, image: &'a Reference) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(self.0.images().present(&image.to_string())) })
    }

    fn pull<'a>(&'a self, image: &'a Reference, _progress: OnProgress<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { self.0.images().pull(&image.to_string()) })
    }
}
