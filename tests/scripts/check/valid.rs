//! No false alarm: nothing is said of what ships, of valid scripts, and of every example of the reference.

use std::path::Path;

use mcpctl::check::{Checker, files};
use mcpctl::reference;

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
fn signatures_name_types_that_scripts_know() {
    let types: Vec<&str> = reference::types().iter().map(|info| info.name).collect();
    let plain = ["", "()", "any", "array", "bool", "float", "int", "map", "string", "Secret"];
    for entry in reference::entries() {
        let returns = entry.returns.trim_start_matches("array of ");
        assert!(types.contains(&returns) || plain.contains(&returns), "{}", entry.signature);
    }
    let typed = |path: &str| reference::topic(path)[0].returns.clone();
    assert_eq!(typed("pods::list"), "array of Pod");
    assert_eq!(typed("secrets::get"), "Object");
}

#[test]
fn typed_results_are_what_the_signature_says_when_they_are_run() {
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
