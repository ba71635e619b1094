//! Foreign text in everything that mcpctl prints: scripts, catalogs, kubeconfigs, env files and a cluster whose every text
//! carries characters that would control a terminal, through every command and output form.

mod api;
mod folder;
pub(super) mod marker;

use std::collections::BTreeMap;

use clap::Command;

use crate::support::program::{Mcpctl, Ran};
use api::Api;
use folder::{SCRIPT, prepared};
use marker::{MARK, forged_lines, unclean};

/// The words behind each command. A command that is missing here fails the test.
const WORDS: [(&str, &[&str]); 49] = [
    ("check", &["scripts", "."]),
    ("cleanup", &["--idle=1h", "--dry-run"]),
    ("completions", &["bash"]),
    ("create-configmap", &["marked", "{\"a\":\"1\"}"]),
    ("create-secret", &["marked", "{\"a\":\"1\"}", "--yes"]),
    ("diff", &["prod"]),
    ("doc", &["pods"]),
    ("doctor", &["--base=prod"]),
    ("eject", &["cleanup", "--dry-run"]),
    ("eval", &["pods::list()"]),
    ("extract-data", &["marked"]),
    ("gateway", &["prod"]),
    ("generate-env", &["marked", "new", "--dry-run"]),
    ("history", &[]),
    ("list", &[]),
    ("logs", &["marked"]),
    ("man", &["pages"]),
    ("marked", &["--kind=other"]),
    ("new", &["another"]),
    ("populate-configmap", &["prod-config.env", "marked"]),
    ("populate-secret", &["prod-secret.env", "marked"]),
    ("provision", &["marked", "--base=prod", "--yes"]),
    ("rbac", &[SCRIPT]),
    ("repl", &[]),
    ("run", &[SCRIPT]),
    ("sandbox", &[]),
    ("sandbox import", &["--sandbox=imported.json"]),
    // it prints nothing of a world, and never ends
    ("sandbox serve", &["--dry-run"]),
    ("schedule", &["--cron=@daily", "--image=marked", "--yes", "--manifests", SCRIPT]),
    ("schedule list", &[]),
    ("schedule logs", &["marked"]),
    ("schedule remove", &["marked", "--yes"]),
    ("schedule run-now", &["marked"]),
    ("scripts", &[]),
    ("servers", &[]),
    ("session", &["marked", "--yes"]),
    ("sessions", &[]),
    ("set-secret", &["marked", "key", "--yes"]),
    ("show", &["marked"]),
    ("show-example", &["marked"]),
    ("stale", &["1h", "--yes"]),
    ("status", &[]),
    ("test", &["."]),
    ("verify", &["marked", "--timeout=1s"]),
    ("version", &[]),
    ("nothing-like-it", &[]),
    ("run nothing-like-it", &[]),
    ("eval x.y", &[]),
    ("list a b c", &[]),
];

const FORMS: [&str; 5] = ["table", "wide", "json", "yaml", "name"];

/// The paths of all commands that there are.
fn commands() -> Vec<String> {
    fn add(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            add(inner, &path, found);
            found.push(path);
        }
    }
    let mut found: Vec<String> = mcpctl::embedded::script_names().into_iter().map(str::to_owned).collect();
    add(&mcpctl::cli::command(), "", &mut found);
    found
}

fn run(api: &Api, words: &[&str]) -> Ran {
    prepared(Mcpctl::of(words.iter().copied()), api).run()
}

/// What a run printed that would control a terminal, or poses as a line of mcpctl's own.
fn faults(ran: &Ran, what: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        let found = unclean(text);
        // a log is another program's text, of as many lines as it likes
        let forged = if what.contains("logs") && stream == "stdout" { Vec::new() } else { forged_lines(text) };
        if !found.is_empty() || !forged.is_empty() {
            faults.push(format!("{what}: {found:x?} {forged:?} on {stream}:\n{text}"));
        }
    }
    faults
}

