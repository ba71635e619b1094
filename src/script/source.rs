//! The text of every script and module of a run, by the name that errors show.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::encoding;
use crate::error::{Error, Kind, Result};
use crate::files;

use super::program;

/// The size limit of a script, in bytes.
pub const LARGEST: u64 = 4 * 1024 * 1024;

/// What was compiled in this run, so that errors can show the line. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sources(Arc<RwLock<HashMap<String, String>>>);

impl Sources {
    /// Remembers a text under its label.
    pub fn add(&self, label: &str, text: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(label.to_owned(), text.to_owned());
    }

    /// A whole text; empty where there is none.
    #[must_use]
    pub fn text(&self, label: &str) -> String {
        let sources = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sources.get(label).cloned().unwrap_or_default()
    }

    /// One line of a text, from 1; empty where there is none.
    #[must_use]
    pub fn line(&self, label: &str, line: usize) -> String {
        let sources = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let text = sources.get(label).and_then(|text| text.lines().nth(line.checked_sub(1)?));
        text.unwrap_or_default().to_owned()
    }
}

/// A file's name as the user would write it: relative where it lies below the current folder.
#[must_use]
pub fn label(path: &Path) -> String {
    let inside = std::env::current_dir().ok().and_then(|folder| path.strip_prefix(folder).ok().map(PathBuf::from));
    inside.unwrap_or_else(|| path.to_owned()).display().to_string()
}

/// Reads a script file. A `#!` line is blanked so that line numbers stay true.
///
/// # Errors
/// No such file, no regular file, not text, or longer than [`LARGEST`]; never quotes the content.
pub fn read(path: &Path) -> Result<String> {
    raw(path).map(|text| prepare(&text))
}

/// Reads a script file as it is. A pipe such as `<(…)` needs no script's name.
///
/// # Errors
/// As [`read`].
pub fn raw(path: &Path) -> Result<String> {
    if files::is_pipe(path) {
        let bytes = files::read_pipe(path)?;
        return within_limit(&bytes, path).and_then(|()| encoding::text(&bytes, &path.display().to_string()));
    }
    if !is_script(path) {
        return Err(no_script(path, ": its name does not end in `.rhai`"));
    }
    let unreadable = |e: std::io::Error| Error::io("cannot read script", path, &e);
    // a link with a script's name can lead to an env file, whose lines no error may quote
    let target = std::fs::canonicalize(path).map_err(unreadable)?;
    if !is_script(&target) {
        return Err(no_script(path, "").cause(format!("it is a link to `{}`", target.display())));
    }
    let file = files::regular_file(&target)?.ok_or_else(|| unreadable(std::io::ErrorKind::NotFound.into()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    within_limit(&bytes, path)?;
    encoding::text(&bytes, &path.display().to_string())
}

fn within_limit(bytes: &[u8], path: &Path) -> Result<()> {
    if bytes.len() as u64 <= LARGEST {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, format!("`{}` is too large for a script", path.display()))
        .cause(format!("{LARGEST} bytes at most")))
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rhai") || program::names_mcpctl(path)
}

fn no_script(path: &Path, why: &str) -> Error {
    Error::usage(format!("`{}` is not a script{why}", path.display()))
        .object(path.display().to_string())
        .hint("scripts and imports are files that end in `.rhai`, or begin with `#!/usr/bin/env mcpctl`")
}

/// Reads a script from standard input.
///
/// # Errors
/// It cannot be read, is not text, longer than [`LARGEST`], or empty; never quotes the content.
pub fn read_input(input: impl std::io::Read) -> Result<String> {
    let mut bytes = Vec::new();
    let read = input.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| Error::failed("cannot read the script from standard input").cause(e.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(
            Error::invalid("standard input is too large for a script").cause(format!("{LARGEST} bytes at most"))
        );
    }
    let text = encoding::text(&bytes, "standard input")?;
    if text.trim().is_empty() {
        return Err(Error::usage("standard input contains no script").hint("pipe one in: `mcpctl run - < FILE`"));
    }
    Ok(prepare(&text))
}

/// A script's text as the compiler takes it: with a `#!` line blanked.
#[must_use]
pub fn prepare(text: &str) -> String {
    match text.strip_prefix("#!") {
        Some(rest) => format!("// {rest}"),
        None => text.to_owned(),
    }
}
