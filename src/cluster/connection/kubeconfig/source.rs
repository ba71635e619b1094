//! The bytes of a kubeconfig and of the files that it names, within limits. A pipe, such as `<(…)` of a shell, can be read only once: its content is kept for
//! everything in this process that needs it.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::files::{Content, LONGEST_INPUT, read_file, read_pipe};

/// Whether a kubeconfig is a pipe or device: it cannot be opened again later, so it is never named in a command line.
pub(in crate::cluster) fn is_pipe(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir())
}

/// Reads a kubeconfig, or a file that one names, to its end. `what` is how errors call it.
pub(in crate::cluster) fn read(what: &str, path: &Path) -> Result<Content> {
    let failed = || Error::new(Kind::Io, format!("cannot read {what} `{}`", path.display()));
    let named = |mut error: Error| {
        error.message = failed().message.clone();
        error
    };
    if is_pipe(path) {
        return read_pipe(path).map_err(named);
    }
    match read_file(path, LONGEST_INPUT) {
        Ok(Some(bytes)) => Ok(Arc::new(Zeroizing::new(bytes))),
        Ok(None) => Err(failed().cause("no such file or directory")),
        Err(error) => Err(named(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for content in ["one", "two"] {
            std::fs::write(&file, content).unwrap();
            assert_eq!(read("kubeconfig", &file).unwrap().as_slice(), content.as_bytes());
        }
        assert!(!is_pipe(&file) && !is_pipe(folder.path()) && is_pipe(Path::new("/dev/null")));
    }

    #[test]
    fn folders_missing_and_endless_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        for (path, cause) in [
            (folder.path(), "it is a folder"),
            (&folder.path().join("no"), "no such file or directory"),
            (Path::new("/dev/zero"), "16777216 bytes at most"),
        ] {
            let error = read("kubeconfig", path).unwrap_err();
            assert_eq!(error.message, format!("cannot read kubeconfig `{}`", path.display()));
            assert_eq!(error.cause.as_deref(), Some(cause));
        }
        assert_eq!(read("kubeconfig", Path::new("/dev/null")).unwrap().as_slice(), b"");
    }
}
