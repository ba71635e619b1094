//! Writing: all or nothing, and never readable by more people than it should be.

use std::fs::{Metadata, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{Access, Files, Mode, Written, target};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, KeyChange, Outcome};
use crate::shell;

/// What the names of files that are being written begin with.
pub(super) const TEMPORARY: &str = ".mcpctl-";

impl Files {
    /// Makes a file hold these bytes. A reader sees the old content or the new, never a part: it is written beside
    /// the file and renamed. A symbolic link stays, the file behind it is written. Permissions of a file that is
    /// there are kept, but a private one ends with 0600 at most, even where the content is unchanged and nothing
    /// else is written. `keys` is for the record of changes.
    ///
    /// # Errors
    /// [`Kind::Refused`] when read-only and there is something to write; [`Kind::Io`]: no such folder, no permission, a write-protected file, a
    /// folder or pipe of that name, a full disk.
    pub fn write(&self, path: &Path, bytes: &[u8], mode: Mode, keys: Vec<KeyChange>) -> Result<Written> {
        self.put(path, None, bytes, mode, keys)
    }

    /// As [`write`](Self::write), for a file that was read before and must still be as it was then: `read` is what it
    /// held, none if there was no such file. What somebody has saved since, in an editor, is not written over.
    ///
    /// # Errors
    /// As [`write`](Self::write), and [`Kind::Conflict`] if the file is another one now: it is left as it is.
    pub fn rewrite(
        &self,
        path: &Path,
        read: Option<&[u8]>,
        bytes: &[u8],
        mode: Mode,
        keys: Vec<KeyChange>,
    ) -> Result<Written> {
        self.put(path, Some(read), bytes, mode, keys)
    }

    fn put(
        &self,
        path: &Path,
        read: Option<Option<&[u8]>>,
        bytes: &[u8],
        mode: Mode,
        keys: Vec<KeyChange>,
    ) -> Result<Written> {
        self.effect(path, Access::Write)?;
        let now = self.content(path)?;
        if read.is_some_and(|read| read != now.as_deref()) {
            return Err(changed(path));
        }
        let written = match now {
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
        self.begin_write(path)?;
        let note = if too_open { "for its owner's eyes only" } else { "" };
        let change = Change {
            action: Action::Write,
            kind: "file",
            name: path.display().to_string(),
            namespace: String::new(),
            keys,
            note: note.to_owned(),
            outcome: Outcome::Planned,
        };
        let with = |outcome| Change { outcome, ..change.clone() };
        if self.dry_run {
            self.plan_folder(path, &goal)?;
            let mut overlay = self.overlay();
            if mode == Mode::Private {
                overlay.private.insert(goal.clone());
            }
            overlay.contents.insert(goal, bytes.to_vec().into());
            drop(overlay);
            self.recorder.change(change);
            return Ok(written);
        }
        self.recorder.change(with(Outcome::Unknown));
        let result = if written == Written::Unchanged {
            hide(&goal).map_err(|cause| Error::io("cannot set the permissions of", path, &cause))
        } else {
            replace(path, &goal, read, bytes, mode, about.as_ref())
        };
        self.recorder.change(with(match &result {
            Ok(()) => Outcome::Done(if written == Written::Created { "created" } else { "written" }.to_owned()),
            Err(error) => Outcome::Failed(error.to_string()),
        }));
        result.map(|()| written)
    }

    /// Refuses a change when read-only, and notes that there is one.
    pub(super) fn begin_write(&self, path: &Path) -> Result<()> {
        if self.read_only {
            return Err(Error::new(Kind::Refused, format!("refusing to write `{}`", path.display()))
                .cause("this run is read-only")
                .object(path.display().to_string()));
        }
        self.effect(path, Access::Write)
    }

    /// Fails as the write itself would if the file's folder is neither there nor planned.
    fn plan_folder(&self, path: &Path, goal: &Path) -> Result<()> {
        let folder = target::folder_of(goal);
        if folder.is_dir() || self.overlay().folders.contains(folder) {
            return Ok(());
        }
        Err(no_folder(path, folder))
    }
}

fn no_folder(path: &Path, folder: &Path) -> Error {
    Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
        .cause(format!("there is no folder `{}`", folder.display()))
        .hint(format!("`mkdir -p {}`", shell::path(target::folder_of(path))))
        .object(path.display().to_string())
}

fn changed(path: &Path) -> Error {
    Error::new(Kind::Conflict, format!("`{}` was changed by another program meanwhile", path.display()))
        .cause("it is not what was read before, and was left as it is now")
        .hint("run the command again")
        .object(path.display().to_string())
}

/// Writes a new file and puts it in the place of the old one, if that still holds what was `read`.
fn replace(
    path: &Path,
    goal: &Path,
    read: Option<Option<&[u8]>>,
    bytes: &[u8],
    mode: Mode,
    old: Option<&Metadata>,
) -> Result<()> {
    if old.is_some_and(|about| about.permissions().readonly()) {
        return Err(Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
            .cause("it is write-protected")
            .hint(format!("`chmod u+w {}`", shell::path(path)))
            .object(path.display().to_string()));
    }
    let failed = |cause: std::io::Error| Error::io("cannot write", path, &cause);
    let folder = target::folder_of(goal);
    let mut file = new_file(folder, mode).map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => no_folder(path, folder),
        _ => failed(cause),
    })?;
    file.write_all(bytes).map_err(failed)?;
    if let Some(about) = old {
        take_over(&file, about, mode).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    if let Some(read) = read {
        // a slow disk may have taken its time
        let now = match std::fs::read(goal) {
            Ok(now) => Some(Zeroizing::new(now)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => None,
            Err(cause) => return Err(failed(cause)),
        };
        if now.as_ref().map(|bytes| bytes.as_slice()) != read {
            return Err(changed(path));
        }
    }
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
    tempfile::Builder::new().prefix(TEMPORARY).permissions(Permissions::from_mode(bits)).tempfile_in(folder)
}

/// Gives a file the owner, where we may, and the permissions of the one that it replaces.
#[cfg(unix)]
fn take_over(file: &NamedTempFile, old: &Metadata, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let new = file.as_file().metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // Where it is not ours to give away it stays with whoever runs this, as with an editor that renames.
        fchown(file.as_file(), Some(old.uid()), Some(old.gid())).ok();
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
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)
}

