//! The run's images: those of this machine's engine, or the sandbox's.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::error::{Error, Result};
use crate::images::endpoint::DockerSettings;
use crate::images::outcome::reason;
use crate::images::{
    DockerEngine, EngineInfo, ImageOutcome, ImageResult, ImageStore, Images, OnProgress, Platform, PullFailure,
    Reference, Strategy,
};
use crate::record::{Action, Change, Outcome};
use kube_sandbox::Sandbox;

use super::Host;

impl Host {
    /// The images of this run; nothing is opened before they are used.
    ///
    /// # Errors
    /// The sandbox's state cannot be read.
    pub fn images(&self) -> Result<&Images> {
        let store: Arc<dyn ImageStore> = match self.world()? {
            Some(world) => Arc::new(Simulated(world.clone())),
            None => Arc::new(DockerEngine::new(self.docker_settings())),
        };
        Ok(self.images.get_or_init(|| {
            Images::new(store, self.settings.dry_run, self.settings.refuses_changes(), Arc::clone(&self.recorder))
        }))
    }

    /// The address of the engine that has the images: podman's if the nodes are its containers.
    #[must_use]
    pub fn docker_settings(&self) -> DockerSettings {
        let settings = DockerSettings::from_environment();
        match self.known_strategy().is_some_and(Strategy::uses_podman) {
            true => settings.preferring_podman(),
            false => settings,
        }
    }

    /// An image whose pull or load failed, recorded as a failed change.
    pub(super) fn failed_image(&self, image: &str, why: &str) -> ImageResult {
        self.recorder.change(Change {
            action: Action::Pull,
            kind: "image",
            name: image.to_owned(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Failed(why.to_owned()),
        });
        ImageResult::because(image, ImageOutcome::Failed, why)
    }

    /// The images as references; invalid ones have failed.
    pub(super) fn references(&self, images: &[String]) -> Vec<Result<Reference, ImageResult>> {
        let read = |text: &String| Reference::parse(text).map_err(|error| self.failed_image(text, &reason(&error)));
        images.iter().map(read).collect()
    }
}

/// The images of a sandbox. Each exists for every platform.
struct Simulated(Sandbox);

impl ImageStore for Simulated {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn info(&self) -> BoxFuture<'_, EngineInfo> {
        Box::pin(async { EngineInfo { system: "sandbox".to_owned(), ..EngineInfo::default() } })
    }

    fn present<'a>(&'a self, image: &'a Reference, _platform: Option<&'a Platform>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(self.0.images().present(&image.to_string())) })
    }

    fn pull<'a>(
        &'a self,
        image: &'a Reference,
        _platform: Option<&'a Platform>,
        _progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<(), PullFailure>> {
        Box::pin(async { Ok(self.0.images().pull(&image.to_string()).map_err(Error::from)?) })
    }
}
