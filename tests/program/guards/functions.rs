//! Every function with an effect, by the examples of its documentation in a simulated cluster; and those that reach
//! programs, networks or the docker engine, on a machine that sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mcpctl::allowed::Allowed;
use mcpctl::error::Kind;
use mcpctl::host::Host;
use mcpctl::host::settings::{Isolation, Settings};
use mcpctl::interrupt::Interrupt;
use mcpctl::output::{Form, Printer, Prompter};
use mcpctl::reference::{self, FunctionEntry};
use mcpctl::script::run;
use mcpctl::script::testing::{self, Setting};
use tokio::runtime::{Handle, Runtime};

use super::machine::Request;
use super::{Act, Guard, Machine, assert_none, judge, owned};

use Act::{Asks, Changes, Engine, Fetches, Starts};

/// A line for each function that reaches programs, networks or the engine, its effects, and what is seen of it.
const OUTSIDE: [(&str, &str, &[&str], &[Act]); 16] = [
    (
        "catalog::open",
        "catalog::open(\"http://WEB/c.yaml\").len()",
        &["files: read", "network: 127.0.0.1"],
        &[Changes, Fetches],
    ),
    ("catalog::open", "catalog::open(\"docker://\").len()", &["files: read", "process: read"], &[Starts]),
    ("catalog::open", "catalog::open(\"oci://WEB/c:1\").len()", &["files: read", "network: 127.0.0.1"], &[Fetches]),
    ("gateway::probe", "gateway::probe()", &["process: read"], &[Starts]),
    (
        "gateway::run",
        "gateway::run(#{ config_name: \"c\", secret_name: \"s\", catalog: \"prod-catalog.yaml\", \
         secrets: \"prod-secret-names.env\", servers: [\"time\"] })",
        &["files: read", "process: read", "process: run", "cluster: list pods", "cluster: delete pods"],
        &[Changes, Starts, Asks],
    ),
    // the web server is the proxy on the way there
    (
        "images::available",
        "images::available([\"registry.test/mcp/time\"])",
        &["network: registry.test"],
        &[Asks, Fetches],
    ),
    ("images::engine", "images::engine()", &["images: read"], &[Engine]),
    ("images::listed", "images::listed([\"mcp/time\"])", &[], &[Asks]),
    (
        "images::load",
        "images::load([\"mcp/time\"])",
        &["images: read", "process: run"],
        &[Changes, Starts, Asks, Engine],
    ),
    ("images::present", "images::present(\"mcp/time\")", &["images: read"], &[Engine]),
    ("images::pull", "images::pull([\"WEB/mcp/new:1\"])", &["images: read", "images: pull"], &[Changes, Engine]),
    (
        "pods::servers",
        "pods::servers(#{ names: [\"grafana\"] }).len()",
        &["cluster: list pods", "files: read", "images: read"],
        &[Asks, Engine],
    ),
    (
        "pods::watch_servers",
        "pods::watch_servers(#{ names: [\"grafana\"] }, |servers, summary| false)",
        &["cluster: list pods", "files: read", "images: read"],
        &[Asks, Engine],
    ),
    ("process::run", "process::run([\"touch\", \"made\"]).code", &["process: run"], &[Changes, Starts]),
    (
        "process::run",
        "process::run([\"sh\", \"-c\", \"x\"], #{ secret: true }).code",
        &["process: run"],
        &[Changes, Starts],
    ),
    (
        "provision::images",
        "import \"std/provision\" as provision; \
         let job = provision::job([\"time\"], \"prod\", #{}); provision::images(job)",
        &["files: read", "images: read", "images: pull", "process: run"],
        &[Changes, Starts, Asks, Engine],
    ),
];

fn reaches_out(entry: &FunctionEntry) -> bool {
    let outside =
        |effect: &String| ["process: ", "network: ", "images: "].iter().any(|group| effect.starts_with(group));
    entry.effects.iter().any(outside)
}

#[test]
fn every_function_that_reaches_out_has_a_case() {
    // what a step of `std/` does is done by the functions that it calls
    let entries = reference::entries().iter().filter(|entry| reaches_out(entry) && !entry.module.starts_with("std/"));
    let paths: BTreeSet<String> = entries.map(FunctionEntry::path).collect();
    let lacking = paths.iter().filter(|path| !OUTSIDE.iter().any(|(case, ..)| case == path));
    assert_none(&lacking.map(|path| format!("no case for the function `{path}`")).collect::<Vec<_>>());
}

#[test]
fn no_function_reaches_out_past_a_guard() {
    let mut wrong = Vec::new();
    for (path, line, effects, acts) in OUTSIDE {
        // without the engine they know less of the nodes, which is no refusal
        let is_strict = !["images::load", "pods::servers", "pods::watch_servers", "provision::images"].contains(&path);
        let line = format!("eval '{line}' --catalog catalog.yaml");
        let found = judge(&Machine::new, &line, "", &owned(effects), acts, is_strict);
        wrong.extend(found.into_iter().map(|found| format!("{path}: {found}")));
    }
    assert_none(&wrong);
}

/// What is left out where it is not allowed, as where the user may not ask, or given up before it begins, as a watch of
/// what has ended: nothing is refused for it.
const OPTIONAL: [&str; 5] = [
    "cluster: get namespaces",
    "cluster: list namespaces",
    "cluster: watch configmaps",
    "cluster: watch pods",
    "cluster: watch secrets",
];

/// What an example did.
struct Did {
    refused: bool,
    requests: Vec<Request>,
    effects: BTreeSet<String>,
    files: BTreeMap<String, Vec<u8>>,
    error: String,
}

