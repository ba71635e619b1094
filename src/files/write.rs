//! Writing: all or nothing, and never readable by more people than it should be.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use super::directory::{is_open_to_others, is_pipe};
use super::draft::Draft;
use super::{Access, Directory, Files, LONGEST_FILE, Mode, Obstacle, Written, read_file, target};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, KeyChange, Outcome};
use crate::shell;

/// Permission bits for writing.
const WRITE: u32 = 0o222;

impl Files {
    /// Makes a file contain these bytes. A reader sees the old content or the new, never a part: it is written beside
    /// the file and renamed. Permissions of an existing file are kept, but a private one ends with 0600 at most, even
    /// where the content is unchanged. `keys` is for the record of changes.
    ///
    /// # Errors
    /// [`Kind::Refused`] when read-only and there is something to write; [`Kind::Io`]: no such folder, no permission, a
    /// write-protected file, a full disk; a link, folder, pipe, device or another user's file of that name, a link on
    /// the way that leads out of the folder where a relative path starts.
    pub fn write(&self, path: &Path, bytes: &[u8], mode: Mode, keys: Vec<KeyChange>) -> Result<Written> {
        self.put(path, None, bytes, mode, keys)
    }

    /// As [`write`](Self::write), for a file that must not have changed since it was read: `read` is the content at
    /// that time, none if there was no such file. This does not overwrite what another program, such as an editor,
    /// saved in between.
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
        // a pipe cannot be written, but comments that it lacks do not justify an error
        if read.is_some() && is_pipe(path) {
            return if keys.is_empty() { Ok(Written::Unchanged) } else { Err(not_writable(path)) };
        }
        let now = self.content(path)?;
        if read.is_some_and(|read| read != now.as_deref()) {
            return Err(changed(path));
        }
        let written = match now {
            None => Written::Created,
            Some(old) if old != bytes => Written::Configured,
            Some(_) => Written::Unchanged,
        };
        // also through a link: without a change there is nothing to refuse
        let too_open = mode == Mode::Private && is_open_to_others(path);
        if written == Written::Unchanged && !too_open {
            return Ok(written);
        }
        self.begin_write(path)?;
        let place = self.place(path)?;
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
            let goal = target::of(path);
            let mut overlay = self.overlay();
            if mode == Mode::Private {
                overlay.private.insert(goal.clone());
            }
            overlay.contents.insert(goal, bytes.to_vec().into());
            drop(overlay);
            self.recorder.change(change);
            return Ok(written);
        }
        let Some((directory, name)) = place else { return Err(no_folder(path)) };
        self.recorder.change(with(Outcome::Unknown));
        let result = replace(path, (&directory, &name), read, bytes, mode);
        self.recorder.change(with(match &result {
            Ok(()) => Outcome::Done(if written == Written::Created { "created" } else { "written" }.to_owned()),
            Err(error) => Outcome::Failed(error.to_string()),
        }));
        result.map(|()| written)
    }

    /// Refuses a change in a read-only run, and records it.
    pub(super) fn begin_write(&self, path: &Path) -> Result<()> {
        if self.read_only {
            return Err(Error::new(Kind::Refused, format!("refusing to write `{}`", path.display()))
                .cause("this run is read-only")
                .object(path.display().to_string()));
        }
        self.effect(path, Access::Write)
    }

    /// The folder and the name of a file that may be written; no folder where a dry run has planned it.
    fn place(&self, path: &Path) -> Result<Option<(Directory, OsString)>> {
        let failed = |obstacle: Obstacle| obstacle.error("cannot write", path);
        match Directory::of(path) {
            Ok((directory, name)) => {
                directory.replaceable(&name).map_err(failed)?;
                Ok(Some((directory, name)))
            }
            Err(obstacle) if obstacle.kind == ErrorKind::NotFound => {
                let planned = self.dry_run && self.overlay().folders.contains(target::folder_of(&target::of(path)));
                if planned { Ok(None) } else { Err(no_folder(path)) }
            }
            Err(obstacle) => Err(failed(obstacle)),
        }
    }
}

