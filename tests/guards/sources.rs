//! Whoever acts passes the one layer that notes and guards it: what the sources themselves show.

use std::path::{Path, PathBuf};

/// The files that may do a thing without the layer that is made for it, each with the reason.
const STARTS: [(&str, &str); 1] = [("src/child.rs", "the layer")];

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

/// The files whose own code, without its tests, has one of these texts.
fn with(texts: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let has = |path: &&PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        texts.iter().any(|wanted| own.contains(wanted))
    };
    let mut found: Vec<String> =
        files.iter().filter(has).map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect();
    found.sort();
    found
}

#[test]
fn programs_are_started_in_one_place() {
    let makes = with(&["process::Command::new(", "use std::process::{Command", "use std::process::Command"]);
    assert_eq!(makes, STARTS.map(|(file, _)| file));
    // a program made elsewhere would be `tokio`'s, which is built from that of `child` alone
    let starts = with(&[".spawn()", ".output().await"]);
    for file in &starts {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let starts_programs = text.contains("Command");
        assert!(!starts_programs || text.contains("child::command("), "{file} starts a program past `child`");
    }
}
