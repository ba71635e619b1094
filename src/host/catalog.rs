//! The run's catalog: read when it is first needed, and the same for the whole run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::error::Result;
use crate::provision::catalog::address::{self, Address};
use crate::provision::catalog::reader::{Reach, Reader, SourceState};
use crate::provision::catalog::sources::{self, Sources};
use crate::provision::catalog::{Cache, Catalog};
use crate::record::Effect;
use crate::sandbox::DEMO_CATALOG;

use super::Host;

/// The default time limit of a network or docker for a catalog, without `--request-timeout`: a first call of docker may
/// download one.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the sandbox's catalog.
const DEMO: &str = "the sandbox's own";

impl Host {
    /// The catalog: from `--catalog`, `$MCPCTL_CATALOG`, in the sandbox its own, else Docker's folder or command line.
    ///
    /// # Errors
    /// There is no catalog, or the existing one cannot be read.
    pub fn catalog(&self) -> Result<Arc<Catalog>> {
        self.recorder.effect(Effect::named("files: read"))?;
        let known = self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(catalog) => Ok(catalog),
            None => {
                let catalog = match self.sources()? {
                    Some(sources) => self.read_catalog(&sources)?,
                    None => demo()?,
                };
                self.take_catalog(catalog)
            }
        }
    }

    /// The catalog, if it need not be read: it was read before, or it is that of the sandbox.
    #[must_use]
    pub fn known_catalog(&self) -> Option<Arc<Catalog>> {
        let known = self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.or_else(|| self.sources().ok()?.is_none().then(demo)?.ok().map(Arc::new))
    }

    /// Reads catalogs from files, folders and addresses (later ones win), and uses them from now on.
    ///
    /// # Errors
    /// A source that is not a catalog, does not exist, or cannot be downloaded.
    pub fn open_catalog(&self, named: &[String]) -> Result<Arc<Catalog>> {
        self.recorder.effect(Effect::named("files: read"))?;
        let addresses = named.iter().map(|one| self.address(one.as_ref()));
        let sources = Sources::Named(addresses.collect::<Result<_>>()?);
        self.take_catalog(self.read_catalog(&sources)?)
    }

    /// The result for each source of the run's catalog. Reads every source again; changes nothing, not even the copies
    /// of downloaded catalogs.
    ///
    /// # Errors
    /// `--catalog` or `$MCPCTL_CATALOG` names something that no catalog can be read from; the run is interrupted.
    pub fn catalog_sources(&self) -> Result<Vec<SourceState>> {
        self.recorder.effect(Effect::named("files: read"))?;
        let Some(sources) = self.sources()? else { return Ok(vec![SourceState::from(demo()?)]) };
        let home = self.settings.environment.home();
        let reader = self.reader(home.as_deref(), false)?;
        self.wait(async { Ok(reader.states(&sources).await) })
    }

    fn address(&self, named: &OsStr) -> Result<Address> {
        Address::parse(named, &self.settings.folder, self.settings.environment.home().as_deref())
    }

    fn take_catalog(&self, catalog: Catalog) -> Result<Arc<Catalog>> {
        for warning in &catalog.warnings {
            self.printer.warn(warning);
        }
        let catalog = Arc::new(catalog);
        *self.catalog.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&catalog));
        Ok(catalog)
    }

    /// What the run's catalog is read from; none in a sandbox where nothing is named.
    fn sources(&self) -> Result<Option<Sources>> {
        let mut named: Vec<OsString> = self.settings.catalogs.clone();
        if named.is_empty()
            && let Some(variable) = self.settings.variable("MCPCTL_CATALOG")?
        {
            named = address::split(&variable).into_iter().map(OsString::from).collect();
        }
        let named: Vec<Address> = named.iter().map(|one| self.address(one)).collect::<Result<_>>()?;
        if named.is_empty() && self.settings.sandbox.is_some() {
            return Ok(None);
        }
        Ok(Some(sources::choose(named, self.settings.environment.home().as_deref())))
    }

    fn read_catalog(&self, sources: &Sources) -> Result<Catalog> {
        let home = self.settings.environment.home();
        let reader = self.reader(home.as_deref(), self.keeps_own_files())?;
        self.wait(reader.read(sources))
    }

    fn reader<'a>(&'a self, home: Option<&'a Path>, may_write: bool) -> Result<Reader<'a>> {
        let named = self.settings.environment.get("XDG_CACHE_HOME")?.map(PathBuf::from);
        let named = named.filter(|folder| folder.is_absolute());
        let folder = named.or_else(|| home.map(|home| home.join(".cache"))).filter(|_| !self.is_in_test());
        Ok(Reader {
            files: &self.files,
            recorder: &self.recorder,
            home,
            cache: Cache::new(folder.as_deref(), may_write),
            reach: match (self.is_in_test(), self.settings.at_hand) {
                (true, _) => Reach::Test,
                (false, true) => Reach::AtHand,
                (false, false) => Reach::Everywhere,
            },
            patience: self.settings.request_timeout.unwrap_or(PATIENCE),
        })
    }
}

fn demo() -> Result<Catalog> {
    Catalog::parse(DEMO_CATALOG.as_bytes(), DEMO)
}
