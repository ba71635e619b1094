//! A folder for the time of one run, for its user alone: where the system keeps such folders in memory, else among
//! temporary files.
//!
//! A killed run leaves its folder behind, with credentials in it. The folder is locked as long as the run, or a program
//! that inherits the lock, is alive: so a later run knows what it may remove.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::Mode;
use super::directory::{Directory, Opening, of_a_private_folder};
use super::obstacle::Obstacle;
use crate::error::Result;

/// How old a folder without a lock must be: between its creation and its lock lies a moment.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// The folder; removed when dropped.
#[derive(Debug)]
pub(crate) struct RuntimeFolder {
    directory: Directory,
    _lock: File,
    _folder: TempDir,
}

impl RuntimeFolder {
    /// Makes one, named `mcpctl-KIND-…`, and removes those of its kind that killed runs have left behind.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io): it cannot be made.
    pub(crate) fn new(kind: &str) -> Result<Self> {
        Self::inside(&parent(), kind)
    }

    /// As [`new`](Self::new), but among temporary files on a disk: for what is too large for memory.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn on_disk(kind: &str) -> Result<Self> {
        Self::inside(&std::env::temp_dir(), kind)
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn inside(parent: &Path, kind: &str) -> Result<Self> {
        let prefix = format!("mcpctl-{kind}-");
        let make = || -> Result<Self, Obstacle> {
            remove_left_behind(&Directory::open(parent)?, &prefix);
            let folder =
                tempfile::Builder::new().prefix(&prefix).permissions(of_a_private_folder()).tempdir_in(parent)?;
            let directory = Directory::open(folder.path())?;
            directory.make_private()?;
            let lock = directory.lock_for_children()?;
            Ok(Self { directory, _lock: lock, _folder: folder })
        };
        make().map_err(|obstacle| obstacle.error("cannot make a folder in", parent))
    }

    /// Writes a file that only this user can read; gives its path.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io): a full disk.
    pub(crate) fn put(&self, name: &OsStr, text: &str) -> Result<PathBuf> {
        let path = self.directory.path().join(name);
        let file = self.directory.new_file(name, Mode::Private);
        let written = file.and_then(|mut file| Ok(file.write_all(text.as_bytes())?));
        written.map_err(|obstacle| obstacle.error("cannot write", &path))?;
        Ok(path)
    }

    /// Makes a file that only this user can read: open for another program that appends to it, and for reading it from
    /// its start while it grows.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io): a full disk.
    pub(crate) fn growing_file(&self, name: &OsStr) -> Result<(File, File)> {
        let files = || -> Result<(File, File), Obstacle> {
            let reader = self.directory.new_file(name, Mode::Private)?;
            let writer = self.directory.own_file(name, Opening::Append)?;
            Ok((writer.ok_or_else(|| Obstacle::new("it was removed at once"))?, reader))
        };
        files().map_err(|obstacle| obstacle.error("cannot write", &self.directory.path().join(name)))
    }
}

fn parent() -> PathBuf {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_dir());
    own.unwrap_or_else(std::env::temp_dir)
}

/// Removes the folders of killed runs. What cannot be looked at or removed stays.
fn remove_left_behind(parent: &Directory, prefix: &str) {
    for entry in std::fs::read_dir(parent.path()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(prefix)
            && let Some(folder) = parent.old_folder(&name, LEFT_BEHIND)
            && folder.try_lock().is_ok()
        {
            // follows no link either
            let _ = std::fs::remove_dir_all(parent.path().join(&name));
        }
    }
}
