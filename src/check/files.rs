//! From the paths of a command line to scripts.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::script::source;

/// A script to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in findings.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// The `.rhai` files of a path: the file itself, or all files of a folder and below, sorted. Hidden folders are left
/// out, and so are definitions for editors (`.d.rhai`); links to folders are not followed.
///
/// # Errors
/// No such path, a folder that cannot be read, a folder without a script.
pub fn below(path: &Path) -> Result<Vec<PathBuf>> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::io("cannot check", path, &e))?;
    if !metadata.is_dir() {
        return Ok(if is_definitions(path) { Vec::new() } else { vec![path.to_owned()] });
    }
    let mut found = Vec::new();
    walk(path, &mut found)?;
    if found.is_empty() {
        return Err(Error::not_found(format!("no scripts in `{}`", path.display()))
            .object(path.display().to_string())
            .hint("scripts are files that end in `.rhai`"));
    }
    found.sort();
    Ok(found)
}

/// Definitions for editors, as `mcpctl doc --definitions` writes them, are not scripts.
fn is_definitions(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".d.rhai"))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |e: std::io::Error| Error::io("cannot read folder", folder, &e);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            if !entry.file_name().to_string_lossy().starts_with('.') {
                walk(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rhai")
            && !is_definitions(&path)
            && path.is_file()
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads a script.
///
/// # Errors
/// The file cannot be read, or is not text.
pub fn read(path: &Path) -> Result<File> {
    // `./x.rhai` and `x.rhai` are the same file
    let path: PathBuf = path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
    Ok(File { label: source::label(&path), text: source::read(&path)? })
}
