//! Pipes that a person names in place of a file: `/dev/fd/N` of `<(…)`, `/dev/stdin`, a FIFO. They are read once and to
//! the end, with limits on size and time. A second reader gets the same content.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::directory::is_pipe;
use super::{Access, Files};
use crate::duration;
use crate::error::{Error, Kind, Result, io_cause};

/// The most that is read from a pipe or from standard input, in bytes.
pub(crate) const LONGEST_INPUT: u64 = 16 << 20;

/// How long a pipe or standard input may take to its end: the program behind it may ask for a password.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// How long a FIFO may be without a program that writes to it.
const WITHOUT_WRITER: Duration = Duration::from_secs(10);

/// The content of a pipe.
pub(crate) type Content = Arc<Zeroizing<Vec<u8>>>;

/// A pipe by its path, device and inode: file descriptors are used again for other pipes.
type PipeId = (PathBuf, u64, u64);

/// What was read from pipes. It belongs to the process and not to a run: no second run could read the pipe.
static KNOWN: Mutex<BTreeMap<PipeId, Arc<OnceLock<Result<Content>>>>> = Mutex::new(BTreeMap::new());

impl Files {
    /// As [`read`](Files::read), for a file that a person named: it may be a pipe, too.
    ///
    /// # Errors
    /// As [`read`](Files::read); a pipe that is too long, to which no program writes, or that does not end in time.
    pub async fn read_given(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        if !is_pipe(path) {
            return self.read(path);
        }
        self.effect(path, Access::Read)?;
        let (sender, receiver) = oneshot::channel();
        let pipe = path.to_owned();
        // its own thread: the run may end before the pipe does
        std::thread::spawn(move || sender.send(read_pipe(&pipe)));
        let content = receiver.await.map_err(|_| failed(path))??;
        Ok(Some(content.to_vec()))
    }
}

/// What a pipe or device contains, read at most once.
///
/// # Errors
/// It cannot be opened or read, is too long, no program writes to it, or it does not end in time.
pub(crate) fn read_pipe(path: &Path) -> Result<Content> {
    let about = std::fs::metadata(path).map_err(|cause| failed(path).cause(io_cause(&cause)))?;
    let id = (path.to_owned(), about.dev(), about.ino());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = Arc::clone(known().entry(id.clone()).or_default());
    let read = pipe.get_or_init(|| read_once(path)).clone();
    if read.is_err() {
        // the program that writes to it may be started later
        known().remove(&id);
    }
    read
}

/// Reads on a thread: opening a pipe or reading it may last forever.
fn read_once(path: &Path) -> Result<Content> {
    let late = |cause: String| {
        let mut error = failed(path);
        error.kind = Kind::Timeout;
        error.cause(cause)
    };
    let (opened, is_open) = mpsc::channel();
    let (sender, receiver) = mpsc::channel();
    let pipe = path.to_owned();
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = File::open(pipe).and_then(|file| {
            // after the limit the receiver is dropped
            let _ = opened.send(());
            file.take(LONGEST_INPUT + 1).read_to_end(&mut bytes)
        });
        let _ = sender.send(read.map(|_| bytes));
    });
    if is_open.recv_timeout(WITHOUT_WRITER) == Err(mpsc::RecvTimeoutError::Timeout) {
        return Err(late(format!("no program writes to this pipe ({})", duration::exact(WITHOUT_WRITER)))
            .hint("start the program that writes to it first"));
    }
    let read = receiver.recv_timeout(PATIENCE);
    let read = read.map_err(|_| late(format!("it did not end within {}", duration::exact(PATIENCE))))?;
    let bytes = read.map_err(|cause| failed(path).cause(io_cause(&cause)))?;
    if bytes.len() as u64 > LONGEST_INPUT {
        return Err(too_long(&format!("`{}`", path.display())));
    }
    Ok(Arc::new(bytes))
}

fn failed(path: &Path) -> Error {
    Error::new(Kind::Io, format!("cannot read `{}`", path.display())).object(path.display().to_string())
}

/// The error for more than [`LONGEST_INPUT`].
pub(crate) fn too_long(what: &str) -> Error {
    Error::invalid(format!("{what} is too long")).cause(format!("{LONGEST_INPUT} bytes at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_once_and_a_later_reader_gets_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::write(pipe, "first").unwrap()
        });
        assert_eq!(read_pipe(&pipe).unwrap().as_slice(), b"first");
        writer.join().unwrap();
        // the writer has ended: a second reading would wait
        assert_eq!(read_pipe(&pipe).unwrap().as_slice(), b"first");
    }

    #[test]
    fn missing_and_endless_ones_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_pipe(&folder.path().join("no")).unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("no such file or directory"));
        assert_eq!(read_pipe(Path::new("/dev/zero")).unwrap_err().message, "`/dev/zero` is too long");
    }
}
