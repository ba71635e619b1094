//! The lines of earlier sittings, in a file of the user's state folder that nobody else can read.

use std::path::PathBuf;

use rustyline::history::FileHistory;
use rustyline::{Config, Editor, Helper};

use crate::clean;
use crate::host::journal::state_folder;
use crate::host::settings::Environment;
use crate::secret::Vault;

use super::caution;

/// How many lines are kept.
const MOST_LINES: usize = 5_000;

/// Where lines are kept, and which may be.
pub(super) struct History {
    file: Option<PathBuf>,
}

impl History {
    /// The history in `$XDG_STATE_HOME/mcpctl`, or `~/.local/state/mcpctl`. Without a home nothing is kept.
    pub(super) fn of(environment: &Environment) -> Self {
        Self { file: state_folder(environment).map(|folder| folder.join("history")) }
    }

    /// The editor's part of it: nothing is added by the editor itself.
    pub(super) fn configure(builder: rustyline::config::Builder) -> rustyline::Result<Config> {
        Ok(builder.max_history_size(MOST_LINES)?.history_ignore_dups(true)?.auto_add_history(false).build())
    }

    /// Reads what was kept, and makes the folder where files may be written. A history that cannot be read is an empty
    /// one.
    pub(super) fn load<H: Helper>(&self, editor: &mut Editor<H, FileHistory>, writes: bool) {
        if let Some(file) = &self.file {
            if let Some(folder) = file.parent().filter(|_| writes) {
                private_folder(folder);
            }
            let _ = editor.load_history(file);
        }
    }

    /// Keeps a line, unless it begins with a blank or holds a secret; for this session alone where no file may be
    /// written.
    pub(super) fn keep<H: Helper>(&self, line: &str, vault: &Vault, editor: &mut Editor<H, FileHistory>, writes: bool) {
        if !may_keep(line, vault) {
            return;
        }
        // a full disk must not end the sitting
        let _ = editor.add_history_entry(line);
        if let Some(file) = self.file.as_ref().filter(|_| writes) {
            let _ = editor.append_history(file);
        }
    }

    /// Takes out again what has turned out to be a secret since it was kept.
    pub(super) fn purge<H: Helper>(&self, vault: &Vault, editor: &mut Editor<H, FileHistory>, writes: bool) {
        let tells = |line: &str| vault.mask(line) != line;
        if !editor.history().iter().any(|line| tells(line)) {
            return;
        }
        let kept: Vec<String> = editor.history().iter().filter(|line| !tells(line)).cloned().collect();
        let _ = editor.clear_history();
        for line in &kept {
            let _ = editor.add_history_entry(line.as_str());
        }
        if let Some(file) = self.file.as_ref().filter(|_| writes) {
            let _ = std::fs::remove_file(file);
            let _ = editor.save_history(file);
        }
    }
}

/// Whether the history may contain a line: it does not begin with a blank, and contains neither a known secret, nor a
/// string that looks like one, nor a pasted character that would control the terminal when the line is shown again.
pub(super) fn may_keep(line: &str, vault: &Vault) -> bool {
    !line.starts_with([' ', '\t'])
        && vault.mask(line) == line
        && clean::text(line) == line
        && !caution::holds_secret_literal(line)
}

#[cfg(unix)]
fn private_folder(folder: &std::path::Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    // without the folder nothing is kept
    let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
}

#[cfg(not(unix))]
fn private_folder(folder: &std::path::Path) {
    let _ = std::fs::create_dir_all(folder);
}
