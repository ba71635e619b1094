//! Which file a path means when it is read: links are followed.

use std::path::{Component, Path, PathBuf};

/// How many symbolic links are followed, as many as Linux does.
const LINKS: usize = 40;

/// The absolute path behind a path, symbolic links followed, also one to a file that does not exist yet.
pub(super) fn of(path: &Path) -> PathBuf {
    let mut target = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for _ in 0..LINKS {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = folder_of(&target).join(next);
    }
    match (std::fs::canonicalize(folder_of(&target)), target.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => without_dots(&target),
    }
}

/// The folder that a path is in; `.` for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// The path with `.` and `..` resolved by name, for folders that do not exist yet.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
