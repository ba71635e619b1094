//! The journal: every change that a run made for real, one JSON line each, in a file that its owner alone can read.
//!
//! It holds when, where, by which script, what and with which result; names and keys, never values. Runs that go on
//! at the same time write to the same file, each line whole ([`Journal::append`]); the file is rotated before it gets
//! long.

mod entry;
mod filter;
mod read;

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use entry::{JournalEntry, Origin};
pub use filter::Filter;
pub use read::{Found, read};

use crate::error::{Error, Kind, Result};
use crate::files::{Directory, Obstacle, Opening};

/// The file's name in the state folder of mcpctl.
const NAME: &str = "journal.jsonl";

/// The name of a full journal; the previous one is deleted.
const OLD_NAME: &str = "journal.1.jsonl";

/// How long a file may become, in bytes. With the old one beside it, the journal takes twice as much at most.
const LONGEST: u64 = 8 << 20;

/// How long another run's write is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(1);

/// The journal of this machine's user.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    longest: u64,
    open: Mutex<Option<Open>>,
}

/// The file, and the folder that it is renamed in.
#[derive(Debug)]
struct Open {
    file: File,
    directory: Directory,
}

impl Journal {
    /// The journal in a folder, which is made when there is something to write.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder, longest: LONGEST, open: Mutex::default() }
    }

    /// The file that is written to.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// The file that was full.
    #[must_use]
    pub fn old_path(&self) -> PathBuf {
        self.folder.join(OLD_NAME)
    }

    /// Appends an entry completely, or not at all.
    ///
    /// # Errors
    /// [`Kind::Io`]: no such folder can be made, no permission, a full disk, no regular file;
    /// [`Kind::Timeout`]: another run holds the file.
    pub fn append(&self, entry: &JournalEntry) -> Result<()> {
        let mut line =
            serde_json::to_vec(entry).map_err(|_| Error::failed("an entry of the journal cannot be written"))?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let journal = match open.take() {
            Some(journal) => journal,
            None => self.open_file()?,
        };
        let journal = self.locked(journal)?;
        let written = self.write(&journal, &line);
        // a file that is full was moved away under this lock; the next entry opens the new one
        if matches!(written, Ok(Room::Left)) && journal.file.unlock().is_ok() {
            *open = Some(journal);
        }
        written.map(|_| ())
    }

    fn failed(&self, obstacle: Obstacle) -> Error {
        obstacle.error("cannot write the journal", &self.path())
    }

    fn open_file(&self) -> Result<Open> {
        let open = || -> Result<Option<Open>, Obstacle> {
            let directory = Directory::private(&self.folder)?;
            let file = directory.own_file(NAME, Opening::Create)?;
            Ok(file.map(|file| Open { file, directory }))
        };
        let opened = open().map_err(|obstacle| self.failed(obstacle))?;
        opened.ok_or_else(|| Error::failed("the journal was not created"))
    }

    /// The file, locked, and still the one that has the name: another run may have moved it away.
    fn locked(&self, mut journal: Open) -> Result<Open> {
        let end = Instant::now() + PATIENCE;
        loop {
            match journal.file.try_lock() {
                Ok(()) if journal.directory.is_still(NAME, &journal.file) => return Ok(journal),
                Ok(()) => journal = self.open_file()?,
                // a file system without locks: single writes to its end are whole there, too
                Err(TryLockError::Error(_)) => return Ok(journal),
                Err(TryLockError::WouldBlock) if Instant::now() >= end => {
                    return Err(Error::new(Kind::Timeout, "cannot lock the journal")
                        .cause(format!("another program has held `{}` for {PATIENCE:?}", self.path().display())));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }

    fn write(&self, Open { file, directory }: &Open, line: &[u8]) -> Result<Room> {
        let mut file = file;
        let failed = |cause: std::io::Error| self.failed(cause.into());
        let length = file.metadata().map_err(failed)?.len();
        let broken = length > 0 && !ends_a_line(file).map_err(failed)?;
        let whole = if broken { [b"\n", line].concat() } else { line.to_vec() };
        if let Err(cause) = file.write_all(&whole) {
            // a part of a line would spoil the next one; where even this fails, the next writer sees it
            let _ = file.set_len(length);
            return Err(failed(cause));
        }
        if length + (whole.len() as u64) < self.longest {
            return Ok(Room::Left);
        }
        directory
            .rename(NAME, OLD_NAME)
            .map_err(|obstacle| obstacle.error("cannot move the journal, which is full, to", &self.old_path()))?;
        Ok(Room::None)
    }
}

/// Whether a file takes further entries.
enum Room {
    Left,
    None,
}

fn ends_a_line(mut file: &File) -> std::io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::record::{Action, Change, Outcome};

    fn entry(name: &str) -> JournalEntry {
        let change = Change {
            action: Action::Delete,
            kind: "pod",
            name: name.to_owned(),
            namespace: "mcp".to_owned(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Done("deleted".to_owned()),
        };
        let origin = Origin { run: "r".to_owned(), context: "kind".to_owned(), script: "cleanup".to_owned() };
        JournalEntry::of(&change, &origin, jiff::Timestamp::UNIX_EPOCH)
    }

    fn names(journal: &Journal) -> Vec<String> {
        read(journal, &Filter::default()).unwrap().entries.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn lines_are_whole_and_private_and_a_broken_one_spoils_no_other() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path().join("state/mcpctl"));
        journal.append(&entry("a")).unwrap();
        std::fs::OpenOptions::new().append(true).open(journal.path()).unwrap().write_all(b"{\"half").unwrap();
        std::fs::set_permissions(journal.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let other = Journal::in_folder(folder.path().join("state/mcpctl"));
        other.append(&entry("b")).unwrap();
        journal.append(&entry("c")).unwrap();
        let found = read(&journal, &Filter::default()).unwrap();
        assert_eq!((names(&journal), found.unreadable), (["a", "b", "c"].map(str::to_owned).to_vec(), 1));
        assert_eq!(std::fs::metadata(journal.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&journal.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn runs_at_once_lose_no_line_while_files_are_full() {
        let folder = tempfile::tempdir().unwrap();
        let journal = |longest| Journal { longest, ..Journal::in_folder(folder.path().to_owned()) };
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let mine = journal(u64::MAX);
                scope.spawn(move || (0..50).for_each(|n| mine.append(&entry(&format!("{writer}-{n}"))).unwrap()));
            }
        });
        let mut all = names(&journal(LONGEST));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 200);
        let (one, two) = (journal(1000), journal(1000));
        for n in 0..100 {
            (if n % 3 == 0 { &one } else { &two }).append(&entry(&format!("last-{n}"))).unwrap();
        }
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
        assert!(length(&one.path()) < 1300 && length(&one.old_path()) < 1300);
        assert_eq!(names(&one).last().map(String::as_str), Some("last-99"));
    }

    #[test]
    fn what_cannot_be_written_is_an_error_and_never_a_wait_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path().to_owned());
        assert!(std::process::Command::new("mkfifo").arg(journal.path()).status().unwrap().success());
        assert_eq!(
            journal.append(&entry("a")).unwrap_err().cause.as_deref(),
            Some("it is a pipe, socket or device, not a regular file")
        );
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(Journal::in_folder(folder.path().join("file/x")).append(&entry("a")).unwrap_err().kind, Kind::Io);
        assert!(read(&Journal::in_folder(folder.path().join("none")), &Filter::default()).unwrap().entries.is_empty());
    }
}
