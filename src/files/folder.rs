//! Folders: making one, and what is in one.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use super::{Access, Directory, Files, target};
use crate::error::{Error, Result};
use crate::record::{Action, Change, Outcome};

impl Files {
    /// Makes a folder and those above it. Gives whether it is new.
    ///
    /// # Errors
    /// [`Kind::Refused`](crate::error::Kind::Refused) when read-only; [`Kind::Io`](crate::error::Kind::Io): no
    /// permission, a file in the way, or a link that leads out of the folder where the path starts.
    pub fn create_folder(&self, path: &Path) -> Result<bool> {
        self.begin_write(path)?;
        let goal = target::of(path);
        if path.is_dir() || self.overlay().folders.contains(&goal) {
            return Ok(false);
        }
        let change = |outcome| Change {
            action: Action::Create,
            kind: "folder",
            name: path.display().to_string(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome,
        };
        if self.dry_run {
            let mut overlay = self.overlay();
            overlay.folders.extend(goal.ancestors().map(Path::to_path_buf));
            self.recorder.change(change(Outcome::Planned));
            return Ok(true);
        }
        let result = make_folder(path);
        self.recorder.change(change(match &result {
            Ok(()) => Outcome::Done("created".to_owned()),
            Err(error) => Outcome::Failed(error.to_string()),
        }));
        result.map(|()| true)
    }

    /// The names of what is in a folder, sorted; none if there is no such folder. Names that are not UTF-8 are left
    /// out.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io): a file of that name, or no permission.
    pub fn list(&self, path: &Path) -> Result<Option<Vec<String>>> {
        self.effect(path, Access::Read)?;
        let failed = |cause: std::io::Error| Error::io("cannot list", path, &cause);
        let goal = target::of(path);
        let mut names = BTreeSet::new();
        let mut found = true;
        match std::fs::read_dir(path) {
            Ok(entries) => {
                for entry in entries {
                    names.extend(entry.map_err(failed)?.file_name().into_string().ok());
                }
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => found = self.overlay().folders.contains(&goal),
            Err(cause) => return Err(failed(cause)),
        }
        let overlay = self.overlay();
        let planned = overlay.contents.keys().chain(&overlay.folders).filter(|path| path.parent() == Some(&*goal));
        names.extend(planned.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)));
        Ok(found.then(|| names.into_iter().collect()))
    }
}

/// Makes a folder and those above it, for callers beside [`Files`].
///
/// # Errors
/// As [`Files::create_folder`].
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    Directory::make(path).map_err(|obstacle| obstacle.error("cannot make the folder", path))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::files::{Mode, Written};
    use crate::record::Recorder;

    #[test]
    fn folders_are_made_or_planned_and_listed_just_the_same() {
        for dry_run in [false, true] {
            let root = tempfile::tempdir().unwrap();
            let files = Files::new(dry_run, false, Arc::new(Recorder::default()));
            let folder = root.path().join("x/y");
            assert_eq!(files.list(&folder).unwrap(), None);
            assert!(files.create_folder(&folder).unwrap() && !files.create_folder(&folder).unwrap());
            let file = folder.join("a.rhai");
            assert_eq!(files.write(&file, b"1", Mode::Public, Vec::new()).unwrap(), Written::Created);
            assert_eq!(files.list(&folder).unwrap().unwrap(), ["a.rhai"]);
            assert_eq!(files.list(root.path()).unwrap().unwrap(), ["x"]);
            assert!(files.exists(&file).unwrap() && files.exists(&folder).unwrap());
            assert_eq!(file.exists(), !dry_run);
        }
    }
}