fn example(entry: &FunctionEntry, code: &str, guard: &Guard, runtime: &Handle) -> Did {
    let folder = tempfile::tempdir().unwrap();
    let import = match entry.module.strip_prefix("std/") {
        Some(name) => format!("import \"{}\" as {name};\n", entry.module),
        None => String::new(),
    };
    let host = host(folder.path(), entry, guard, runtime);
    let result = run::expression(&host, &format!("{import}{code}"));
    let effects = host.recorder.effects().into_iter().map(|effect| match effect.to_string() {
        network if network.starts_with("network: ") => "network: HOST".to_owned(),
        other => other,
    });
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| {
        let path = file.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap_or_default())
    });
    Did {
        refused: [result.as_ref().err().cloned(), host.recorder.failure()]
            .into_iter()
            .flatten()
            .any(|error| error.kind == Kind::Refused),
        requests: host
            .world()
            .unwrap()
            .map_or_else(Vec::new, |world| world.requests().into_iter().map(Request::of).collect()),
        effects: effects.collect(),
        files: files.collect(),
        error: result.err().map_or_else(String::new, |error| error.to_string()),
    }
}

/// A run in a simulated cluster and a folder of its own, with a guard.
fn host(folder: &Path, entry: &FunctionEntry, guard: &Guard, runtime: &Handle) -> Arc<Host> {
    let mut settings = Settings::rehearsal(folder.to_owned());
    settings.read_only = *guard == Guard::ReadOnly;
    settings.dry_run = *guard == Guard::DryRun;
    let mut allowed = Allowed::default();
    match guard {
        Guard::AllowNone => allowed.allow("none", "--allow").unwrap(),
        Guard::Deny(effect) => allowed.deny(&effect.replace("HOST", "*"), "--deny").unwrap(),
        _ => {}
    }
    settings.allowed = allowed;
    if entry.module == "sandbox" {
        let setting = Setting {
            runtime: runtime.clone(),
            interrupt: Interrupt::default(),
            runner: Arc::new(mcpctl::cli::script_runner::run),
            limit: Duration::from_secs(60),
            jobs: 1,
            outer: settings,
            isolation: Isolation::Full,
        };
        return testing::host(folder, folder, &setting);
    }
    let (printer, _) = Printer::in_memory(Form::Table);
    let prompter = match guard {
        Guard::DryRun => Prompter::dry_run(printer.clone()),
        _ => Prompter::nobody(printer.clone(), true),
    };
    Arc::new(Host::with_prompter(settings, printer, prompter, runtime.clone()).in_world(mcpctl::sandbox::demo()))
}

/// What an example did that its guard rules out.
fn wrong(entry: &FunctionEntry, guard: &Guard, did: &Did) -> Vec<String> {
    let mut wrong = Vec::new();
    let changing: Vec<String> = did.requests.iter().filter(|r| r.changes()).map(ToString::to_string).collect();
    let all: Vec<String> = did.requests.iter().map(ToString::to_string).collect();
    // a test's own folder is its scene
    let files: Vec<&String> = if entry.module == "sandbox" { Vec::new() } else { did.files.keys().collect() };
    match guard {
        Guard::ReadOnly | Guard::DryRun => {
            if !changing.is_empty() && entry.module != "sandbox" {
                wrong.push(format!("changes the cluster: {changing:?}"));
            }
            if !files.is_empty() {
                wrong.push(format!("writes files: {files:?}"));
            }
        }
        Guard::AllowNone if !all.is_empty() || !did.effects.is_empty() || !files.is_empty() => {
            wrong.push(format!("asks {all:?}, has the effects {:?}, writes {files:?}", did.effects));
        }
        Guard::Deny(effect) => {
            let request = |request: &Request| format!("cluster: {} {}", request.verb, request.resource) == *effect;
            if did.effects.contains(effect) || did.requests.iter().any(request) {
                wrong.push("has the effect".to_owned());
            }
            if effect == "files: write" && !files.is_empty() {
                wrong.push(format!("writes files: {files:?}"));
            }
        }
        _ => {}
    }
    wrong
}

#[test]
fn no_function_does_what_a_guard_rules_out() {
    let runtime = Runtime::new().unwrap();
    let work = move || {
        let mut found = Vec::new();
        for entry in reference::entries().iter().filter(|entry| !entry.effects.is_empty()) {
            let mut guards = vec![Guard::ReadOnly, Guard::DryRun, Guard::AllowNone];
            guards.extend(entry.effects.iter().cloned().map(Guard::Deny));
            for code in entry.examples.iter().map(|example| &example.code) {
                let usual = example(entry, code, &Guard::Nothing, runtime.handle());
                for guard in &guards {
                    let had = |effect: &String| usual.effects.contains(effect);
                    if matches!(guard, Guard::Deny(effect) if !had(effect)) {
                        continue;
                    }
                    let did = example(entry, code, guard, runtime.handle());
                    let mut wrong = wrong(entry, guard, &did);
                    let must_refuse = match guard {
                        Guard::AllowNone => usual.effects.iter().any(|effect| !OPTIONAL.contains(&effect.as_str())),
                        Guard::Deny(effect) => !OPTIONAL.contains(&effect.as_str()),
                        _ => false,
                    };
                    if must_refuse && !did.refused {
                        wrong.push(format!("is not refused: {}", did.error));
                    }
                    found.extend(wrong.into_iter().map(|one| format!("{} with {guard:?}: {one}", entry.signature)));
                }
            }
        }
        found
    };
    let thread = std::thread::Builder::new().stack_size(run::STACK).spawn(work).unwrap();
    assert_none(&thread.join().unwrap());
}
