//! `fs`: the few things a workflow does with files.

use std::path::Path;

use rhai::plugin::*;
use rhai::{Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise};
use super::host;
use crate::error::Error;
use crate::files::{Mode, Written};
use crate::gateway::secret_names::is_secret_names_file;
use crate::primitives::api::functions::Optional;

/// The functions of `fs`.
#[export_module(manifest)]
pub mod functions {
    /// Reads a text file.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such file, no regular file, not UTF-8 text, too large
    /// * an env file with secrets: `envfile::read` gives its values
    ///
    /// # Example
    /// ```rhai
    /// fs::write("note.txt", "hello");
    /// fs::read("note.txt")
    /// // => "hello"
    /// ```
    #[rhai_fn(name = "read", return_raw)]
    pub fn read(context: NativeCallContext, path: &str) -> Outcome<String> {
        host(&context).read_text(path).raise(&context)
    }

    /// Writes a text file: all of it or nothing. Says `created`, `configured` or `unchanged`.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder, which must exist
    /// * `text` - the whole content; a secret is refused: env files hold those
    ///
    /// # Options
    /// * `owner_only` - for its owner's eyes only (mode 0600)
    ///
    /// # Effects
    /// * `files: write`
    ///
    /// # Errors
    /// * the folder does not exist or may not be written; the text holds a secret
    ///
    /// # Example
    /// ```rhai
    /// fs::write("note.txt", "hello")
    /// // => "created"
    /// ```
    /// ```rhai
    /// fs::write("note.txt", "hello", #{ owner_only: true })
    /// // => "created"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn write(context: NativeCallContext, path: &str, text: &str, options: Optional<Map>) -> Outcome<String> {
        let host = host(&context);
        crate::secret::Vault::refuse(text, &format!("the file `{path}`")).raise(&context)?;
        let private =
            Options::new("fs::write", &options, &["owner_only"]).and_then(|options| options.flag("owner_only"));
        let mode = if private.raise(&context)? { Mode::Private } else { Mode::Public };
        let path = host.path(path);
        let is_secret = host.refuse_secret_file(&path).is_err() && !is_secret_names_file(text);
        let written = host.files.write(&path, text.as_bytes(), mode, Vec::new()).raise(&context)?;
        host.files.note_of_script(&path);
        // whether the text is that of a file with secrets is not for a script to learn
        let written = if is_secret && written == Written::Unchanged { Written::Configured } else { written };
        Ok(written.name().to_owned())
    }

    /// Whether there is such a file or folder.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Example
    /// ```rhai
    /// fs::exists("no-such-file")
    /// // => false
    /// ```
    #[rhai_fn(name = "exists", return_raw)]
    pub fn exists(context: NativeCallContext, path: &str) -> Outcome<bool> {
        let host = host(&context);
        host.files.exists(&host.path(path)).raise(&context)
    }

    /// What an argument of a command line means: `@FILE` is the file's text, `-` is standard input, and anything
    /// else is itself.
    ///
    /// # Parameters
    /// * `argument` - as it was given
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * the file or standard input cannot be read as text
    ///
    /// # Example
    /// ```rhai
    /// fs::write("note.txt", "hello");
    /// fs::input("@note.txt") + fs::input(" you")
    /// // => "hello you"
    /// ```
    #[rhai_fn(name = "input", return_raw)]
    pub fn input(context: NativeCallContext, argument: &str) -> Outcome<String> {
        host(&context).read_argument(argument).raise(&context)
    }

    /// The last part of a path without its ending.
    ///
    /// # Parameters
    /// * `path` - need not exist
    ///
    /// # Errors
    /// * the path ends in no name
    ///
    /// # Example
    /// ```rhai
    /// fs::stem("keys/prod-config.env")
    /// // => "prod-config"
    /// ```
    #[rhai_fn(name = "stem", return_raw)]
    pub fn stem(context: NativeCallContext, path: &str) -> Outcome<String> {
        let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.ok_or_else(|| Error::invalid(format!("the path `{path}` ends in no name"))).raise(&context)
    }
}
