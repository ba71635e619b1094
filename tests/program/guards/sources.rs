//! Programs are started in one place, which the sources themselves show.

use std::path::{Path, PathBuf};

/// Where they are.
const PLACE: &str = "src/child.rs";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn programs_are_started_in_one_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let makes = |path: &&PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        // its tests may start what they like
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        let of_programs = ["process::Command", "process::{Command"].iter().any(|name| own.contains(name));
        of_programs && own.contains("Command::new(")
    };
    let makes: Vec<String> =
        files.iter().filter(makes).map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect();
    assert_eq!(makes, [PLACE]);
}
