//! One program at a time reads, merges and writes the files of a folder, or one file alone.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Access, Directory, Files, Obstacle, Opening, target};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interrupt;
use crate::record::Effect;
use crate::shell;

/// How long another program is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a lock file is read: the path of a kubeconfig, at most as long as paths can be.
const LONGEST_NOTE: u64 = 4096;
/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until this, and every clone of it, is dropped. Advisory: programs that do not ask for it are
/// not kept out.
#[derive(Debug, Clone)]
pub struct FileLock(Option<Arc<Held>>);

/// What is locked.
#[derive(Debug)]
pub(super) enum Held {
    /// A folder.
    Folder { _directory: Directory },
    /// A file that was made for the lock alone.
    File { file: File, directory: Directory, name: String },
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::File { file, directory, name } = self {
            // while it is still locked: a run that waits for it finds another file, or none, and opens it anew
            directory.remove(&*name, file);
        }
    }
}

impl FileLock {
    /// Records for other processes that find a lock of [`lock_alone`](Files::lock_alone) that the file is served, and
    /// the kubeconfig to reach it: waiting would not help.
    ///
    /// # Errors
    /// [`Kind::Io`]: it cannot be written.
    pub fn serves(&self, kubeconfig: &Path) -> Result<()> {
        let Some(Held::File { file, directory, name }) = self.0.as_deref() else { return Ok(()) };
        let mut file = file;
        writeln!(file, "{}", kubeconfig.display())
            .map_err(|cause| Error::io("cannot write", &directory.path().join(name), &cause))
    }
}

impl Files {
    /// Keeps other runs of this program from the folder of a file. The folder itself is locked, so no lock file is
    /// left behind; a second lock of the same folder by the same run is the same lock. A dry run needs none and gets
    /// none, and a file system that knows no locks is worked on without. What a run that was killed left half written
    /// long ago is removed on the way.
    ///
    /// # Errors
    /// [`Kind::Timeout`] if another run holds it for more than thirty seconds; [`Kind::Io`] if there is no such folder;
    /// an interrupt.
    pub fn lock(&self, path: &Path, interrupt: &Interrupt) -> Result<FileLock> {
        self.lock_within(path, PATIENCE, interrupt)
    }

    /// Whether the run may write: only then is a lock of use, and leftovers may be removed.
    fn may_write(&self) -> bool {
        !self.dry_run && !self.read_only && self.recorder.allows(&Effect::named("files: write"))
    }

    fn lock_within(&self, path: &Path, patience: Duration, interrupt: &Interrupt) -> Result<FileLock> {
        if !self.may_write() {
            return Ok(FileLock(None));
        }
        self.check(path, Access::Write)?;
        let folder = target::folder_of(path);
        let directory = Directory::open(folder).map_err(|obstacle| no_folder(folder, obstacle))?;
        let mut held = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held.get(directory.path()).and_then(std::sync::Weak::upgrade) {
            return Ok(FileLock(Some(known)));
        }
        let end = Instant::now() + patience;
        if !wait(directory.handle(), end, interrupt, || Ok(()))? {
            return Err(busy(path, "working in its folder", patience));
        }
        directory.remove_leftovers();
        let key = directory.path().to_owned();
        let lock = Arc::new(Held::Folder { _directory: directory });
        held.insert(key, Arc::downgrade(&lock));
        Ok(FileLock(Some(lock)))
    }

    /// Keeps other runs of this program from one file that a run works on for long, and from nothing else in its folder.
    /// The file itself is replaced when it is written, so a hidden file beside it is locked, and removed at the end.
    /// Where none can be made the file cannot be written either, and it is worked on without a lock.
    ///
    /// # Errors
    /// As [`lock`](Self::lock); [`Kind::Conflict`], without any wait, if the file is served.
    pub fn lock_alone(&self, path: &Path, interrupt: &Interrupt) -> Result<FileLock> {
        self.lock_alone_within(path, PATIENCE, interrupt)
    }

    fn lock_alone_within(&self, path: &Path, patience: Duration, interrupt: &Interrupt) -> Result<FileLock> {
        if self.dry_run || self.read_only {
            return Ok(FileLock(None));
        }
        self.check(path, Access::Write)?;
        let folder = target::folder_of(path);
        let (directory, name) = Directory::of(path).map_err(|obstacle| no_folder(folder, obstacle))?;
        // at the end of the run it would be too late
        directory.replaceable(&name).map_err(|obstacle| obstacle.error("cannot use", path))?;
        let Some(name) = name.to_str().map(|name| format!(".{name}.lock")) else { return Ok(FileLock(None)) };
        let beside = folder.join(&name);
        let key = directory.path().join(&name);
        let mut held = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held.get(&key).and_then(std::sync::Weak::upgrade) {
            return Ok(FileLock(Some(known)));
        }
        let end = Instant::now() + patience;
        loop {
            let file = match directory.own_file(&name, Opening::Create) {
                Ok(Some(file)) => file,
                Ok(None) => return Ok(FileLock(None)),
                Err(obstacle)
                    if matches!(obstacle.kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) =>
                {
                    return Ok(FileLock(None));
                }
                Err(obstacle) => return Err(obstacle.error("cannot lock by", &beside)),
            };
            if !wait(&file, end, interrupt, || refuse_served(path, &file))? {
                return Err(busy(path, "at it", patience));
            }
            // the run that held it has removed it: another one may have made it anew
            if directory.is_still(&name, &file) {
                // a server that was killed has left its note in it
                let _ = file.set_len(0);
                if self.may_write() {
                    directory.remove_leftovers();
                }
                let lock = Arc::new(Held::File { file, directory, name });
                held.insert(key, Arc::downgrade(&lock));
                return Ok(FileLock(Some(lock)));
            }
        }
    }
}

