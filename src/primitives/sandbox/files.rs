//! The files of a test's folder.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::files::{self, LONGEST_FILE, Mode};

/// Every file in a folder and below, by its path from there, sorted.
pub(in crate::primitives) fn all(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    below(folder, folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn below(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("cannot read", folder, &e))? {
        let entry = entry.map_err(|e| Error::io("cannot read", folder, &e))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|e| Error::io("cannot read", &path, &e))?;
        if kind.is_dir() {
            below(root, &path, found)?;
        } else if kind.is_file() {
            let bytes = files::read_file(&path, LONGEST_FILE)?.unwrap_or_default();
            found.push((path.strip_prefix(root).unwrap_or(&path).display().to_string(), bytes));
        }
    }
    Ok(())
}

/// Puts a file into a test's folder, past the run: it is no effect and no change of it.
pub(in crate::primitives) fn put(folder: &Path, path: &str, text: &str) -> Result<PathBuf> {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_empty() || !inside {
        return Err(Error::new(Kind::Script, format!("`{path}` is not in the test's folder"))
            .hint("write a path that starts there, without `..`"));
    }
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        files::make_folder(parent)?;
    }
    files::replace(&file, text.as_bytes(), Mode::Public)?;
    Ok(file)
}
