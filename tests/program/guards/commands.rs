//! Every command and flag of the command tree.

use std::collections::{BTreeMap, BTreeSet};

use clap::Command;

use super::{Act, Case, Machine, assert_none, judge, owned};

use Act::{Asks, Changes, Engine, Fetches, Starts, Writes};

/// The files that the cases run.
const FILES: [(&str, &str); 4] = [
    ("tool.rhai", "fs::write(\"made\", \"x\");"),
    ("scripts/status.rhai", "//! Mine.\npods::list()\n"),
    ("job.rhai", "pods::list()\n"),
    (
        "a_test.rhai",
        "fn test_program() { process::run([\"touch\", \"made\"]) }\n\
         fn test_file() { fs::write(\"WORK/made\", \"x\") }\n\
         fn test_pods() { sandbox::pod(#{}); pods::delete(pods::list()); }\n\
         fn test_script() { sandbox::run(\"cleanup\", [\"--yes\"]); }\n",
    ),
];

const fn quiet(line: &'static str) -> Case {
    Case { line, input: "", effects: &[], acts: &[] }
}

const fn case(line: &'static str, effects: &'static [&'static str], acts: &'static [Act]) -> Case {
    Case { line, input: "", effects, acts }
}

const CONFIGMAP: &[&str] = &["cluster: get configmaps", "cluster: create configmaps", "cluster: patch configmaps"];
const TEST: &[&str] = &["process: run", "files: write", "cluster: list pods", "cluster: delete pods", "prompt"];
/// As far as they come: a simulated cluster has no CronJobs.
const SCHEDULE: &[&str] = &[
    "cluster: get serviceaccounts",
    "cluster: get configmaps",
    "cluster: get roles",
    "cluster: get rolebindings",
    "cluster: get cronjobs",
    "cluster: patch cronjobs",
];
const REMOVE: &[&str] = &[
    "cluster: get cronjobs",
    "cluster: get serviceaccounts",
    "cluster: get configmaps",
    "cluster: get roles",
    "cluster: get rolebindings",
    "cluster: get clusterroles",
    "cluster: get clusterrolebindings",
    "cluster: list jobs",
];

/// The commands by their path in the tree, each with its cases.
fn cases() -> BTreeMap<&'static str, Vec<Case>> {
    BTreeMap::from([
        ("", vec![quiet("--help"), quiet("--version")]),
        (
            "run",
            vec![
                case("run tool.rhai", &["files: write"], &[Changes]),
                Case { input: "fs::write(\"made\", \"y\")", ..case("run -", &["files: write"], &[Changes]) },
            ],
        ),
        (
            "repl",
            vec![Case {
                input: "fs::write(\"made\", \"x\")\nprocess::run([\"touch\", \"made\"]).code\n\
                configmaps::apply(\"made\", #{ A: \"1\" }).result\n:run tool.rhai --allow *\n:save saved\n",
                ..case(
                    "repl",
                    &[
                        "files: read",
                        "files: write",
                        "process: run",
                        "cluster: get configmaps",
                        "cluster: create configmaps",
                        "cluster: patch configmaps",
                    ],
                    &[Changes, Starts, Asks, Writes],
                )
            }],
        ),
        (
            "eval",
            vec![
                case("eval 'fs::write(\"made\", \"x\")'", &["files: write"], &[Changes]),
                case("eval 'process::run([\"touch\", \"made\"]).code'", &["process: run"], &[Changes, Starts]),
                case("eval 'configmaps::apply(\"made\", #{ A: \"1\" }).result'", CONFIGMAP, &[Changes, Asks, Writes]),
                case(
                    "eval 'pods::delete(pods::list()).len()' --yes",
                    &["cluster: list pods", "cluster: delete pods", "prompt"],
                    &[Changes, Asks, Writes],
                ),
            ],
        ),
        ("check", vec![quiet("check tool.rhai job.rhai")]),
        ("scripts", vec![quiet("scripts -o json")]),
        ("show", vec![quiet("show status")]),
        (
            "eject",
            vec![
                case("eject cleanup", &["files: read", "files: write"], &[Changes]),
                case("eject std/provision", &["files: read", "files: write"], &[Changes]),
                quiet("eject --diff status"),
            ],
        ),
        ("new", vec![case("new nightly", &["files: read", "files: write"], &[Changes])]),
        (
            "doc",
            vec![
                quiet("doc pods -o markdown"),
                quiet("doc --search pods"),
                case("doc --definitions definitions", &["files: write"], &[Changes]),
            ],
        ),
        (
            "test",
            vec![
                case("test a_test.rhai --filter _ --timeout 20s --jobs 2", TEST, &[]),
                case("test a_test.rhai --real", TEST, &[Changes, Starts]),
            ],
        ),
        ("sandbox", vec![quiet("sandbox --help")]),
        (
            "sandbox import",
            vec![case(
                "sandbox import",
                &["cluster: list pods", "cluster: list configmaps", "cluster: list secrets"],
                &[Asks],
            )],
        ),
        // it does not end by itself: that is in `parts`
        ("sandbox serve", vec![quiet("sandbox serve --port 1 --dry-run")]),
        (
            "rbac",
            vec![
                quiet("rbac cleanup --name r --subject User:me -o json"),
                quiet("rbac --all"),
                case("rbac cleanup --check", &["cluster: create selfsubjectaccessreviews"], &[Asks]),
            ],
        ),
        (
            "schedule",
            vec![
                case(
                    "schedule --cron @daily --image registry.example/mcpctl:1 --name n --time-zone UTC --deadline 5m job.rhai",
                    SCHEDULE,
                    &[Asks],
                ),
                quiet("schedule --manifests --cron @daily --image registry.example/mcpctl:1 job.rhai -n mcp"),
            ],
        ),
        ("schedule list", vec![case("schedule list", &["cluster: list cronjobs"], &[Asks])]),
        ("schedule remove", vec![case("schedule remove n", REMOVE, &[Asks])]),
        ("schedule run-now", vec![case("schedule run-now n --wait", &["cluster: get cronjobs"], &[Asks])]),
        ("schedule logs", vec![case("schedule logs n --job j", &["cluster: list jobs"], &[Asks])]),
        ("history", vec![quiet("history --since 24h --script s --object pod/p --failed"), quiet("history -o json")]),
        (
            "doctor",
            vec![case(
                "doctor --base prod --config-name c --secret-name s --timeout 20s --catalog http://WEB/c.yaml",
                &[
                    "files: read",
                    "network: 127.0.0.1",
                    "process: read",
                    "images: read",
                    "cluster: create selfsubjectaccessreviews",
                    "cluster: get /version",
                    "cluster: get configmaps",
                    "cluster: get namespaces",
                    "cluster: get secrets",
                    "cluster: list pods",
                ],
                &[Starts, Asks, Fetches, Engine],
            )],
        ),
        ("completions", vec![quiet("completions bash")]),
        ("man", vec![case("man pages", &["files: write"], &[Changes])]),
        ("version", vec![quiet("version -o json")]),
        ("help", vec![quiet("help run")]),
    ])
}

