//! The lines of earlier REPL sessions, in a file of the user's state folder that only the user can read.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustyline::history::MemHistory;
use rustyline::{Config, Editor, Helper};

use super::secret_detection;
use crate::clean;
use crate::files::{Directory, Mode, Obstacle, Opening};
use crate::host::journal::state_folder;
use crate::host::settings::Environment;
use crate::secret::Vault;

/// The file's name in the state folder of mcpctl.
const NAME: &str = "history";
/// The first line of the file: in those that follow, `\n` is a line break and `\\` a backslash.
const HEADER: &str = "#V2\n";
/// How many lines are kept.
const MOST_LINES: usize = 5_000;
/// A file that is longer, in bytes, is cut down to the lines that are kept.
const LONGEST: u64 = 1 << 20;

/// Where lines are kept, and which may be.
pub(super) struct History {
    folder: Option<PathBuf>,
}

impl History {
    /// The history in `$XDG_STATE_HOME/mcpctl`, or `~/.local/state/mcpctl`. Without a home nothing is kept.
    pub(super) fn of(environment: &Environment) -> Self {
        Self { folder: state_folder(environment) }
    }

    /// The editor's part of it: nothing is added by the editor itself.
    pub(super) fn configure(builder: rustyline::config::Builder) -> rustyline::Result<Config> {
        Ok(builder.max_history_size(MOST_LINES)?.history_ignore_dups(true)?.auto_add_history(false).build())
    }

    /// Reads what was kept. A history that cannot be read is an empty one.
    pub(super) fn load<H: Helper>(&self, editor: &mut Editor<H, MemHistory>, writes: bool) {
        let Some(folder) = &self.folder else { return };
        let Ok(Some((directory, file, lines))) = read(folder) else { return };
        for line in &lines {
            let _ = editor.add_history_entry(line.as_str());
        }
        if writes && file.metadata().is_ok_and(|about| about.len() > LONGEST) {
            let _ = write(&directory, &lines[lines.len().saturating_sub(MOST_LINES)..]);
        }
    }

    /// Keeps a line, unless it begins with a blank or contains a secret; for this session alone where no file may be
    /// written.
    pub(super) fn keep<H: Helper>(&self, line: &str, vault: &Vault, editor: &mut Editor<H, MemHistory>, writes: bool) {
        if !may_keep(line, vault) || !editor.add_history_entry(line).unwrap_or_default() {
            return;
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| writes) {
            // a full disk must not end the REPL session
            let _ = Directory::private(folder).and_then(|directory| append(&directory, line));
        }
    }

    /// Takes out again what has turned out to be a secret since it was kept.
    pub(super) fn purge<H: Helper>(&self, vault: &Vault, editor: &mut Editor<H, MemHistory>, writes: bool) {
        let tells = |line: &str| vault.mask(line) != line;
        let lines: Vec<String> = editor.history().into_iter().cloned().collect();
        if !lines.iter().any(|line| tells(line)) {
            return;
        }
        let _ = editor.clear_history();
        for line in lines.iter().filter(|line| !tells(line)) {
            let _ = editor.add_history_entry(line.as_str());
        }
        if let Some(folder) = self.folder.as_ref().filter(|_| writes)
            && let Ok(Some((directory, _, mut kept))) = read(folder)
        {
            kept.retain(|line| !tells(line));
            let _ = write(&directory, &kept);
        }
    }
}

/// The lines of the file, if it exists.
fn read(folder: &Path) -> Result<Option<(Directory, File, Vec<String>)>, Obstacle> {
    let Some(directory) = Directory::existing(folder)? else { return Ok(None) };
    let Some(mut file) = directory.own_file(NAME, Opening::Read)? else { return Ok(None) };
    let mut text = Vec::new();
    // lines of other programs are kept
    (&mut file).take(16 * LONGEST).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.is_empty() && *line != HEADER.trim_end());
    let lines = lines.map(|line| line.replace("\\\\", "\0").replace("\\n", "\n").replace('\0', "\\")).collect();
    Ok(Some((directory, file, lines)))
}

fn append(directory: &Directory, line: &str) -> Result<(), Obstacle> {
    let Some(mut file) = directory.own_file(NAME, Opening::Create)? else { return Ok(()) };
    let header = if file.metadata()?.len() == 0 { HEADER } else { "" };
    // one write: lines of other REPL sessions stay whole
    Ok(file.write_all(format!("{header}{}\n", escaped(line)).as_bytes())?)
}

fn write(directory: &Directory, lines: &[String]) -> Result<(), Obstacle> {
    let lines: String = lines.iter().map(|line| escaped(line) + "\n").collect();
    directory.put(NAME, format!("{HEADER}{lines}").as_bytes(), Mode::Private)
}

fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Whether the history may contain a line: it does not begin with a blank, and contains neither a known secret, nor a
/// string that looks like one, nor a pasted character that would control the terminal when the line is shown again.
pub(super) fn may_keep(line: &str, vault: &Vault) -> bool {
    !line.starts_with([' ', '\t'])
        && vault.mask(line) == line
        && clean::text(line) == line
        && !secret_detection::holds_secret_literal(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_breaks_and_backslashes_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let lines = [r"a\nb", "if x {\n  1\n}", r"\\", r"c:\new"];
        let directory = || Directory::private(folder.path()).unwrap();
        for line in lines {
            append(&directory(), line).unwrap();
        }
        let (_, _, kept) = read(folder.path()).unwrap().unwrap();
        assert_eq!(kept, lines);
        write(&directory(), &kept[1..]).unwrap();
        assert_eq!(read(folder.path()).unwrap().unwrap().2, lines[1..]);
    }
}
