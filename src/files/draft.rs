//! A file that is written beside the one whose place it takes, so that a reader sees the old content or the new.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use super::Mode;
use super::directory::{About, Directory};
use super::obstacle::Obstacle;
use crate::error::Result;

/// What the names of drafts begin with.
const PREFIX: &str = ".mcpctl-";
/// How many characters of `0-9a-f` follow.
const RANDOM: usize = 16;
/// How old a draft must be to be one that a killed run has left behind: a write takes moments.
pub(super) const LEFT_BEHIND: Duration = Duration::from_secs(600);

/// A draft; removed when it is dropped before it has its name.
pub(super) struct Draft<'a> {
    directory: &'a Directory,
    name: String,
    file: File,
}

impl<'a> Draft<'a> {
    /// Writes a draft: with the owner and permissions of the file that it replaces, or as `mode` says.
    pub(super) fn write(
        directory: &'a Directory,
        bytes: &[u8],
        mode: Mode,
        old: Option<&About>,
    ) -> Result<Self, Obstacle> {
        let name = format!("{PREFIX}{:016x}", fastrand::u64(..));
        let file = directory.new_file(OsStr::new(&name), mode)?;
        let draft = Self { directory, name, file };
        (&draft.file).write_all(bytes)?;
        if let Some(old) = old {
            Directory::take_over(&draft.file, old, mode)?;
        }
        draft.file.sync_all()?;
        Ok(draft)
    }

    /// Puts it in the place of a file.
    pub(super) fn publish(self, name: &OsStr) -> Result<(), Obstacle> {
        self.directory.rename(&self.name, name)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        self.directory.remove(&self.name, &self.file);
    }
}

impl Directory {
    /// Makes a file contain these bytes, whole or not at all.
    pub(crate) fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8], mode: Mode) -> Result<(), Obstacle> {
        let name = name.as_ref();
        let old = self.replaceable(name)?;
        Draft::write(self, bytes, mode, old.as_ref())?.publish(name)
    }

    /// Removes the drafts that killed runs have left here: they may contain secrets.
    pub(crate) fn remove_leftovers(&self) {
        self.remove_old(LEFT_BEHIND, |name| {
            let random = name.strip_prefix(PREFIX).unwrap_or_default();
            random.len() == RANDOM && random.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
    }
}

/// Makes a file contain these bytes, whole or not at all, for callers beside [`Files`](super::Files).
///
/// # Errors
/// [`Kind::Io`](crate::error::Kind::Io): no such folder, no permission, a full disk; a link, folder, pipe, device or
/// another user's file of that name.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<()> {
    let written = Directory::of(path).and_then(|(directory, name)| directory.put(name, bytes, mode));
    written.map_err(|obstacle| obstacle.error("cannot write", path))
}

/// A file that did not exist before, for its owner alone; removed when dropped, unless another one has its name by then.
#[derive(Debug)]
pub(crate) struct NewFile {
    directory: Directory,
    name: OsString,
    file: File,
}

impl NewFile {
    /// Creates it.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io): something of that name exists, be it a link; no such folder, no permission.
    pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<Self> {
        let write = || -> Result<Self, Obstacle> {
            let (directory, name) = Directory::of(path)?;
            let file = directory.new_file(&name, Mode::Private)?;
            let new = Self { directory, name, file };
            (&new.file).write_all(bytes)?;
            Ok(new)
        };
        write().map_err(|obstacle| {
            match obstacle.kind {
                ErrorKind::AlreadyExists => {
                    obstacle.hint("name a file that does not exist yet: it is removed at the end")
                }
                _ => obstacle,
            }
            .error("cannot create", path)
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        self.directory.remove(&self.name, &self.file);
    }
}