/// Every command of the tree by its path.
fn tree(command: &Command, path: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let flags = command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set());
    let flags = flags.filter_map(|arg| arg.get_long()).map(str::to_owned).collect();
    found.insert(path.to_owned(), flags);
    for inner in command.get_subcommands() {
        tree(inner, format!("{path} {}", inner.get_name()).trim(), found);
    }
}

#[test]
fn every_command_and_flag_has_a_case() {
    let mut found = BTreeMap::new();
    let mut command = mcpctl::cli::command();
    tree(&command, "", &mut found);
    // clap adds it
    command.build();
    assert!(command.find_subcommand("help").is_some());
    found.insert("help".to_owned(), BTreeSet::new());
    let cases = cases();
    let mut wrong = Vec::new();
    for (path, flags) in &found {
        let Some(cases) = cases.get(path.as_str()) else {
            wrong.push(format!("no case for command `{path}`"));
            continue;
        };
        for flag in flags.iter().filter(|flag| *flag != "output") {
            if !cases.iter().any(|case| case.line.contains(&format!("--{flag}"))) {
                wrong.push(format!("no case for flag `--{flag}` of command `{path}`"));
            }
        }
    }
    wrong.extend(cases.keys().filter(|path| !found.contains_key(**path)).map(|path| format!("no command `{path}`")));
    assert_none(&wrong);
}

fn machine() -> Machine {
    let machine = Machine::new();
    let work = machine.work();
    for (path, text) in FILES {
        machine.file(path, &text.replace("WORK", &work));
    }
    machine
}

#[test]
fn no_command_does_what_a_guard_rules_out() {
    let mut wrong = Vec::new();
    for (_, cases) in cases() {
        for case in cases {
            wrong.extend(judge(&machine, case.line, case.input, &owned(case.effects), case.acts, true));
        }
    }
    assert_none(&wrong);
}
