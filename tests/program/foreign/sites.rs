//! The table knows every place in the code that writes a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::written;

/// What writes, in `src/files/`.
const WRITES: [&str; 9] = [
    "files.write(",
    "files.rewrite(",
    "files.create_folder(",
    "files.lock(",
    "files.lock_alone(",
    "files::replace(",
    "files::make_folder(",
    "Directory::private(",
    "NewFile::write(",
];

/// What the standard library and others write with.
const PAST_THE_ONE_PLACE: [&str; 14] = [
    "fs::write(",
    "fs::rename(",
    "fs::copy(",
    "fs::hard_link(",
    "fs::remove_",
    "fs::create_dir",
    "fs::set_permissions(",
    "File::create",
    "File::options(",
    "OpenOptions",
    "DirBuilder",
    "tempfile::",
    "tokio::fs",
    "fs::symlink(",
];

/// The file, how often it writes, and the rows of the table.
const SITES: [(&str, usize, &[&str]); 14] = [
    ("cli/doc.rs", 2, &["definitions"]),
    ("cli/eject.rs", 3, &["copy of a script", "copy of a module", "script that uses the copy of a module"]),
    ("cli/man.rs", 2, &["man page"]),
    ("cli/new.rs", 3, &["new script", "test of a new script"]),
    ("cli/serve.rs", 1, &["kubeconfig of a sandbox"]),
    ("host/envfiles.rs", 1, &["config env file", "secret env file", "env file in a folder"]),
    ("host/world.rs", 1, &["lock of a world"]),
    ("journal/mod.rs", 1, &["journal", "full journal"]),
    ("primitives/envfile/single.rs", 1, &["merged env file"]),
    ("primitives/fs.rs", 1, &["file of a script", "private file of a script", "derived catalog", "names of secrets"]),
    ("provision/catalog/cache.rs", 1, &["copy of a catalog"]),
    ("repl/commands.rs", 1, &["saved lines"]),
    ("repl/history.rs", 1, &["history"]),
    ("sandbox/file.rs", 1, &["world"]),
];

/// Those whose path no stranger can plant at: a new folder with a random name, or one that other sites know.
const ELSEWHERE: [(&str, usize); 6] = [
    // `mcpctl-gateway-…` and `mcpctl-sandbox-…`
    ("host/gateway/copies.rs", 0),
    // a name with a random number, in the folder of mcpctl's state
    ("host/gateway/run_id.rs", 1),
    // the folder of a test
    ("primitives/sandbox/files.rs", 2),
    // called by tests alone; provision and generate-env write through `pair.rs`
    ("provision/envfile/base.rs", 1),
    ("provision/envfile/pair.rs", 1),
    // the terminal
    ("output/terminal.rs", 0),
];

/// Lines outside tests and comments, by file.
fn sources() -> BTreeMap<String, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut found = BTreeMap::new();
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name: PathBuf = path.strip_prefix(&root).unwrap().to_owned();
            if path.ends_with("tests.rs") || name.starts_with("files") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().lines();
            let code = code.filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect();
            found.insert(name.display().to_string(), code);
        }
    }
    found
}

fn count(lines: &[String], patterns: &[&str]) -> usize {
    lines.iter().map(|line| patterns.iter().map(|pattern| line.matches(pattern).count()).sum::<usize>()).sum()
}

#[test]
fn every_site_that_writes_has_its_rows() {
    let known: BTreeMap<String, usize> = SITES
        .iter()
        .map(|(file, count, _)| (*file, *count))
        .chain(ELSEWHERE)
        .filter(|(_, count)| *count > 0)
        .map(|(file, count)| (file.to_owned(), count))
        .collect();
    let found: BTreeMap<String, usize> = sources()
        .into_iter()
        .map(|(file, lines)| (file, count(&lines, &WRITES)))
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(found, known, "a new site needs a row in `written.rs`, and a line here");
    let rows: BTreeSet<&str> = written::all().iter().map(|written| written.name).collect();
    let named: BTreeSet<&str> = SITES.iter().flat_map(|(_, _, rows)| rows.iter().copied()).collect();
    assert_eq!(rows, named);
}

#[test]
fn nothing_writes_past_the_one_place() {
    let past: Vec<String> = sources()
        .into_iter()
        .filter(|(file, _)| !matches!(file.as_str(), "output/terminal.rs" | "script/testing/single.rs"))
        .filter(|(_, lines)| count(lines, &PAST_THE_ONE_PLACE) > 0)
        .map(|(file, _)| file)
        .collect();
    assert_eq!(past, Vec::<String>::new(), "`src/files/` knows how to write in foreign folders");
}
