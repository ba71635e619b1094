//! Writing: all or nothing, and never readable by more people than it should be.

use std::fs::{Metadata, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Files, Mode, Written, target};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Effect, KeyChange, Outcome};

impl Files {
    /// Makes a file hold these bytes. A reader sees the old content or the new, never a part: it is written beside
    /// the file and renamed. A symbolic link stays, the file behind it is written. Permissions of a file that is
    /// there are kept, but a private one ends with 0600 at most, even where the content is unchanged and nothing
    /// else is written. `keys` is for the record of changes.
    ///
    /// # Errors
    /// [`Kind::Refused`] when read-only; [`Kind::Io`]: no such folder, no permission, a write-protected file, a
    /// folder or pipe of that name, a full disk.
    pub fn write(&self, path: &Path, bytes: &[u8], mode: Mode, keys: Vec<KeyChange>) -> Result<Written> {
        if self.read_only {
            return Err(Error::new(Kind::Refused, format!("refusing to write `{}`", path.display()))
                .cause("this run is read-only")
                .object(path.display().to_string()));
        }
        self.recorder.effect(Effect::named("files: write"));
        let written = match self.content(path)? {
            None => Written::Created,
            Some(old) if old != bytes => Written::Configured,
            Some(_) => Written::Unchanged,
        };
        let goal = target::of(path);
        let about = std::fs::metadata(&goal).ok();
        let too_open = mode == Mode::Private && about.as_ref().is_some_and(is_seen_by_others);
        if written == Written::Unchanged && !too_open {
            return Ok(written);
        }
        let note = if too_open { "for its owner's eyes only" } else { "" };
        let change = |outcome| Change {
            action: Action::Write,
            kind: "file",
            name: path.display().to_string(),
            namespace: String::new(),
            keys: keys.clone(),
            note: note.to_owned(),
            outcome,
        };
        if self.dry_run {
            self.overlay().insert(goal, bytes.to_vec().into());
            self.recorder.change(change(Outcome::Planned));
            return Ok(written);
        }
        self.recorder.change(change(Outcome::Unknown));
        let result = if written == Written::Unchanged {
            hide(&goal).map_err(|cause| Error::io("cannot set the permissions of", path, &cause))
        } else {
            replace(path, &goal, bytes, mode, about.as_ref())
        };
        self.recorder.change(change(match &result {
            Ok(()) => Outcome::Done(if written == Written::Created { "created" } else { "written" }.to_owned()),
            Err(error) => Outcome::Failed(error.to_string()),
        }));
        result.map(|()| written)
    }
}

/// Writes a new file and puts it in the place of the old one.
fn replace(path: &Path, goal: &Path, bytes: &[u8], mode: Mode, old: Option<&Metadata>) -> Result<()> {
    if old.is_some_and(|about| about.permissions().readonly()) {
        return Err(Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
            .cause("it is write-protected")
            .hint(format!("`chmod u+w {}`", path.display()))
            .object(path.display().to_string()));
    }
    let failed = |cause: std::io::Error| Error::io("cannot write", path, &cause);
    let folder = target::folder_of(goal);
    let mut file = new_file(folder, mode).map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
            .cause(format!("there is no folder `{}`", folder.display()))
            .hint(format!("`mkdir -p {}`", target::folder_of(path).display()))
            .object(path.display().to_string()),
        _ => failed(cause),
    })?;
    file.write_all(bytes).map_err(failed)?;
    if let Some(about) = old {
        take_over(&file, about, mode).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(goal).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn is_seen_by_others(about: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

#[cfg(unix)]
fn hide(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    std::fs::set_permissions(path, Permissions::from_mode(mode & 0o600))
}

/// A temporary file with the permissions of a new one: 0600, or what the umask leaves of 0666.
#[cfg(unix)]
fn new_file(folder: &Path, mode: Mode) -> std::io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let bits = if mode == Mode::Private { 0o600 } else { 0o666 };
    tempfile::Builder::new().prefix(".mcpctl-").permissions(Permissions::from_mode(bits)).tempfile_in(folder)
}

/// Gives a file the owner, where we may, and the permissions of the one that it replaces.
#[cfg(unix)]
fn take_over(file: &NamedTempFile, old: &Metadata, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let new = file.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) && fchown(file.as_file(), Some(old.uid()), Some(old.gid())).is_err()
    {
        // Not ours to give away; the file stays with whoever runs this, as with an editor that renames.
    }
    let kept = if mode == Mode::Private { 0o600 } else { 0o777 };
    file.as_file().set_permissions(Permissions::from_mode(old.permissions().mode() & kept))
}

#[cfg(not(unix))]
fn is_seen_by_others(_about: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn hide(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn new_file(folder: &Path, _mode: Mode) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".mcpctl-").tempfile_in(folder)
}

#[cfg(not(unix))]
fn take_over(_file: &NamedTempFile, _old: &Metadata, _mode: Mode) -> std::io::Result<()> {
    Ok(())
}
