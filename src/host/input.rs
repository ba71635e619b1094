//! Standard input as data: `-` in place of a file name.

use std::io::Read;
use std::time::Duration;

use crate::error::{Error, Kind, Result, io_cause};
use crate::files::{Access, pipe_given};
use crate::record::Effect;
use crate::secret::Secret;

use super::Host;

/// The most that is read from standard input or a pipe.
const LONGEST_INPUT: u64 = 16 * 1024 * 1024;

/// How long a pipe that is given as a file may take: its program may ask somebody for a password.
const PATIENCE: Duration = Duration::from_secs(300);

impl Host {
    /// What an argument means: `@FILE` is the file's text, `-` is standard input, anything else is itself.
    ///
    /// # Errors
    /// The file or standard input cannot be read as text.
    pub fn read_argument(&self, argument: &str) -> Result<String> {
        match argument.strip_prefix('@') {
            Some(path) => {
                self.refuse_secret_file(&self.path(path))?;
                self.read_given_text(path)
            }
            None if argument == "-" => self.read_standard_input(),
            None => Ok(argument.to_owned()),
        }
    }

    /// What an argument means, as a secret.
    ///
    /// # Errors
    /// As [`read_argument`](Self::read_argument).
    pub fn read_secret_argument(&self, argument: &str) -> Result<Secret> {
        match argument.strip_prefix('@') {
            Some(path) => {
                let text = self.read_given_text(path)?;
                Ok(if self.files.is_of_script(&self.path(path)) { Secret::of_script(text) } else { Secret::new(text) })
            }
            None if argument == "-" => self.read_standard_input().map(Secret::new),
            None => Ok(Secret::of_script(argument)),
        }
    }

    fn read_given_text(&self, path: &str) -> Result<String> {
        let bytes = self.read_given(path)?;
        let bytes = bytes.ok_or_else(|| Error::not_found(format!("no file `{path}`")).object(path))?;
        String::from_utf8(bytes).map_err(|_| Error::invalid(format!("`{path}` is not UTF-8 text")).object(path))
    }

    /// What the file of an `@FILE` contains; none if there is no such file. It may be a pipe that the shell has opened,
    /// as of `@<(…)`, which is read to its end.
    ///
    /// # Errors
    /// It cannot be read, is too long, a pipe does not end within [`PATIENCE`], or the run is interrupted.
    pub fn read_given(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let file = self.path(path);
        if !pipe_given(&file) {
            return self.files.read(&file);
        }
        self.recorder.effect(Effect::named("files: read"))?;
        self.files.check(&file, Access::Read)?;
        let shown = format!("`{path}`");
        let read = read_on_a_thread(shown.clone(), move || std::fs::File::open(file));
        let bytes = self.wait(async {
            tokio::time::timeout(PATIENCE, read).await.unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout, format!("cannot read {shown}"))
                    .cause(format!("it did not end within {}", crate::duration::exact(PATIENCE))))
            })
        })?;
        if bytes.len() as u64 > LONGEST_INPUT {
            return Err(Error::invalid(format!("{shown} is too long")).cause(format!("{LONGEST_INPUT} bytes at most")));
        }
        Ok(Some(bytes))
    }

    /// All of standard input as text. Read on a thread of its own, so that Ctrl-C ends the wait.
    ///
    /// # Errors
    /// It holds the script itself, is a terminal, too long, not UTF-8 text, or the run is interrupted.
    pub fn read_standard_input(&self) -> Result<String> {
        use std::io::IsTerminal as _;
        if self.settings.input_is_script {
            return Err(Error::usage("standard input is the script and can hold nothing else")
                .hint("save the script as a file, or give the value as `@FILE`"));
        }
        if let Some(text) = &self.settings.standard_input {
            return Ok(text.clone());
        }
        if std::io::stdin().is_terminal() {
            self.printer.info("reading standard input; end it with Ctrl-D");
        }
        let bytes = self.wait(read_on_a_thread("standard input".to_owned(), || Ok(std::io::stdin())))?;
        if bytes.len() as u64 > LONGEST_INPUT {
            return Err(Error::invalid("standard input is too long").cause(format!("{LONGEST_INPUT} bytes at most")));
        }
        String::from_utf8(bytes).map_err(|_| Error::invalid("standard input is not UTF-8 text"))
    }
}

/// Reads to the end, or to one byte more than may be.
async fn read_on_a_thread<R: Read>(
    shown: String,
    open: impl FnOnce() -> std::io::Result<R> + Send + 'static,
) -> Result<Vec<u8>> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = open().and_then(|from| from.take(LONGEST_INPUT + 1).read_to_end(&mut bytes));
        // the run may have ended meanwhile
        let _ = sender.send(read.map(|_| bytes));
    });
    let failed = Error::new(Kind::Io, format!("cannot read {shown}"));
    match receiver.await {
        Ok(read) => read.map_err(|cause| failed.cause(io_cause(&cause))),
        Err(_) => Err(failed),
    }
}
