//! The target of output: the process's streams, or a buffer in memory.

use std::io::{ErrorKind, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anstream::AutoStream;

use super::paint::Paint;
use crate::error::{Error, Kind, Result, io_cause};
use crate::secret::Vault;

/// Why the process's stdout could not be written. The stream belongs to the process, so this does, too: the exit code
/// reports it, whatever code printed.
static STDOUT_FAILURE: OnceLock<String> = OnceLock::new();

/// One stream. Shared between threads: a write is one piece.
pub struct Sink {
    state: Mutex<SinkState>,
    colour: bool,
    terminal: bool,
}

struct SinkState {
    writer: Box<dyn Write + Send>,
    end: End,
}

/// How a stream ended, if it did; nothing more is written to it then.
enum End {
    Open,
    /// The reader has ended (`| head`).
    Closed,
    /// It could not be written (a full disk).
    Failed(std::io::Error),
}

impl Sink {
    /// The process's stdout, coloured if it is a terminal that shows colours and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        let stream = AutoStream::auto(std::io::stdout());
        let (colour, terminal) = (shows_colour(stream.current_choice()), std::io::stdout().is_terminal());
        Self::new(Box::new(Stdout(stream)), colour, terminal)
    }

    /// Fails if anything could not be written to the process's stdout (a full disk). A closed pipe is not an error.
    ///
    /// # Errors
    /// [`Kind::Io`] with the system's cause.
    pub fn check_stdout() -> Result<()> {
        match STDOUT_FAILURE.get() {
            Some(cause) => Err(not_written(cause)),
            None => Ok(()),
        }
    }

    /// The process's stderr, coloured by the same rule.
    #[must_use]
    pub fn stderr() -> Self {
        let stream = AutoStream::auto(std::io::stderr());
        let (colour, terminal) = (shows_colour(stream.current_choice()), std::io::stderr().is_terminal());
        Self::new(Box::new(stream), colour, terminal)
    }

    /// Any writer, treated as not a terminal.
    #[must_use]
    pub fn writer(writer: Box<dyn Write + Send>, colour: bool) -> Self {
        Self::new(writer, colour, false)
    }

    pub(super) fn new(writer: Box<dyn Write + Send>, colour: bool, terminal: bool) -> Self {
        Self { state: Mutex::new(SinkState { writer, end: End::Open }), colour, terminal }
    }

    /// Whether a person looks at it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    pub(super) fn paint(&self) -> Paint {
        Paint { colour: self.colour }
    }

    /// Writes text that is clean already; remembers a failure instead of giving it. No sentinel passes, whatever
    /// the text is part of.
    pub(super) fn write(&self, text: &str) {
        let text = Vault::mask_sentinels(text);
        let mut state = lock(&self.state);
        if !matches!(state.end, End::Open) {
            return;
        }
        let written = state.writer.write_all(text.as_bytes()).and_then(|()| state.writer.flush());
        if let Err(error) = written {
            state.end = if error.kind() == ErrorKind::BrokenPipe { End::Closed } else { End::Failed(error) };
        }
    }

    /// Whether nothing more can be written to it: its reader has ended, or the disk is full.
    pub(super) fn is_closed(&self) -> bool {
        !matches!(lock(&self.state).end, End::Open)
    }

    /// Why it could not be written, if it could not.
    pub(super) fn failure(&self) -> Option<String> {
        match &lock(&self.state).end {
            End::Failed(error) => Some(io_cause(error)),
            _ => None,
        }
    }
}

/// The error of an output that was not written.
pub(super) fn not_written(cause: impl Into<String>) -> Error {
    Error::new(Kind::Io, "cannot write to stdout").cause(cause)
}

/// The process's stdout, which remembers the first failure.
struct Stdout(AutoStream<std::io::Stdout>);

impl Stdout {
    fn noted<T>(result: std::io::Result<T>) -> std::io::Result<T> {
        if let Err(error) = &result
            && error.kind() != ErrorKind::BrokenPipe
        {
            // the first one is the cause of all others
            let _ = STDOUT_FAILURE.set(io_cause(error));
        }
        result
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Self::noted(self.0.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Self::noted(self.0.flush())
    }
}

fn shows_colour(choice: anstream::ColorChoice) -> bool {
    choice != anstream::ColorChoice::Never
}

/// What was printed into memory, for tests.
#[derive(Clone, Default)]
pub struct Captured {
    out: Buffer,
    err: Buffer,
}

impl Captured {
    /// Two sinks in memory, stdout and stderr, and what they will hold.
    #[must_use]
    pub fn sinks(colour: bool) -> (Sink, Sink, Self) {
        let captured = Self::default();
        let sink = |buffer: &Buffer| Sink::writer(Box::new(buffer.clone()), colour);
        (sink(&captured.out), sink(&captured.err), captured)
    }

    #[cfg(test)]
    pub(super) fn err_writer(&self) -> impl Write + Send + 'static {
        self.err.clone()
    }

    /// Stdout so far.
    #[must_use]
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// Stderr so far.
    #[must_use]
    pub fn err(&self) -> String {
        self.err.text()
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(self.0))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is() {
        let pipe = Sink::writer(Box::new(Broken(ErrorKind::BrokenPipe)), false);
        pipe.write("x");
        pipe.write("y");
        assert!(pipe.is_closed() && pipe.failure().is_none());
        let disk = Sink::writer(Box::new(Broken(ErrorKind::StorageFull)), false);
        disk.write("x");
        assert!(disk.is_closed());
        assert_eq!(disk.failure().as_deref(), Some("no storage space"));
    }
}
