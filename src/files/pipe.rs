//! Pipes that a person names in place of a file: `/dev/fd/N` of `<(…)`, `/dev/stdin`, a FIFO. They are read once and to
//! the end, with limits on size and time; who asks again gets the same content.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::directory::is_pipe;
use super::{Access, Files};
use crate::duration;
use crate::error::{Error, Kind, Result, io_cause};

/// The most that is read from a pipe or from standard input, in bytes.
pub(crate) const LONGEST_INPUT: u64 = 16 << 20;

/// How long a pipe may take to its end: its program may ask for a password.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long a FIFO may be without a program that writes to it.
const WITHOUT_WRITER: Duration = Duration::from_secs(10);

/// What was read from pipes so far, by path.
#[derive(Default)]
pub(super) struct Pipes(Mutex<BTreeMap<PathBuf, Arc<Zeroizing<Vec<u8>>>>>);

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
        let known = || self.pipes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = known().get(path).cloned() {
            return Ok(Some(bytes.to_vec()));
        }
        let bytes = read_pipe(path).await?;
        known().insert(path.to_owned(), Arc::new(Zeroizing::new(bytes.clone())));
        Ok(Some(bytes))
    }
}

async fn read_pipe(path: &Path) -> Result<Vec<u8>> {
    let shown = path.display().to_string();
    let failed = || Error::new(Kind::Io, format!("cannot read `{shown}`")).object(&shown);
    let late = |cause: String| {
        let mut error = failed();
        error.kind = Kind::Timeout;
        error.cause(cause)
    };
    let (opened, is_open) = oneshot::channel();
    let (sender, receiver) = oneshot::channel();
    let file = path.to_owned();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|file| {
            // the run may have ended meanwhile
            let _ = opened.send(());
            file.take(LONGEST_INPUT + 1).read_to_end(&mut bytes)
        });
        let _ = sender.send(read.map(|_| bytes));
    });
    if tokio::time::timeout(WITHOUT_WRITER, is_open).await.is_err() {
        return Err(late(format!("no program writes to this pipe ({})", duration::exact(WITHOUT_WRITER)))
            .hint("start the program that writes to it first"));
    }
    let read = tokio::time::timeout(PATIENCE, receiver).await;
    let read = read.map_err(|_| late(format!("it did not end within {}", duration::exact(PATIENCE))))?;
    let bytes = read.map_err(|_| failed())?.map_err(|cause| failed().cause(io_cause(&cause)))?;
    if bytes.len() as u64 > LONGEST_INPUT {
        return Err(too_long(&format!("`{shown}`")));
    }
    Ok(bytes)
}

/// The error for more than [`LONGEST_INPUT`].
pub(crate) fn too_long(what: &str) -> Error {
    Error::invalid(format!("{what} is too long")).cause(format!("{LONGEST_INPUT} bytes at most"))
}