#[track_caller]
fn assert_clean(ran: &Ran, what: &str) {
    let faults = faults(ran, what);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_command_prints_a_character_that_controls_the_terminal() {
    let words: BTreeMap<&str, &[&str]> = WORDS.into_iter().collect();
    let api = Api::start();
    let (mut shown, mut found) = (0, Vec::new());
    for path in commands() {
        assert!(words.contains_key(path.as_str()), "`{path}` is not in the table: add its words");
    }
    for (path, words) in WORDS {
        let path: Vec<&str> = path.split(' ').collect();
        for form in FORMS {
            let all: Vec<&str> = path.iter().chain(words).copied().chain(["-o", form]).collect();
            let ran = run(&api, &all);
            found.extend(faults(&ran, &format!("{all:?}")));
            shown += usize::from(ran.stdout.contains('X') || ran.stderr.contains('X'));
        }
        for help in ["--help", "-h"] {
            let all: Vec<&str> = path.iter().copied().chain([help]).collect();
            found.extend(faults(&run(&api, &all), &format!("{all:?}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(shown > 80, "the marked texts were shown by {shown} runs only: what is being tested?");
}

#[test]
fn the_help_of_a_strangers_script_is_clean_however_it_is_called() {
    let api = Api::start();
    for words in [
        vec!["marked", "--help"],
        vec!["run", "marked", "-h"],
        vec!["run", SCRIPT, "--help"],
        vec!["run", "marked", "--kind", "\u{1b}[31m\u{202e}"],
        vec!["schedule", SCRIPT, "--help"],
        vec!["run", folder::MARKED_FILE, "--help"],
        vec!["run", folder::MARKED_FILE, "--nothing"],
    ] {
        let ran = run(&api, &words);
        assert_clean(&ran, &format!("{words:?}"));
    }
}

#[test]
fn man_pages_are_clean_and_no_text_becomes_a_request_of_roff() {
    let api = Api::start();
    let ran = run(&api, &["man", "pages"]).code(0);
    let mut pages = 0;
    for page in std::fs::read_dir(ran.path("pages")).unwrap() {
        let page = page.unwrap();
        let text = std::fs::read_to_string(page.path()).unwrap();
        assert!(unclean(&text).is_empty(), "{:?}: {:x?}", page.file_name(), unclean(&text));
        assert!(!text.lines().any(|line| line.starts_with(".so") || line.starts_with("'")), "{text}");
        pages += 1;
    }
    assert!(pages > 40, "{pages}");
    assert!(ran.read("pages/mcpctl-marked.1").unwrap().contains("\\&.so"));
}

#[test]
fn no_completion_has_a_character_that_controls_the_terminal() {
    let api = Api::start();
    let lines: [&[&str]; 12] = [
        &[""],
        &["ma"],
        &["marked", "--"],
        &["marked", "--kind", ""],
        &["run", ""],
        &["run", "scripts/"],
        &["show", ""],
        &["--context", ""],
        &["list", "-n", ""],
        &["session", ""],
        &["provision", ""],
        &["check", ""],
    ];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        for line in lines {
            let words: Vec<&str> = ["--", "mcpctl"].iter().chain(line).copied().collect();
            let ran = prepared(Mcpctl::of(words), &api)
                .env("MCPCTL_COMPLETE", shell)
                .env("MCPCTL_COMPLETE_WAIT", "10s")
                .env("_CLAP_IFS", "\n")
                .env("_CLAP_COMPLETE_INDEX", line.len().to_string())
                .run()
                .code(0);
            assert_clean(&ran, &format!("{shell} {line:?}"));
        }
    }
}

#[test]
fn the_mark_has_what_it_is_looked_for() {
    assert!(unclean(MARK).len() >= 15, "{:x?}", unclean(MARK));
    assert_eq!(forged_lines(&format!("a {MARK}")).len(), 1);
}