#[cfg(not(unix))]
fn take_over(_file: &NamedTempFile, _old: &Metadata, _mode: Mode) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use super::*;
    use crate::record::Recorder;

    fn files(dry_run: bool, read_only: bool) -> Files {
        Files::new(dry_run, read_only, Arc::new(Recorder::default()))
    }

    fn bits(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn outcomes(files: &Files) -> Vec<Outcome> {
        files.recorder.changes().into_iter().map(|change| change.outcome).collect()
    }

    #[test]
    fn a_write_says_what_it_did_and_leaves_nothing_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        let files = files(false, false);
        assert_eq!(files.write(&path, b"1", Mode::Private, Vec::new()).unwrap(), Written::Created);
        assert_eq!(bits(&path), 0o600);
        assert_eq!(files.write(&path, b"2", Mode::Private, Vec::new()).unwrap(), Written::Configured);
        assert_eq!(outcomes(&files), [Outcome::Done("written".into())]);
        assert_eq!(files.write(&path, b"2", Mode::Private, Vec::new()).unwrap(), Written::Unchanged);
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn permissions_are_kept_but_never_wider_than_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        let files = files(false, false);
        std::fs::write(&path, "1").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        files.write(&path, b"2", Mode::Public, Vec::new()).unwrap();
        assert_eq!(bits(&path), 0o640);
        files.write(&path, b"3", Mode::Private, Vec::new()).unwrap();
        assert_eq!(bits(&path), 0o600);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(files.write(&path, b"3", Mode::Private, Vec::new()).unwrap(), Written::Unchanged);
        assert_eq!(bits(&path), 0o600);
        std::fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        let error = files.write(&path, b"4", Mode::Private, Vec::new()).unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("it is write-protected"));
        assert!(matches!(outcomes(&files)[..], [Outcome::Failed(_)]));
    }

    #[test]
    fn a_symbolic_link_stays_and_its_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        let link = folder.path().join("link.env");
        std::os::unix::fs::symlink("real/a.env", &link).unwrap();
        let files = files(false, false);
        assert_eq!(files.write(&link, b"1", Mode::Public, Vec::new()).unwrap(), Written::Created);
        assert_eq!(files.write(&link, b"2", Mode::Public, Vec::new()).unwrap(), Written::Configured);
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(folder.path().join("real/a.env")).unwrap(), b"2");
    }

    #[test]
    fn a_dry_run_writes_to_memory_and_reads_it_back_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        let link = folder.path().join("link.env");
        std::os::unix::fs::symlink("a.env", &link).unwrap();
        let files = files(true, false);
        let keys = vec![KeyChange::Added("A".into())];
        assert_eq!(files.write(&path, b"A=1", Mode::Private, keys.clone()).unwrap(), Written::Created);
        assert!(!path.exists() && files.exists(&path).unwrap());
        assert_eq!(files.clone().read(&link).unwrap().unwrap(), b"A=1");
        assert_eq!(files.write(&link, b"A=1", Mode::Private, Vec::new()).unwrap(), Written::Unchanged);
        let changes = files.recorder.changes();
        assert_eq!((changes.len(), &changes[0].keys, &changes[0].outcome), (1, &keys, &Outcome::Planned));
        let error = files.write(folder.path(), b"1", Mode::Public, Vec::new()).unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("it is a folder"));
    }

    #[test]
    fn what_was_saved_since_it_was_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        let files = files(false, false);
        let rewrite = |read: Option<&[u8]>| files.rewrite(&path, read, b"ours", Mode::Private, Vec::new());
        assert_eq!(rewrite(Some(b"1")).unwrap_err().kind, Kind::Conflict);
        assert!(!path.exists());
        std::fs::write(&path, "of an editor").unwrap();
        for read in [None, Some(&b"1"[..])] {
            let error = rewrite(read).unwrap_err();
            assert_eq!(error.kind, Kind::Conflict);
            assert_eq!(std::fs::read(&path).unwrap(), b"of an editor");
        }
        assert_eq!(rewrite(Some(b"of an editor")).unwrap(), Written::Configured);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_changes_while_the_new_one_is_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        std::fs::write(&path, "of an editor").unwrap();
        let old = std::fs::metadata(&path).unwrap();
        let error = replace(&path, &path, Some(Some(b"1")), b"ours", Mode::Private, Some(&old)).unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        assert_eq!(std::fs::read(&path).unwrap(), b"of an editor");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn read_only_refuses_and_a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/such/a.env");
        assert_eq!(files(false, true).write(&path, b"1", Mode::Public, Vec::new()).unwrap_err().kind, Kind::Refused);
        for dry_run in [false, true] {
            let error = files(dry_run, false).write(&path, b"1", Mode::Public, Vec::new()).unwrap_err();
            assert!(error.cause.as_deref().unwrap().ends_with("no/such`"), "{error:?}");
            assert!(error.hints[0].starts_with("`mkdir -p "));
        }
    }
}
