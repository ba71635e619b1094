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

#[test]
fn a_function_with_an_optional_argument_is_one_entry() {
    let ran = Mcpctl::new("doc pods::list").run().code(0);
    assert!(ran.stdout.starts_with("pods::list(options?) -> array of Pod\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("pods::list(options").count(), 1, "{}", ran.stdout);
    let json = Mcpctl::new("doc pods::list -o json").run().code(0).json();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["parameters"][0]["optional"], true);
    let ran = Mcpctl::new("doc --definitions out").run().code(0);
    let text = ran.read("out/pods.d.rhai").unwrap();
    assert!(text.contains("\nfn list(options: Map) -> Array;\nfn list() -> Array;\n"), "{text}");
}

/// A Role for a script has no more than its calls need.
#[test]
fn an_effect_of_an_optional_argument_is_not_one_of_a_call_without_it() {
    let entry = mcpctl::reference::topic("pods::delete")[0];
    let lists = |count| entry.effects_with(count).any(|effect| effect == "cluster: list pods");
    assert!(!lists(1) && lists(2));
    assert_eq!(entry.counts(), 1..=2);
    let sessions: Vec<&str> =
        mcpctl::reference::topic("pods::sessions").iter().map(|entry| entry.signature.as_str()).collect();
    let expected = ["pods::sessions(options?) -> array of Session", "pods::sessions(pods: array) -> array of Session"];
    assert_eq!(sessions, expected);
}

#[test]
fn configmaps_and_secrets_have_the_same_functions() {
    let names = |module: &str| -> Vec<String> {
        mcpctl::reference::topic(module).iter().map(|entry| entry.signature.replacen(module, "", 1)).collect()
    };
    let secrets = names("secrets");
    assert!(names("configmaps").iter().all(|signature| secrets.contains(signature)), "{secrets:?}");
    let texts: Vec<String> = mcpctl::reference::entries().iter().map(|entry| format!("{entry:?}")).collect();
    let left = ["{kind}", "{namespace}", "{secrets:"];
    assert!(!texts.iter().any(|text| left.iter().any(|placeholder| text.contains(placeholder))));
}
