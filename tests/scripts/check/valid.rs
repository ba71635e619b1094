//! No false alarm: nothing is said of what ships, of valid scripts, and of every example of the reference.

use std::path::Path;

use mcpctl::check::{Checker, files};
use mcpctl::reference::{self, results::Gives};

use super::broken::{found, scripts};
use crate::support::program::Mcpctl;

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

#[test]
fn the_table_of_typed_results_is_true_of_the_reference() {
    let types: Vec<&str> = reference::types().iter().map(|info| info.name).collect();
    for (path, gives) in reference::results::RESULTS {
        let entries: Vec<_> = reference::entries().iter().filter(|entry| entry.path() == *path).collect();
        assert!(!entries.is_empty(), "{path} is no function");
        let (name, returns) = match gives {
            Gives::One(name) => (name, "any"),
            Gives::Many(name) => (name, "array"),
        };
        assert!(types.contains(name), "{path} gives `{name}`, which is no type");
        for entry in entries {
            assert_eq!(entry.returns, returns, "{}", entry.signature);
        }
    }
}

#[test]
fn typed_results_are_what_the_table_says_when_they_are_run() {
    let cases = [
        ("pods::list(#{ all_namespaces: true })[0]", "Pod"),
        ("pods::sessions(#{ all_namespaces: true })[0]", "Session"),
        ("pods::delete(pods::list(#{ all_namespaces: true }))[0]", "Deletion"),
        ("catalog::open()", "Catalog"),
        ("catalog::servers()[0]", "Server"),
        ("catalog::server(\"grafana\")", "Server"),
        ("catalog::requirements([\"grafana\"])[0]", "Requirement"),
        ("configmaps::apply(\"a\", #{ b: \"1\" })", "Applied"),
        ("secrets::create(\"a\", #{ b: \"1\" })", "Applied"),
        ("configmaps::apply(\"a\", #{ b: \"1\" }); configmaps::get(\"a\")", "Object"),
        ("configmaps::apply(\"a\", #{ b: \"1\" }); configmaps::list()[0]", "Object"),
        ("configmaps::apply(\"a\", #{ b: \"1\" }); configmaps::delete(\"a\")", "ObjectDeletion"),
        ("envfile::generate([\"grafana\"], \"x\")[0]", "FileChange"),
        ("envfile::write(\"x.env\", #{ A: \"1\" })", "FileChange"),
        ("envfile::generate([\"grafana\"], \"x\"); envfile::missing([\"grafana\"], \"x\")[0]", "MissingValue"),
        ("images::pull([\"mcp/time\"])[0]", "ImageResult"),
    ];
    for (code, name) in cases {
        let (before, last) = code.rsplit_once("; ").map_or(("", code), |(before, last)| (before, last));
        let text = format!("{before}; type_of({last})");
        Mcpctl::of(["eval", &text, "--sandbox", "--yes"]).run().code(0).gives(&format!("{name}\n"));
    }
}
