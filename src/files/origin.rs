//! What is known of a file beside its content: whether only its owner may read it, and whether a script of this run has
//! chosen its text.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::PoisonError;

use super::{Files, target};

impl Files {
    /// Whether only its owner may read a file, or could after the changes of a dry run.
    #[must_use]
    pub fn is_private(&self, path: &Path) -> bool {
        let goal = target::of(path);
        let is_private_on_disk = || std::fs::metadata(&goal).is_ok_and(|about| about.permissions().mode() & 0o077 == 0);
        self.overlay().private.contains(&goal) || is_private_on_disk()
    }

    /// Notes that a script has chosen text of a file: a secret that is read from it could be a guess.
    pub fn note_of_script(&self, path: &Path) {
        self.of_script.lock().unwrap_or_else(PoisonError::into_inner).insert(target::of(path));
    }

    /// Whether a script of this run has chosen text of a file.
    #[must_use]
    pub fn is_of_script(&self, path: &Path) -> bool {
        self.of_script.lock().unwrap_or_else(PoisonError::into_inner).contains(&target::of(path))
    }
}
