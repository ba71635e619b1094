//! Reading: regular files only, and not without end.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::directory::open_to_read;
use super::{Access, Files, target};
use crate::encoding;
use crate::error::{Error, Kind, Result};

/// Longest file that is read, in bytes: many times the biggest catalog, little enough to hold in memory.
pub const LONGEST_FILE: u64 = 64 << 20;

impl Files {
    /// What a file holds; none if there is no such file. What this run wrote to the overlay comes first.
    ///
    /// # Errors
    /// [`Kind::Io`]: a folder, a pipe or device (which could block for ever), no permission, more than
    /// [`LONGEST_FILE`] bytes.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        self.effect(path, Access::Read)?;
        self.content(path)
    }

    /// As [`read`](Self::read), for text.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`Kind::Invalid`] for bytes that are not text.
    pub fn read_text(&self, path: &Path) -> Result<Option<String>> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        encoding::text(&bytes, &path.display().to_string()).map(Some)
    }

    pub(super) fn content(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.overlay().contents.get(&target::of(path)) {
            return Ok(Some(bytes.to_vec()));
        }
        read_file(path, LONGEST_FILE)
    }
}

/// What a regular file contains; none if there is nothing of that name. For callers below or beside [`Files`].
///
/// # Errors
/// [`Kind::Io`]: anything but a regular file, no permission, more than `longest` bytes.
pub fn read_file(path: &Path, longest: u64) -> Result<Option<Vec<u8>>> {
    let Some(file) = regular_file(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|cause| Error::io("cannot read", path, &cause))?;
    if bytes.len() as u64 > longest {
        return Err(refused(path, format!("it has more than {} MiB", longest >> 20)));
    }
    Ok(Some(bytes))
}

/// Opens a regular file for reading; none if there is nothing of that name. Links are followed.
///
/// # Errors
/// [`Kind::Io`]: anything but a regular file, or no permission.
pub fn regular_file(path: &Path) -> Result<Option<File>> {
    let failed = |cause: std::io::Error| Error::io("cannot read", path, &cause);
    // looked at before it is opened, for opening a device can have effects, and after, for it may be another one by then
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed(cause)),
    };
    refuse_irregular(path, &about)?;
    let file = open_to_read(path).map_err(failed)?;
    refuse_irregular(path, &file.metadata().map_err(failed)?)?;
    Ok(Some(file))
}

fn refuse_irregular(path: &Path, about: &Metadata) -> Result<()> {
    if about.is_dir() {
        return Err(refused(path, "it is a folder"));
    }
    if !about.is_file() {
        return Err(refused(path, "it is a pipe, socket or device, not a regular file")
            .hint("write its content to a file, or pass it on standard input where `-` is taken"));
    }
    Ok(())
}

fn refused(path: &Path, cause: impl Into<String>) -> Error {
    Error::new(Kind::Io, format!("cannot read `{}`", path.display())).cause(cause).object(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::Effect;
    use crate::record::Recorder;

    fn files() -> Files {
        Files::new(false, false, Arc::new(Recorder::default()))
    }

    #[test]
    fn a_file_is_read_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let files = files();
        assert_eq!(files.read(&path).unwrap(), None);
        std::fs::write(&path, b"x\xff").unwrap();
        assert_eq!(files.read(&path).unwrap().unwrap(), b"x\xff");
        assert_eq!(files.read_text(&path).unwrap_err().kind, Kind::Invalid);
        assert!(files.recorder.effects().contains(&Effect::named("files: read")));
    }

    #[test]
    fn folders_pipes_and_files_as_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "x").unwrap();
        for (path, cause) in [
            (folder.path().to_path_buf(), "it is a folder"),
            (pipe, "it is a pipe, socket or device, not a regular file"),
            (plain.join("b"), "not a directory"),
        ] {
            let error = files().read(&path).unwrap_err();
            assert_eq!((error.kind, error.cause.as_deref()), (Kind::Io, Some(cause)));
            assert!(error.message.contains(&path.display().to_string()));
        }
    }

    #[test]
    fn a_file_without_end_is_not_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        std::fs::File::create(&path).unwrap().set_len(LONGEST_FILE + 1).unwrap();
        assert_eq!(files().read(&path).unwrap_err().cause.as_deref(), Some("it has more than 64 MiB"));
    }
}
