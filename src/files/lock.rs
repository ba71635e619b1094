//! One program at a time reads, merges and writes the files of a folder.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Files, target};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interrupt;

/// How long another program is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until this, and every clone of it, is dropped. Advisory: programs that do not ask for it are
/// not kept out.
#[derive(Debug, Clone)]
pub struct FileLock(#[expect(dead_code, reason = "held for its drop")] Option<Arc<File>>);

impl Files {
    /// Keeps other runs of this program from the folder of a file. The folder itself is locked, so no lock file is
    /// left behind; a second lock of the same folder by the same run is the same lock. A dry run needs none and gets
    /// none, and a file system that knows no locks is worked on without.
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
        let file = Arc::new(file);
        held.insert(folder, Arc::downgrade(&file));
        Ok(FileLock(Some(file)))
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
}
