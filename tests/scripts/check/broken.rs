//! Every file of `broken/` states behind its text what is found in it:
//!
//! ```text
//! //~ LINE:COLUMN message
//! //~   hint
//! ```
//!
//! with the file before the line where it is another one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mcpctl::check::Checker;

/// The scripts of a corpus, sorted; those in folders below are imported by them.
pub(super) fn scripts(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new("tests/scripts/check").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// What is found in a text, as the files state it.
pub(super) fn found(path: &Path, text: &str) -> String {
    let label = path.display().to_string();
    let folder = format!("{}/", path.parent().unwrap().display());
    let mut checker = Checker::new();
    checker.script(&label, text);
    let mut stated = String::new();
    for finding in checker.findings() {
        let place = finding.error.place.clone().unwrap();
        let at = format!("{}:{}", place.line, place.column);
        let at = if place.file == label { at } else { format!("{}:{at}", place.file.replace(&folder, "")) };
        let json = finding.to_json();
        // a file in another folder is named by its path from here, which is not what a user of the corpus types
        let of =
            |key: &str| json[key].as_str().unwrap().replace(&folder, "").replace(folder.trim_end_matches('/'), ".");
        writeln!(stated, "//~ {at} {}", of("message")).unwrap();
        if !of("hint").is_empty() {
            writeln!(stated, "//~   {}", of("hint")).unwrap();
        }
    }
    stated
}

#[test]
fn every_mistake_has_its_message_line_column_and_nearest_name() {
    let scripts = scripts("broken");
    assert!(scripts.len() >= 60, "{} broken scripts", scripts.len());
    let mut wrong = Vec::new();
    for path in &scripts {
        let whole = std::fs::read_to_string(path).unwrap();
        let at = whole.find("//~").unwrap_or(whole.len());
        let (text, stated) = whole.split_at(at);
        let found = found(path, text);
        if found != stated || found.is_empty() {
            wrong.push(format!("{}\nstates\n{stated}but has\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
