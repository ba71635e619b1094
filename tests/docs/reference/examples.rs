//! Every function has an example, every example gives what it states, and its effects are those that are declared.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mcpctl::host::Host;
use mcpctl::host::settings::{Isolation, Settings};
use mcpctl::interrupt::Interrupt;
use mcpctl::output::{Form, Printer, Prompter};
use mcpctl::primitives::api::value::to_json;
use mcpctl::reference::{self, FunctionEntry};
use mcpctl::script::run;
use mcpctl::script::testing::{self, Setting};
use mcpctl::secret::Vault;
use serde_json::Value;

/// A run in a sandbox and a folder of its own; that of a test for the functions that work in tests only.
fn host(folder: &std::path::Path, runtime: &tokio::runtime::Runtime, in_test: bool) -> Arc<Host> {
    if in_test {
        let setting = Setting {
            runtime: runtime.handle().clone(),
            interrupt: Interrupt::default(),
            runner: Arc::new(mcpctl::cli::script_runner::run),
            limit: Duration::from_secs(60),
            jobs: 1,
            outer: Settings::default(),
            isolation: Isolation::Full,
        };
        return testing::host(folder, folder, &setting);
    }
    let settings = Settings::rehearsal(folder.to_owned());
    let (printer, _) = Printer::in_memory(Form::Table);
    let prompter = Prompter::nobody(printer.clone(), true);
    Arc::new(Host::with_prompter(settings, printer, prompter, runtime.handle().clone()))
}

fn import(entry: &FunctionEntry) -> String {
    match entry.module.strip_prefix("std/") {
        Some(name) => format!("import \"{}\" as {name};\n", entry.module),
        None => String::new(),
    }
}

/// What a text evaluates to, and the effects it had.
fn evaluate(text: String, in_test: bool) -> Result<(Value, BTreeSet<String>), String> {
    let work = move || {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let host = host(folder.path(), &runtime, in_test);
        let ended = run::expression(&host, &text).map_err(|e| format!("{e} {:?}", e.hints))?;
        let value = to_json(&ended.value).map_err(|e| e.to_string())?;
        // as it would be shown: the text of a secret is a made-up handle
        let value = serde_json::from_str(&Vault::mask_sentinels(&value.to_string())).map_err(|e| e.to_string())?;
        Ok((value, host.recorder.effects().into_iter().map(|effect| declared(&effect.to_string())).collect()))
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap()
}

/// An effect as it is declared: no function knows which hosts it will be told.
fn declared(effect: &str) -> String {
    if effect.starts_with("network: ") { "network: HOST".to_owned() } else { effect.to_owned() }
}

fn is_for_tests(entry: &FunctionEntry) -> bool {
    entry.module == "sandbox"
}

fn named(entry: &FunctionEntry) -> String {
    entry.signature.clone()
}

#[test]
fn every_function_is_documented() {
    let mut lacking = Vec::new();
    for entry in reference::entries() {
        if entry.summary.is_empty() || !entry.summary.ends_with('.') {
            lacking.push(format!("{}: the summary is no sentence", named(entry)));
        }
        if entry.examples.is_empty() || entry.examples.iter().any(|example| example.result.is_empty()) {
            lacking.push(format!("{}: no example that states its result", named(entry)));
        }
        for parameter in entry.parameters.iter().filter(|parameter| parameter.help.is_empty()) {
            lacking.push(format!("{}: parameter `{}` is not told", named(entry), parameter.name));
        }
        for option in entry.options.iter().filter(|option| option.help.is_empty()) {
            lacking.push(format!("{}: option `{}` is not described", named(entry), option.name));
        }
        let takes_options = entry.parameters.iter().any(|parameter| parameter.name == "options");
        if takes_options && entry.options.is_empty() && !entry.parameters.iter().any(|p| p.help.contains("those of")) {
            lacking.push(format!("{}: its options are not told", named(entry)));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn every_example_gives_what_it_states() {
    let mut wrong = Vec::new();
    for entry in reference::entries() {
        for example in &entry.examples {
            let found =
                evaluate(format!("{}{}", import(entry), example.code), is_for_tests(entry)).map(|(value, _)| value);
            let stated = evaluate(example.result.clone(), false).map(|(value, _)| value);
            if found != stated || stated.is_err() {
                wrong.push(format!("{}: states {stated:?}, gives {found:?}", named(entry)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An example may prepare its scene with other functions; what those do by themselves is not this function's.
fn prepared(entry: &FunctionEntry, code: &str) -> BTreeSet<String> {
    let others = reference::entries()
        .iter()
        .filter(|other| other.path() != entry.path() && code.contains(&format!("{}(", other.path())));
    others.flat_map(|other| other.effects.iter().cloned()).collect()
}

/// How often an example is run for an effect that it may have: a request that is given up before it was sent, because what
/// it would have told is known by then, is none.
const RUNS: usize = 50;

#[test]
fn the_declared_effects_are_those_that_happen() {
    let mut wrong = Vec::new();
    for entry in reference::entries() {
        let declared: BTreeSet<String> = entry.effects.iter().cloned().collect();
        let mut happened = BTreeSet::new();
        let mut allowed = declared.clone();
        for example in &entry.examples {
            allowed.extend(prepared(entry, &example.code));
        }
        for _ in 0..RUNS {
            for example in &entry.examples {
                if let Ok((_, effects)) = evaluate(format!("{}{}", import(entry), example.code), is_for_tests(entry)) {
                    happened.extend(effects);
                }
            }
            if declared.is_subset(&happened) {
                break;
            }
        }
        for effect in happened.difference(&allowed) {
            wrong.push(format!("{}: `{effect}` happens and is not declared", named(entry)));
        }
        for effect in declared.difference(&happened) {
            wrong.push(format!("{}: `{effect}` is declared and no example does it", named(entry)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_property_of_a_type_is_a_reserved_word() {
    for info in reference::types() {
        for property in info.properties.iter().map(|property| property.name) {
            let parses = rhai::Engine::new_raw().compile(format!("let x = 1; x.{property}"));
            assert!(parses.is_ok(), "`{property}` of `{}` cannot be written", info.name);
        }
    }
}
