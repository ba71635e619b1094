//! The bytes of a kubeconfig file. A pipe, such as `<(…)` of a shell, can be read only once: its content is kept for
//! everything in this process that needs it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};

/// The most bytes of a kubeconfig that are read.
const LONGEST: u64 = 16 << 20;
/// How long a pipe may take: password managers ask a person meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// The content of a file.
pub(super) type Content = Arc<Zeroizing<Vec<u8>>>;

/// A pipe by its path, device and inode: file descriptors are used again for other pipes.
type PipeId = (PathBuf, u64, u64);

/// What was read from pipes. It belongs to the process and not to a run: no second run could read the pipe.
static PIPES: Mutex<Option<HashMap<PipeId, Content>>> = Mutex::new(None);

/// Whether a kubeconfig is a pipe or device: it cannot be opened again later, so it is never named in a command line.
pub(in crate::cluster) fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir())
}

/// Reads a file to its end.
pub(super) fn read(path: &Path) -> Result<Content> {
    let failed = |cause: io::Error| Error::io("cannot read kubeconfig", path, &cause);
    let about = std::fs::metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Err(
            Error::new(Kind::Io, format!("cannot read kubeconfig `{}`", path.display())).cause("it is a folder")
        );
    }
    if about.is_file() {
        return within(File::open(path).map_err(failed)?).map_err(failed);
    }
    let mut pipes = PIPES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = pipes.get_or_insert_default();
    let id = (path.to_owned(), about.dev(), about.ino());
    if let Some(content) = known.get(&id) {
        return Ok(Arc::clone(content));
    }
    let content = from_pipe(path)?;
    known.insert(id, Arc::clone(&content));
    Ok(content)
}

/// Reads a pipe on its own thread: opening it or reading it may last forever.
fn from_pipe(path: &Path) -> Result<Content> {
    let (sender, receiver) = mpsc::channel();
    let from = path.to_owned();
    let reader = move || {
        // there is no receiver after the limit
        let _ = sender.send(File::open(&from).and_then(within));
    };
    let failed = |cause: io::Error| Error::io("cannot read kubeconfig", path, &cause);
    std::thread::Builder::new().name("kubeconfig".to_owned()).spawn(reader).map_err(failed)?;
    match receiver.recv_timeout(PATIENCE) {
        Ok(read) => read.map_err(failed),
        Err(_) => Err(Error::new(Kind::Timeout, format!("cannot read kubeconfig `{}`", path.display()))
            .cause(format!("the pipe did not end within {}s", PATIENCE.as_secs()))),
    }
}

fn within(file: File) -> io::Result<Content> {
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("it has more than {} MiB", LONGEST >> 20)));
    }
    Ok(Arc::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_read_once_and_a_file_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::write(pipe, "first").unwrap()
        });
        assert_eq!(read(&pipe).unwrap().as_slice(), b"first");
        writer.join().unwrap();
        // there is no writer any more: a second reading would wait
        assert_eq!(read(&pipe).unwrap().as_slice(), b"first");
        for content in ["one", "two"] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(read(&file).unwrap().as_slice(), content.as_bytes());
        }
        assert!(is_pipe(&pipe) && !is_pipe(&file) && !is_pipe(folder.path()));
    }

    #[test]
    fn folders_missing_and_endless_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().cause.as_deref(), Some("it is a folder"));
        assert_eq!(read(&folder.path().join("no")).unwrap_err().cause.as_deref(), Some("no such file or directory"));
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().cause.as_deref(), Some("it has more than 16 MiB"));
    }
}
