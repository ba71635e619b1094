//! No false alarm: nothing is said of what ships, of valid scripts, and of every example of the reference.

use std::path::Path;

use mcpctl::check::{Checker, files};
use mcpctl::reference;

use super::broken::{found, scripts};
use crate::program::Mcpctl;

#[test]
fn nothing_is_said_of_a_valid_script() {
    let scripts = scripts("valid");
    assert!(scripts.len() >= 25, "{} valid scripts", scripts.len());
    for path in &scripts {
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(found(path, &text), "", "{}", path.display());
    }
}

#[test]
fn the_valid_scripts_run() {
    for path in scripts("valid") {
        let path = path.canonicalize().unwrap();
        Mcpctl::of(["run", path.to_str().unwrap(), "--sandbox", "--yes"]).run().code(0);
    }
}

#[test]
fn nothing_is_said_of_what_ships() {
    for folder in ["scripts", "stdlib"] {
        for path in files::below(Path::new(folder)).unwrap() {
            let file = files::read(&path).unwrap();
            let mut checker = Checker::new();
            checker.script(&file.label, &file.text);
            assert_eq!(checker.findings(), [], "{}", file.label);
        }
    }
}

#[test]
fn nothing_is_certain_of_the_examples_of_the_reference() {
    for entry in reference::entries() {
        for example in &entry.examples {
            let mut checker = Checker::new();
            let import = match entry.module.strip_prefix("std/") {
                Some(name) if !example.code.contains("import ") => format!("import \"std/{name}\" as {name};"),
                _ => String::new(),
            };
            checker.line("<example>", &format!("{import}{}", example.code), &[]);
            let certain: Vec<_> = checker.findings().into_iter().filter(|finding| finding.certain).collect();
            assert_eq!(certain, [], "{}\n{}", entry.signature, example.code);
        }
    }
}
