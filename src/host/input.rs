//! Values from the user: a file, a pipe, or standard input as `-`.

use std::io::Read as _;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::duration;
use crate::encoding;
use crate::error::{Error, Kind, Result, io_cause};
use crate::files::{LONGEST_INPUT, PATIENCE, too_long};
use crate::secret::Secret;

use super::Host;

/// The name of standard input in errors.
const STANDARD_INPUT: &str = "standard input";

impl Host {
    /// The value of an argument: `@FILE` is the file's text, `-` is standard input, anything else is itself.
    ///
    /// # Errors
    /// The file or standard input cannot be read as text.
    pub fn read_argument(&self, argument: &str) -> Result<String> {
        match argument.strip_prefix('@') {
            Some(path) => {
                self.refuse_secret_file(&self.path(path))?;
                self.read_given_text(path).map(|mut text| std::mem::take(&mut *text))
            }
            None if argument == "-" => self.read_standard_input(),
            None => Ok(argument.to_owned()),
        }
    }

    /// The value of an argument, as a secret.
    ///
    /// # Errors
    /// As [`read_argument`](Self::read_argument).
    pub fn read_secret_argument(&self, argument: &str) -> Result<Secret> {
        match argument.strip_prefix('@') {
            Some(path) => {
                let text = self.read_given_text(path)?;
                let text = text.as_str();
                self.warn_of_odd_characters(text, path);
                Ok(if self.files.is_of_script(&self.path(path)) { Secret::of_script(text) } else { Secret::new(text) })
            }
            None if argument == "-" => {
                let text = Zeroizing::new(self.read_standard_input()?);
                self.warn_of_odd_characters(&text, STANDARD_INPUT);
                Ok(Secret::new(text.as_str()))
            }
            None => Ok(Secret::of_script(argument)),
        }
    }

    fn read_given_text(&self, path: &str) -> Result<Zeroizing<String>> {
        let bytes = self.read_given(path)?.map(Zeroizing::new);
        let bytes = bytes.ok_or_else(|| Error::not_found(format!("no file `{path}`")).object(path))?;
        self.decoded(&bytes, path)
    }

    /// Bytes as text. UTF-16 is reported: a user may not know that the shell wrote it.
    fn decoded(&self, bytes: &[u8], from: &str) -> Result<Zeroizing<String>> {
        let decoded = encoding::decode(bytes, from)?;
        if decoded.encoding.is_wide() {
            self.warn_once(&format!("`{from}` is UTF-16: its text is used as UTF-8"));
        }
        Ok(decoded.text)
    }

    /// The content of a file that the user named; none if there is no such file. It may be a pipe, as of `@<(…)`.
    ///
    /// # Errors
    /// As [`Files::read_given`](crate::files::Files::read_given); the run is interrupted.
    pub fn read_given(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.wait(self.files.read_given(&self.path(path)))
    }

    /// The single value in some bytes, hidden, without its line end. For a secret, warns of characters that its owner
    /// probably did not intend.
    ///
    /// # Errors
    /// The bytes are not text; `from` names their source.
    pub fn value_of_bytes(&self, bytes: &[u8], from: &str, is_secret: bool) -> Result<Secret> {
        let text = self.decoded(bytes, from)?;
        let value = encoding::single_value(&text);
        if is_secret {
            self.warn_of_odd_characters(value, from);
        }
        Ok(Secret::new(value))
    }

    /// Warns of invisible characters, typographic quotes and the like in a secret, with their place.
    pub fn warn_of_odd_characters(&self, secret: &str, from: &str) {
        for odd in encoding::odd_characters(secret) {
            let place = encoding::place_in(secret, odd.at, from);
            self.warn_once(&format!("{from}:{}:{}: {} in the secret", place.line, place.column, odd.what));
        }
    }

    /// All of standard input as text. Read on its own thread, so that Ctrl-C ends the wait.
    ///
    /// # Errors
    /// It contains the script itself, is a terminal, is too long, is not text, or the run is interrupted.
    pub fn read_standard_input(&self) -> Result<String> {
        if let Some(text) = &self.settings.standard_input {
            return Ok(text.clone());
        }
        self.decoded(&self.standard_input_bytes()?, STANDARD_INPUT).map(|mut text| std::mem::take(&mut *text))
    }

    /// All of standard input.
    ///
    /// # Errors
    /// As [`read_standard_input`](Self::read_standard_input).
    pub fn standard_input_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        use std::io::IsTerminal as _;
        if self.settings.input_is_script {
            return Err(Error::usage("standard input is the script and cannot contain anything else")
                .hint("save the script as a file, or give the value as `@FILE`"));
        }
        if let Some(text) = &self.settings.standard_input {
            return Ok(Zeroizing::new(text.clone().into_bytes()));
        }
        let is_terminal = std::io::stdin().is_terminal();
        if is_terminal {
            self.printer.info("reading standard input; end it with Ctrl-D");
        }
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::new());
            let read = std::io::stdin().take(LONGEST_INPUT + 1).read_to_end(&mut bytes);
            // the run may have ended meanwhile
            let _ = sender.send(read.map(|_| bytes));
        });
        let failed = || Error::new(Kind::Io, "cannot read standard input");
        // typing may take any time
        let patience = if is_terminal { Duration::MAX } else { PATIENCE };
        let bytes = self.wait(async {
            let read = tokio::time::timeout(patience, receiver).await.map_err(|_| {
                Error::new(Kind::Timeout, "cannot read standard input")
                    .cause(format!("it did not end within {}", duration::exact(PATIENCE)))
            })?;
            read.map_err(|_| failed())?.map_err(|cause| failed().cause(io_cause(&cause)))
        })?;
        if bytes.len() as u64 > LONGEST_INPUT {
            return Err(too_long(STANDARD_INPUT));
        }
        Ok(bytes)
    }
}
