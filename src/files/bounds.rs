//! The folder outside which a run has no files: tests of scripts are isolated from the machine.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Kind, Result};

/// How many symbolic links are followed, as many as Linux does.
const LINKS: usize = 40;

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is read, or its existence is asked for.
    Read,
    /// It is written, made or removed.
    Write,
}

impl Access {
    /// The effect in the grammar of `--allow`.
    #[must_use]
    pub const fn effect(self) -> &'static str {
        match self {
            Self::Read => "files: read",
            Self::Write => "files: write",
        }
    }
}

/// A folder, and whether files outside may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    folder: PathBuf,
    reads_outside: bool,
}

impl Bounds {
    /// Files of a folder and below. `reads_outside` allows to read all others.
    #[must_use]
    pub fn new(folder: &Path, reads_outside: bool) -> Self {
        Self { folder: resolved(folder), reads_outside }
    }

    /// Lets a path pass, or refuses it. What counts is where it leads, through `..` and symbolic links.
    ///
    /// # Errors
    /// [`Kind::Refused`] if that is outside the folder.
    pub fn check(&self, path: &Path, access: Access) -> Result<()> {
        if (access == Access::Read && self.reads_outside) || resolved(path).starts_with(&self.folder) {
            return Ok(());
        }
        let verb = if access == Access::Read { "read" } else { "write" };
        let error = Error::new(Kind::Refused, format!("refusing to {verb} `{}`", path.display()))
            .cause("it is outside the test's folder")
            .object(path.display().to_string());
        Err(match (access, self.reads_outside) {
            (Access::Read, _) => error.hint("a test makes its files itself: `sandbox::file(\"NAME\", \"TEXT\")`"),
            (Access::Write, false) => error.hint("write a path that starts in the test's folder, without `..`"),
            (Access::Write, true) => {
                return Err(error.hint("leave out `--read-only` and `--dry-run` to let `--real` write there"));
            }
        }
        .hint("`mcpctl test --real` uses the files and programs of this machine"))
    }
}

/// Where a path leads, also one to something that does not exist yet: the part that exists without its links, then the
/// rest by name.
fn resolved(path: &Path) -> PathBuf {
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for _ in 0..LINKS {
        let found = path.ancestors().find_map(|ancestor| Some((ancestor.canonicalize().ok()?, ancestor)));
        let Some((base, ancestor)) = found else { break };
        let rest = path.strip_prefix(ancestor).unwrap_or(Path::new("")).to_path_buf();
        let mut parts = rest.components();
        let Some(first) = parts.next() else { return base };
        // a link to nothing would be followed by a write
        let Ok(target) = base.join(first).read_link() else { return by_name(&base.join(rest)) };
        path = base.join(target).join(parts.as_path());
    }
    by_name(&path)
}

/// The path with `..` resolved by name.
fn by_name(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_leads_out_of_the_folder_is_refused_however_it_is_written() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("in");
        std::fs::create_dir_all(folder.join("a")).unwrap();
        std::fs::write(outer.path().join("file"), "canary").unwrap();
        symlink("../file", folder.join("link")).unwrap();
        symlink("../none", folder.join("dangling")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        symlink("a", folder.join("inside")).unwrap();
        let bounds = Bounds::new(&folder, false);
        for path in ["x", "a/x", "./a/../x", "inside/x", "new/folder/x", "a/.."] {
            for access in [Access::Read, Access::Write] {
                bounds.check(&folder.join(path), access).unwrap();
            }
        }
        for path in
            ["../file", "link", "dangling", "up/file", "up/new/x", "a/../../file", "new/../../x", "inside/../../file"]
        {
            for access in [Access::Read, Access::Write] {
                let error = bounds.check(&folder.join(path), access).unwrap_err();
                assert_eq!(error.kind, Kind::Refused);
                assert!(error.message.contains(path), "{}", error.message);
            }
        }
        assert!(bounds.check(Path::new("/etc/hostname"), Access::Read).is_err());
        assert!(bounds.check(&outer.path().join("in2"), Access::Write).is_err());
    }

    #[test]
    fn files_outside_can_be_readable_and_are_not_written_then() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds::new(folder.path(), true);
        bounds.check(Path::new("/etc/hostname"), Access::Read).unwrap();
        let error = bounds.check(Path::new("/etc/hostname"), Access::Write).unwrap_err();
        assert!(error.hints[0].contains("`--read-only`"), "{:?}", error.hints);
    }
}
