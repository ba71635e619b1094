//! Every command of the README is run, in order, in the sandbox; every script in it compiles.

use std::path::Path;

use crate::support::program::{Mcpctl, Ran};

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(name)) => open = Some(format!("{name}\n")),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    let head = format!("{language}\n");
    blocks.iter().filter_map(|block| block.strip_prefix(&head)).map(str::to_owned).collect()
}

/// A command line of a shell block: its words, what is piped into it, and the exit code that its comment states.
struct Line {
    words: Vec<String>,
    input: Option<String>,
    code: i32,
}

fn line(text: &str) -> Line {
    let (command, comment) = text.split_once("  #").unwrap_or((text, ""));
    let code = comment.trim().strip_prefix("exit ").map_or(0, |rest| rest.split(':').next().unwrap().parse().unwrap());
    let (input, command) = match command.split_once(" | ") {
        Some((echo, command)) => {
            let words = shlex::split(echo).unwrap();
            assert_eq!(words[0], "echo", "{text}");
            (Some(format!("{}\n", words[1])), command)
        }
        None => (None, command),
    };
    Line { words: shlex::split(command).unwrap(), input, code }
}

#[test]
fn every_command_does_what_the_readme_says() {
    let mut ran: Option<Ran> = None;
    let mut sandbox = None;
    let mut commands = 0;
    for text in blocks("sh").iter().flat_map(|block| block.lines()) {
        if text.trim().is_empty() || text.starts_with('#') || text.starts_with("cargo test") {
            continue;
        }
        if let Some(value) = text.strip_prefix("export MCPCTL_SANDBOX=") {
            sandbox = Some(value.to_owned());
            continue;
        }
        let line = line(text);
        let words = match line.words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["mcpctl", ..] => line.words[1..].to_vec(),
            ["cargo", "run", "--release", "--", ..] => line.words[4..].to_vec(),
            ["echo", value, ">", file] => {
                let folder = ran.as_ref().map(|ran| ran.path(file)).unwrap();
                std::fs::write(folder, format!("{value}\n")).unwrap();
                continue;
            }
            ["sed", "-i.bak", edit, file] => {
                let [_, from, to, _] = edit.split('/').collect::<Vec<_>>()[..] else { panic!("{text}") };
                let file = ran.as_ref().map(|ran| ran.path(file)).unwrap();
                let before = std::fs::read_to_string(&file).unwrap();
                let after = before.replacen(from, to, 1);
                assert_ne!(before, after, "{text} changes nothing");
                std::fs::write(file, after).unwrap();
                continue;
            }
            _ => panic!("the README has a command that no test knows: {text}"),
        };
        let mut run = Mcpctl::of(words);
        if let Some(earlier) = ran.take() {
            run = run.after(earlier);
        }
        // what `cargo run` has made by then
        std::fs::create_dir_all(run.folder().join("target")).unwrap();
        if let Some(world) = &sandbox {
            run = run.env("MCPCTL_SANDBOX", world.as_str());
        }
        if let Some(input) = &line.input {
            run = run.input(input);
        }
        let done = run.run();
        assert_eq!(done.code, line.code, "{text}\nstdout:\n{}\nstderr:\n{}", done.stdout, done.stderr);
        assert!(!done.stdout.contains("canary-") && !done.stderr.contains("canary-"), "{text} shows a secret");
        if text.starts_with("mcpctl eject --diff") {
            assert!(blocks("diff").contains(&done.stdout), "the README lacks:\n{}", done.stdout);
        }
        commands += 1;
        ran = Some(done);
    }
    assert!(commands > 15, "only {commands} commands were found");
}

#[test]
fn every_script_compiles_and_has_a_header() {
    let scripts = blocks("rhai");
    assert!(!scripts.is_empty());
    for script in scripts {
        Mcpctl::new("run script.rhai --help")
            .file("script.rhai", &script)
            .run()
            .code(0)
            .gives("Usage: mcpctl run script.rhai");
        Mcpctl::new("run script.rhai time --sandbox").file("script.rhai", &script).run().code(0);
    }
}

#[test]
fn the_ten_commands_are_told_and_shipped() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let shipped = mcpctl::embedded::script_names();
    for name in [
        "session",
        "stale",
        "list",
        "generate-env",
        "extract-data",
        "show-example",
        "populate-configmap",
        "populate-secret",
        "create-configmap",
        "create-secret",
    ] {
        assert!(text.contains(&format!("`mcpctl {name} ")), "{name}");
        assert!(shipped.contains(&name), "{name}");
    }
}
