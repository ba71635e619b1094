//! One program at a time reads, merges and writes the files of a folder.

use std::fs::{DirEntry, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::write::TEMPORARY;
use super::{Files, target};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interrupt;

/// How long another program is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How old the temporary file of a write must be to be one that was left behind: a write takes moments.
const LEFT_BEHIND: Duration = Duration::from_secs(600);
/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until this, and every clone of it, is dropped. Advisory: programs that do not ask for it are
/// not kept out.
#[derive(Debug, Clone)]
pub struct FileLock(#[expect(dead_code, reason = "held for its drop")] Option<Arc<File>>);

impl Files {
    /// Keeps other runs of this program from the folder of a file. The folder itself is locked, so no lock file is
    /// left behind; a second lock of the same folder by the same run is the same lock. A dry run needs none and gets
    /// none, and a file system that knows no locks is worked on without. What a run that was killed left half written
    /// long ago is removed on the way.
    ///
    /// # Errors
    /// [`Kind::Timeout`] if another run holds it for more than ten seconds; [`Kind::Io`] if there is no such folder;
    /// an interrupt.
    pub fn lock(&self, path: &Path, interrupt: &Interrupt) -> Result<FileLock> {
        self.lock_within(path, PATIENCE, interrupt)
    }

    fn lock_within(&self, path: &Path, patience: Duration, interrupt: &Interrupt) -> Result<FileLock> {
        if self.dry_run || self.read_only {
            return Ok(FileLock(None));
        }
        let goal = target::of(path);
        let folder = target::folder_of(&goal).to_path_buf();
        let mut held = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = held.get(&folder).and_then(std::sync::Weak::upgrade) {
            return Ok(FileLock(Some(file)));
        }
        let file = File::open(&folder).map_err(|cause| {
            let error = Error::io("cannot open the folder", &folder, &cause);
            if cause.kind() == std::io::ErrorKind::NotFound {
                return error.hint(format!("make it first: `mkdir -p {}`", folder.display()));
            }
            error
        })?;
        let end = Instant::now() + patience;
        loop {
            interrupt.check()?;
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(_)) => return Ok(FileLock(None)),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                    return Err(Error::new(Kind::Timeout, format!("cannot lock `{}`", path.display()))
                        .cause(format!("another run of mcpctl has been working in its folder for {patience:?}"))
                        .hint("wait until it has ended, then run the command again")
                        .object(path.display().to_string()));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        remove_leftovers(&folder);
        let file = Arc::new(file);
        held.insert(folder, Arc::downgrade(&file));
        Ok(FileLock(Some(file)))
    }
}

/// Removes what writes of runs that were killed have left in a folder: it may hold secrets, and nobody knows of it.
/// What cannot be removed stays.
fn remove_leftovers(folder: &Path) {
    let is_left = |entry: &DirEntry| {
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY));
        let about = entry.metadata().ok().filter(std::fs::Metadata::is_file);
        let age = about.and_then(|about| about.modified().ok()?.elapsed().ok());
        named && age.is_some_and(|age| age > LEFT_BEHIND)
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_left) {
        let _ = std::fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Signal;
    use crate::record::Recorder;

    fn files(dry_run: bool) -> Files {
        Files::new(dry_run, false, Arc::new(Recorder::default()))
    }

    #[test]
    fn another_run_is_kept_out_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.env"), folder.path().join("b.env"));
        let (mine, theirs) = (files(false), files(false));
        let interrupt = Interrupt::default();
        let held = mine.lock(&one, &interrupt).unwrap();
        let again = mine.lock(&other, &interrupt).unwrap();
        drop(held);
        let error = theirs.lock_within(&one, Duration::ZERO, &interrupt).unwrap_err();
        assert_eq!(error.kind, Kind::Timeout);
        assert!(error.message.contains("a.env"));
        drop(again);
        theirs.lock_within(&one, Duration::ZERO, &interrupt).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_wait_ends_with_an_interrupt_and_a_dry_run_does_not_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        let interrupt = Interrupt::default();
        let _held = files(false).lock(&path, &interrupt).unwrap();
        files(true).lock(&path, &interrupt).unwrap();
        interrupt.raise(Signal::Interrupt);
        assert_eq!(files(false).lock(&path, &interrupt).unwrap_err().kind, Kind::Interrupted);
    }

    #[test]
    fn what_a_killed_run_left_long_ago_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new, other] = [".mcpctl-aaaaaa", ".mcpctl-bbbbbb", "prod-secret.env"].map(|n| folder.path().join(n));
        for path in [&old, &new, &other] {
            std::fs::write(path, "A=canary").unwrap();
        }
        for path in [&old, &other] {
            let then = std::time::SystemTime::now() - 2 * LEFT_BEHIND;
            File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        }
        let _held = files(false).lock(&other, &Interrupt::default()).unwrap();
        assert!(!old.exists() && new.exists() && other.exists());
    }
}
