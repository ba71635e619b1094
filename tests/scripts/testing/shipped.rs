//! Every shipped script and module has tests in the language that it is written in, and they pass.

use std::path::Path;

use crate::support::program::Mcpctl;

fn folder(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

#[test]
fn every_one_has_its_tests_beside_it() {
    let scripts = mcpctl::embedded::script_names().into_iter().map(|name| ("scripts", name));
    let modules = mcpctl::embedded::module_names().into_iter().map(|name| ("stdlib", name));
    let lacking: Vec<String> = scripts
        .chain(modules)
        .map(|(place, name)| format!("{place}/{name}_test.rhai"))
        .filter(|file| !Path::new(&folder(file)).is_file())
        .collect();
    assert!(lacking.is_empty(), "there is no {}", lacking.join(", "));
}

#[test]
fn all_of_them_pass() {
    let ran = Mcpctl::of(["test", &folder("scripts"), &folder("stdlib")]).run().code(0);
    assert!(ran.stdout.matches('✓').count() > 90, "{}", ran.stdout);
}

#[test]
fn a_test_is_no_script() {
    Mcpctl::new("cleanup_test").run().code(2).says("no command or script `cleanup_test`");
    assert!(!Mcpctl::new("scripts").run().code(0).stdout.contains("_test"));
}
