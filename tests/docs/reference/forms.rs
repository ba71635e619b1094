//! `mcpctl doc` in its forms: search, JSON, and definition files for editors.

use crate::support::program::Mcpctl;

#[test]
fn a_search_finds_names_first_and_says_when_there_is_nothing() {
    let ran = Mcpctl::new("doc --search sessions").run().code(0);
    assert!(ran.stdout.starts_with("pods::sessions"), "{}", ran.stdout);
    Mcpctl::new("doc --search no-such-word").run().code(1).says("nothing in the reference contains `no-such-word`");
    Mcpctl::new("doc pods --search x").run().code(2).says("cannot be used together");
    Mcpctl::new("doc pods::delte").run().code(2).says("did you mean `pods::delete`?").says("--search");
}

#[test]
fn the_json_has_every_field_of_every_entry() {
    let all = Mcpctl::new("doc -o json").run().code(0).json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), mcpctl::reference::entries().len());
    for entry in all {
        for field in
            ["name", "module", "signature", "summary", "parameters", "returns", "effects", "errors", "examples"]
        {
            assert!(entry.get(field).is_some(), "{field} of {entry}");
        }
    }
    let one = Mcpctl::new("doc pods::wait -o json").run().code(0).json();
    assert_eq!(one[0]["effects"], serde_json::json!(["cluster: list pods"]));
}

#[test]
fn the_definitions_hold_every_function_with_its_documentation() {
    let ran = Mcpctl::new("doc --definitions out/rhai").run().code(0).stdout("").says("files to out/rhai");
    for entry in mcpctl::reference::entries() {
        let file = if entry.module.is_empty() { "global" } else { &entry.module };
        let text = ran.read(&format!("out/rhai/{file}.d.rhai")).unwrap();
        assert!(text.contains(&format!("\nfn {}(", entry.name)), "{}", entry.signature);
        assert!(text.contains(&format!("/// {}\n", entry.summary)), "{}", entry.signature);
    }
    let head = |file: &str| ran.read(file).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(head("out/rhai/pods.d.rhai"), "module pods;");
    assert_eq!(head("out/rhai/global.d.rhai"), "module static;");
    assert_eq!(head("out/rhai/std/provision.d.rhai"), "module \"./provision\";");
    assert!(ran.read("out/rhai/global.d.rhai").unwrap().contains("\ntype Pod = #{\n"));
}

/// `in` calls a `contains` that has no page, but the one of `assert` is a function like the others.
#[test]
fn a_function_called_contains_is_found() {
    for words in [&["doc", "assert::contains"][..], &["doc", "--search", "assert::contains"]] {
        Mcpctl::of(words.iter().copied()).run().code(0).gives("assert::contains");
    }
}
