//! The one way to the user's files: handles dry runs, `--read-only`, isolated tests, and the permissions of written
//! files.
//!
//! In a dry run what is written goes into an overlay in memory, which later reads of the same run look at first.

mod bounds;
mod directory;
mod draft;
mod folder;
mod home;
mod lock;
mod obstacle;
mod origin;
mod pipe;
mod read;
mod resolve;
mod runtime;
mod target;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use zeroize::Zeroizing;

use crate::error::Result;
use crate::record::{Effect, Recorder};
use crate::secret::Vault;

pub use bounds::{Access, Bounds};
pub(crate) use directory::{Directory, Opening, is_pipe, keep_access_to_new_files};
pub(crate) use draft::{NewFile, replace};
pub(crate) use folder::make_folder;
pub use home::expand_home;
pub use lock::FileLock;
pub(crate) use obstacle::Obstacle;
pub(crate) use pipe::{Content, LONGEST_INPUT, PATIENCE, read_pipe, too_long};
pub use read::{LONGEST_FILE, read_file, regular_file};
pub(crate) use runtime::RuntimeFolder;

/// The permissions of a file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As the umask says, or as the existing file has them.
    Public,
    /// Its owner alone: 0600 at most.
    Private,
}

/// What a write did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was no such file.
    Created,
    /// It held something else.
    Configured,
    /// It held just this.
    Unchanged,
}

impl Written {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        }
    }
}

/// The files as one run sees them. Clones see the same overlay and hold the same locks.
#[derive(Clone)]
pub struct Files {
    dry_run: bool,
    read_only: bool,
    recorder: Arc<Recorder>,
    overlay: Arc<Mutex<Overlay>>,
    locks: Arc<Mutex<BTreeMap<PathBuf, Weak<lock::Held>>>>,
    /// Files with text that a script has written in this run.
    of_script: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// The files that there are for an isolated run.
    bounds: Option<Bounds>,
}

/// What a dry run has made so far.
#[derive(Default)]
struct Overlay {
    contents: BTreeMap<PathBuf, Zeroizing<Vec<u8>>>,
    folders: BTreeSet<PathBuf>,
    /// Those of them that only their owner may read.
    private: BTreeSet<PathBuf>,
}

impl Files {
    /// Files that are written if neither switch is on: a dry run writes to the overlay, read-only refuses.
    #[must_use]
    pub fn new(dry_run: bool, read_only: bool, recorder: Arc<Recorder>) -> Self {
        Self {
            dry_run,
            read_only,
            recorder,
            overlay: Arc::default(),
            locks: Arc::default(),
            of_script: Arc::default(),
            bounds: None,
        }
    }

    /// The same files, but none outside of bounds.
    #[must_use]
    pub fn within(self, bounds: Option<Bounds>) -> Self {
        Self { bounds, ..self }
    }

    /// Refuses a path outside the bounds of an isolated run.
    ///
    /// # Errors
    /// As [`Bounds::check`].
    pub fn check(&self, path: &Path, access: Access) -> Result<()> {
        self.bounds.as_ref().map_or(Ok(()), |bounds| bounds.check(path, access))
    }

    /// Whether writes go to the overlay.
    #[must_use]
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether there is something of that name, be it in the overlay alone.
    ///
    /// # Errors
    /// Reading is not allowed.
    pub fn exists(&self, path: &Path) -> Result<bool> {
        self.effect(path, Access::Read)?;
        let goal = target::of(path);
        let overlay = self.overlay();
        Ok(overlay.contents.contains_key(&goal) || overlay.folders.contains(&goal) || path.exists())
    }

    /// Notes an effect on a file. Refuses a name with a secret in it, and a path outside the bounds of an isolated run.
    fn effect(&self, path: &Path, access: Access) -> Result<()> {
        Vault::refuse(&path.to_string_lossy(), "the name of a file")?;
        self.recorder.effect(Effect::named(access.effect()))?;
        self.check(path, access)
    }

    fn overlay(&self) -> MutexGuard<'_, Overlay> {
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files")
            .field("dry_run", &self.dry_run)
            .field("read_only", &self.read_only)
            .finish_non_exhaustive()
    }
}
