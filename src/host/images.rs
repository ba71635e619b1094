//! The run's images: those of this machine's engine, or the sandbox's.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::error::Result;
use crate::images::endpoint::DockerSettings;
use crate::images::{DockerEngine, HELPER_IMAGE, ImageStore, Images, OnProgress, Reference};

use super::Host;

impl Host {
    /// The images as this run sees them; nothing is opened before they are used.
    pub fn images(&self) -> &Images {
        self.images.get_or_init(|| {
            let store: Arc<dyn ImageStore> = if self.settings.sandbox.is_some() {
                Arc::new(Simulated::default())
            } else {
                Arc::new(DockerEngine::new(DockerSettings::from_environment()))
            };
            Images::new(store, self.settings.dry_run, self.settings.read_only, Arc::clone(&self.recorder))
        })
    }
}

/// A store that has what was pulled into it.
struct Simulated(Mutex<BTreeSet<String>>);

impl Default for Simulated {
    fn default() -> Self {
        Self(Mutex::new(BTreeSet::from([HELPER_IMAGE.to_owned()])))
    }
}

impl ImageStore for Simulated {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn present<'a>(&'a self, image: &'a Reference) -> BoxFuture<'a, Result<bool>> {
        let there = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&image.to_string());
        Box::pin(async move { Ok(there) })
    }

    fn pull<'a>(&'a self, image: &'a Reference, _progress: OnProgress<'a>) -> BoxFuture<'a, Result<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(image.to_string());
        Box::pin(async { Ok(()) })
    }
}