fn not_writable(path: &Path) -> Error {
    Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
        .cause("it is a pipe")
        .hint("change its content where it comes from")
        .object(path.display().to_string())
}

fn no_folder(path: &Path) -> Error {
    let folder = target::folder_of(path);
    Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
        .cause(format!("there is no folder `{}`", folder.display()))
        .hint(format!("`mkdir -p {}`", shell::path(folder)))
        .object(path.display().to_string())
}

fn changed(path: &Path) -> Error {
    Error::new(Kind::Conflict, format!("`{}` was changed by another program meanwhile", path.display()))
        .cause("its content differs from what was read before; it was not written")
        .hint("run the command again")
        .object(path.display().to_string())
}

/// Writes a new file and puts it in the place of the old one, if that still contains what was `read`.
fn replace(
    path: &Path,
    (directory, name): (&Directory, &OsStr),
    read: Option<Option<&[u8]>>,
    bytes: &[u8],
    mode: Mode,
) -> Result<()> {
    let failed = |obstacle: Obstacle| obstacle.error("cannot write", path);
    let old = directory.replaceable(name).map_err(failed)?;
    if old.as_ref().is_some_and(|about| about.permissions() & WRITE == 0) {
        return Err(Error::new(Kind::Io, format!("cannot write `{}`", path.display()))
            .cause("it is write-protected")
            .hint(format!("`chmod u+w {}`", shell::path(path)))
            .object(path.display().to_string()));
    }
    let draft = Draft::write(directory, bytes, mode, old.as_ref()).map_err(failed)?;
    if let Some(read) = read {
        // a slow disk may have taken its time
        let now = read_file(&directory.path().join(name), LONGEST_FILE)?.map(Zeroizing::new);
        if now.as_ref().map(|bytes| bytes.as_slice()) != read {
            return Err(changed(path));
        }
    }
    draft.publish(name).map_err(failed)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
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
    fn a_symbolic_link_is_not_followed_unless_nothing_is_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let [link, real] = ["link.env", "real.env"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("real.env", &link).unwrap();
        for dry_run in [false, true] {
            let error = files(dry_run, false).write(&link, b"1", Mode::Public, Vec::new()).unwrap_err();
            assert_eq!(error.cause.as_deref(), Some("it is a symbolic link to `real.env`, and links are not followed"));
            assert!(error.hints[0].contains(&real.canonicalize().unwrap_or(real.clone()).display().to_string()));
            assert!(!real.exists() && link.is_symlink());
        }
        std::fs::write(&real, "1").unwrap();
        let written = files(false, false).write(&link, b"1", Mode::Public, Vec::new());
        assert_eq!(written.unwrap(), Written::Unchanged);
        assert!(files(false, false).write(&link, b"2", Mode::Public, Vec::new()).is_err());
        assert_eq!(std::fs::read(&real).unwrap(), b"1");
    }

    #[test]
    fn a_hard_link_is_replaced_and_its_other_name_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["a.env", "other"].map(|name| folder.path().join(name));
        std::fs::write(&other, "1").unwrap();
        std::fs::set_permissions(&other, Permissions::from_mode(0o644)).unwrap();
        std::fs::hard_link(&other, &path).unwrap();
        assert_eq!(files(false, false).write(&path, b"1", Mode::Private, Vec::new()).unwrap(), Written::Unchanged);
        assert_eq!((bits(&path), bits(&other)), (0o600, 0o644));
        files(false, false).write(&path, b"2", Mode::Private, Vec::new()).unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), b"1");
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
        let (directory, name) = Directory::of(&path).unwrap();
        let error = replace(&path, (&directory, &name), Some(Some(b"1")), b"ours", Mode::Private).unwrap_err();
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
