//! Standard input as data: `-` in place of a file name.

use std::io::Read as _;

use crate::error::{Error, Result};
use crate::secret::Secret;

use super::Host;

/// The most that is read from standard input.
const LONGEST_INPUT: u64 = 16 * 1024 * 1024;

impl Host {
    /// What an argument means: `@FILE` is the file's text, `-` is standard input, anything else is itself.
    ///
    /// # Errors
    /// The file or standard input cannot be read as text.
    pub fn read_argument(&self, argument: &str) -> Result<String> {
        match argument.strip_prefix('@') {
            Some(path) => self.read_text(path),
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
                let text = self.read_unseen_text(path)?;
                Ok(if self.files.is_of_script(&self.path(path)) { Secret::of_script(text) } else { Secret::new(text) })
            }
            None if argument == "-" => self.read_standard_input().map(Secret::new),
            None => Ok(Secret::of_script(argument)),
        }
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
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().take(LONGEST_INPUT + 1).read_to_end(&mut bytes);
            // the run may have ended meanwhile
            let _ = sender.send(read.map(|_| bytes));
        });
        let bytes = self.wait(async {
            let read = receiver.await.map_err(|_| Error::failed("cannot read standard input"))?;
            read.map_err(|e| Error::failed("cannot read standard input").cause(e.to_string()))
        })?;
        if bytes.len() as u64 > LONGEST_INPUT {
            return Err(Error::invalid("standard input is too long").cause(format!("{LONGEST_INPUT} bytes at most")));
        }
        String::from_utf8(bytes).map_err(|_| Error::invalid("standard input is not UTF-8 text"))
    }
}
