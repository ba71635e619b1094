//! The simulated world of `--sandbox`, created or read when first needed and saved at the end.

use std::path::Path;
use std::sync::PoisonError;

use kube_sandbox::Sandbox;

use crate::cluster::Simulated;
use crate::error::Result;
use crate::sandbox;

use super::Host;
use super::settings::SandboxState;

/// A placeholder for the server's URL.
const SERVER: &str = "in memory";

impl Host {
    /// Sets the world of the run, for tests that create their own.
    #[must_use]
    pub fn in_world(self, world: Sandbox) -> Self {
        // a new run has no world yet
        let _ = self.world.set(Ok(Some(world)));
        self
    }

    /// The sandbox's world; `None` for a run on a real cluster.
    ///
    /// # Errors
    /// The state file is not valid.
    pub fn world(&self) -> Result<Option<&Sandbox>> {
        let _runtime = self.runtime.enter();
        let world = self.world.get_or_init(|| match &self.settings.sandbox {
            None => Ok(None),
            Some(SandboxState::Memory) => Ok(Some(sandbox::demo())),
            Some(SandboxState::File(path)) => {
                let path = self.settings.path(path);
                if !self.settings.dry_run {
                    // locked until the end of the run: two commands at once must not lose each other's changes
                    let lock = self.files.lock_alone(&path, &self.interrupt)?;
                    *self.world_lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
                }
                sandbox::load(&path).map(Some)
            }
        });
        world.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The sandbox as a cluster to connect to.
    pub(super) fn simulated(&self) -> Result<Option<Simulated>> {
        let server = match &self.settings.sandbox {
            Some(SandboxState::File(path)) => path.display().to_string(),
            _ => SERVER.to_owned(),
        };
        Ok(self.world()?.map(|world| Simulated { client: world.client(), server }))
    }

    /// Records for other runs that the world of `--sandbox=FILE` is served, and the kubeconfig to reach it.
    ///
    /// # Errors
    /// The lock file cannot be written.
    pub fn serves_world(&self, kubeconfig: &Path) -> Result<()> {
        let lock = self.world_lock.lock().unwrap_or_else(PoisonError::into_inner);
        lock.as_ref().map_or(Ok(()), |lock| lock.serves(kubeconfig))
    }

    /// Saves the world of `--sandbox=FILE` at the end of a run and releases its lock. Only once: later changes by an
    /// abandoned thread are lost.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn settle_world(&self) -> Result<()> {
        let mut lock = self.world_lock.lock().unwrap_or_else(PoisonError::into_inner);
        // locked until the file is written, so that a second caller waits for it
        let kept = if lock.is_some() { self.keep_world() } else { Ok(()) };
        *lock = None;
        kept
    }

    /// Saves the world of `--sandbox=FILE` for the next command, also after a failed run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_world(&self) -> Result<()> {
        match (&self.settings.sandbox, self.world.get()) {
            (Some(SandboxState::File(path)), Some(Ok(Some(world))))
                if !self.settings.dry_run && !self.settings.read_only =>
            {
                sandbox::save(world, &self.settings.path(path))
            }
            _ => Ok(()),
        }
    }
}
