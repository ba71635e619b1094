//! The files with tests.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The ending of a file of tests.
const ENDING: &str = "_test.rhai";
/// Folders with files of other projects.
const FOREIGN: [&str; 2] = ["node_modules", "target"];

/// The files that paths mean, sorted: a file is itself, a folder all `*_test.rhai` in it and below. Hidden folders,
/// `target` and `node_modules` are left out, and no symbolic link is followed.
///
/// # Errors
/// A path that does not exist, or a folder that cannot be read.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|e| Error::io("cannot read", path, &e))?;
        if metadata.is_dir() {
            below(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |e: &std::io::Error| Error::io("cannot read", folder, e);
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(&e))? {
        let entry = entry.map_err(|e| unreadable(&e))?;
        let kind = entry.file_type().map_err(|e| unreadable(&e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // `.` is where one is, not a part of the name
        let path = if folder == Path::new(".") { PathBuf::from(&name) } else { entry.path() };
        if kind.is_dir() && !name.starts_with('.') && !FOREIGN.contains(&name.as_str()) {
            below(&path, files)?;
        } else if kind.is_file() && name.ends_with(ENDING) {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_files_are_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            file
        };
        let (b, a) = (put("deep/b_test.rhai"), put("a_test.rhai"));
        let plain = put("plain.rhai");
        for other in [".hidden/c_test.rhai", "target/d_test.rhai", "node_modules/e_test.rhai", "test.rhai"] {
            put(other);
        }
        let root = folder.path().to_owned();
        assert_eq!(discover(std::slice::from_ref(&root)).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(discover(&[plain.clone(), root, a.clone()]).unwrap(), [a, b, plain]);
        assert!(discover(&[PathBuf::from("no-such-folder")]).is_err());
    }
}
