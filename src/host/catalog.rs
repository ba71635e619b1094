//! The run's catalog: read when it is first needed, the same for everything that a run does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::error::Result;
use crate::provision::catalog::Catalog;
use crate::provision::catalog::docker::Docker;
use crate::provision::catalog::sources::{self, Source};
use crate::record::Effect;
use crate::sandbox::DEMO_CATALOG;

use super::Host;

impl Host {
    /// The catalog: from `--catalog`, `$MCPCTL_CATALOG`, in the sandbox its own, else Docker's folder or command line.
    ///
    /// # Errors
    /// There is none, or what there is cannot be read.
    pub fn catalog(&self) -> Result<Arc<Catalog>> {
        self.recorder.effect(Effect::named("files: read"))?;
        let known = self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(catalog) => Ok(catalog),
            None => {
                let files: Vec<PathBuf> = self.settings.catalogs.iter().map(|p| self.settings.folder.join(p)).collect();
                self.take_catalog(self.load_catalog(&files)?)
            }
        }
    }

    /// Reads catalogs from files, the later over the earlier, and works with them from now on.
    ///
    /// # Errors
    /// A file that is no catalog, or is not there.
    pub fn open_catalog(&self, paths: &[String]) -> Result<Arc<Catalog>> {
        self.recorder.effect(Effect::named("files: read"))?;
        let files: Vec<PathBuf> = paths.iter().map(|path| self.path(path)).collect();
        self.take_catalog(sources::load(&files, self.settings.environment.home().as_deref(), &self.reader())?)
    }

    fn take_catalog(&self, catalog: Catalog) -> Result<Arc<Catalog>> {
        for warning in &catalog.warnings {
            self.printer.warn(warning);
        }
        let catalog = Arc::new(catalog);
        *self.catalog.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&catalog));
        Ok(catalog)
    }

    fn load_catalog(&self, files: &[PathBuf]) -> Result<Catalog> {
        let home = self.settings.environment.home();
        let variable = self.settings.variable("MCPCTL_CATALOG")?;
        if files.is_empty() && variable.is_none() && self.settings.sandbox.is_some() {
            return Catalog::parse(DEMO_CATALOG.as_bytes(), "the sandbox's own");
        }
        match sources::choose(files, variable.as_deref().map(OsStr::new), home.as_deref()) {
            Source::Files(paths) => sources::load(&paths, home.as_deref(), &self.reader()),
            Source::Found(paths) => sources::load_found(&paths, home.as_deref(), &self.reader()),
            Source::Docker => self.wait(async { Docker::default().catalog(None, &self.recorder).await }),
        }
    }

    /// Reads a catalog's bytes, from a dry run's overlay if they are there.
    fn reader(&self) -> impl Fn(&Path) -> Result<Vec<u8>> {
        |path| match self.files.read(path)? {
            Some(bytes) => Ok(bytes),
            None => sources::read_file(path),
        }
    }
}