/// Waits for a lock until a time, or until `look` finds that it is in vain; whether it came. A file system that knows no
/// locks gives it, too.
fn wait(file: &File, end: Instant, interrupt: &Interrupt, look: impl Fn() -> Result<()>) -> Result<bool> {
    loop {
        interrupt.check()?;
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => return Ok(false),
            Err(TryLockError::WouldBlock) => {
                look()?;
                std::thread::sleep(PAUSE);
            }
        }
    }
}

fn no_folder(folder: &Path, obstacle: Obstacle) -> Error {
    let is_missing = obstacle.kind == ErrorKind::NotFound;
    let error = obstacle.error("cannot open the folder", folder);
    if is_missing { error.hint(format!("make it first: `mkdir -p {}`", shell::path(folder))) } else { error }
}

fn busy(path: &Path, doing: &str, patience: Duration) -> Error {
    Error::new(Kind::Timeout, format!("cannot lock `{}`", path.display()))
        .cause(format!("another run of mcpctl has been {doing} for {patience:?}"))
        .hint("wait until it has ended, then run the command again")
        .object(path.display().to_string())
}

/// Refuses a file that is being served: a server does not end by itself.
fn refuse_served(path: &Path, mut lock: &File) -> Result<()> {
    let mut note = String::new();
    let read = lock.rewind().and_then(|()| lock.take(LONGEST_NOTE).read_to_string(&mut note));
    let Some(kubeconfig) = read.ok().and_then(|_| note.strip_suffix('\n')) else { return Ok(()) };
    let kubeconfig = shell::word(kubeconfig);
    Err(Error::new(Kind::Conflict, format!("cannot lock `{}`", path.display()))
        .cause("`mcpctl sandbox serve` is serving it and keeps the lock until you stop it")
        .hint(format!("`export KUBECONFIG={kubeconfig}` and leave out `--sandbox`: it is a cluster now"))
        .object(path.display().to_string()))
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
    fn a_file_of_its_own_is_locked_alone_and_leaves_its_folder_free() {
        let folder = tempfile::tempdir().unwrap();
        let (world, env) = (folder.path().join("world.json"), folder.path().join("a.env"));
        let (mine, theirs) = (files(false), files(false));
        let interrupt = Interrupt::default();
        let held = mine.lock_alone(&world, &interrupt).unwrap();
        drop(theirs.lock_within(&env, Duration::ZERO, &interrupt).unwrap());
        drop(theirs.lock_alone_within(&env, Duration::ZERO, &interrupt).unwrap());
        let error = theirs.lock_alone_within(&world, Duration::ZERO, &interrupt).unwrap_err();
        assert_eq!((error.kind, error.message.contains("world.json")), (Kind::Timeout, true));
        // a process that waits gets the lock, though its file is removed by then
        let waiting = std::thread::spawn(move || theirs.lock_alone(&world, &Interrupt::default()).map(drop));
        std::thread::sleep(5 * PAUSE);
        drop(held);
        waiting.join().unwrap().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_served_is_not_waited_for_and_a_killed_server_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let (world, lock) = (folder.path().join("world.json"), folder.path().join(".world.json.lock"));
        let interrupt = Interrupt::default();
        std::fs::write(&lock, "/of/a/killed/server\n").unwrap();
        let held = files(false).lock_alone(&world, &interrupt).unwrap();
        let busy = files(false).lock_alone_within(&world, Duration::ZERO, &interrupt).unwrap_err();
        assert_eq!(busy.kind, Kind::Timeout);
        held.serves(Path::new("/tmp/a b/kubeconfig")).unwrap();
        let served = files(false).lock_alone(&world, &interrupt).unwrap_err();
        assert_eq!(served.kind, Kind::Conflict);
        assert!(served.hints[0].contains("export KUBECONFIG='/tmp/a b/kubeconfig'"), "{:?}", served.hints);
        drop(held);
        drop(files(false).lock_alone(&world, &interrupt).unwrap());
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
    fn drafts_of_killed_runs_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (draft, fresh, linked) =
            (".mcpctl-0123456789abcdef", ".mcpctl-0123456789abcde0", ".mcpctl-0123456789abcde1");
        let kept =
            [fresh, linked, "other-name", ".mcpctl-notes", ".mcpctl-0123456789ABCDEF", ".mcpctl-0123456789abcdef0"];
        for name in kept.into_iter().chain([draft]) {
            std::fs::write(path(name), "A=canary").unwrap();
            if name != fresh {
                let then = std::time::SystemTime::now() - 2 * crate::files::draft::LEFT_BEHIND;
                File::options().write(true).open(path(name)).unwrap().set_modified(then).unwrap();
            }
        }
        std::fs::hard_link(path(linked), path("its-other-name")).unwrap();
        std::os::unix::fs::symlink("other-name", path(".mcpctl-0123456789abcde2")).unwrap();
        std::fs::create_dir(path(".mcpctl-0123456789abcde3")).unwrap();
        let before = std::fs::read_dir(folder.path()).unwrap().count();
        drop(files(false).lock(&path("a.env"), &Interrupt::default()).unwrap());
        assert!(!path(draft).exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before - 1);
    }
}
