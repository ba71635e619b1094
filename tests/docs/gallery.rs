//! The scripts of `examples/`: each has a test of its own, passes it, tells what it does, and is a program.

use std::path::{Path, PathBuf};

use crate::support::program::Mcpctl;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn scripts() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.filter_map(|file| file.strip_suffix(".rhai").map(str::to_owned)).collect();
    names.retain(|name| !name.ends_with("_test"));
    names.sort();
    names
}

#[test]
fn there_are_at_least_eight_and_each_has_a_test_and_a_line_in_the_readme() {
    let scripts = scripts();
    assert!(scripts.len() >= 8, "{scripts:?}");
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for name in scripts {
        let test = std::fs::read_to_string(folder().join(format!("{name}_test.rhai"))).unwrap();
        assert!(test.matches("\nfn test_").count() >= 3, "{name} has few tests");
        assert!(readme.contains(&format!("[{name}]({name}.rhai)")), "{name}");
    }
}

#[test]
fn every_example_passes_its_tests() {
    let ran = Mcpctl::new("test -o json").word(&folder().display().to_string()).run();
    let outcomes = ran.json();
    let outcomes = outcomes.as_array().unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome["result"] != "passed").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let files: std::collections::BTreeSet<&str> =
        outcomes.iter().map(|outcome| outcome["file"].as_str().unwrap()).collect();
    assert_eq!(files.len(), scripts().len());
    assert_eq!(ran.code, 0);
}

#[test]
fn every_example_tells_what_it_does_and_what_it_requires() {
    for name in scripts() {
        let path = folder().join(format!("{name}.rhai"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("#!/usr/bin/env mcpctl\n//! "), "{name}");
        assert!(text.contains("\nconst REQUIRES = \""), "{name}");
        // the first word of a command line, as the system starts a program
        let path = path.display().to_string();
        Mcpctl::of([path.as_str(), "--help"]).run().code(0).gives(&format!("Usage: {path} [OPTIONS]"));
    }
}

#[cfg(unix)]
#[test]
fn every_example_may_be_executed() {
    use std::os::unix::fs::PermissionsExt as _;
    for name in scripts() {
        let mode = folder().join(format!("{name}.rhai")).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{name}");
    }
}
