//! The guide for script authors: every code block of it is run, in order, in one folder and in the sandbox.
//!
//! A script whose first line is `// FILE` becomes that file. One that ends in `// => VALUE` is evaluated and must give
//! the value. Shell lines must end with 0, or with the code that their comment states. A block of text must be part
//! of what the command before it printed. There are no blocks of other kinds.

use std::path::Path;

use crate::support::program::{Mcpctl, Ran};

struct Block {
    kind: String,
    text: String,
    /// Where it stands, from 1.
    line: usize,
}

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn blocks() -> Vec<Block> {
    let text = std::fs::read_to_string(docs().join("guide.md")).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some(Block { kind: kind.to_owned(), text: String::new(), line: index + 1 }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    blocks
}

/// A script that states its result, as a function of a test.
fn as_test(block: &Block) -> Option<String> {
    let (code, result) = block.text.trim_end().rsplit_once("\n// => ")?;
    Some(format!(
        "fn test_line_{}() {{\n    sandbox::demo();\n    assert::equal({{\n{code}\n}}, {result});\n}}\n",
        block.line
    ))
}

fn file(block: &Block) -> Option<&str> {
    block.text.lines().next()?.strip_prefix("// ").filter(|name| name.ends_with(".rhai"))
}

fn run(line: &str, earlier: Option<Ran>) -> Ran {
    let (command, comment) = line.split_once("  #").unwrap_or((line, ""));
    let code = comment.trim().strip_prefix("exit ").map_or(0, |rest| rest.split(':').next().unwrap().parse().unwrap());
    let (input, command) = match command.split_once(" | ") {
        Some((echo, command)) => (Some(shlex::split(echo).unwrap()[1..].join(" ")), command),
        None => (None, command),
    };
    let mut words = shlex::split(command).unwrap();
    assert_eq!(words.remove(0), "mcpctl", "{line}");
    let mut run = Mcpctl::of(words).env("MCPCTL_SANDBOX", "1");
    if let Some(input) = input {
        run = run.input(&input);
    }
    if let Some(earlier) = earlier {
        run = run.after(earlier);
    }
    let ran = run.run();
    assert_eq!(ran.code, code, "{line}\nstdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    ran
}

#[test]
fn every_block_of_scripts_and_commands_does_what_the_guide_says() {
    let mut ran: Option<Ran> = None;
    let mut commands = 0;
    for block in blocks() {
        match block.kind.as_str() {
            "rhai" if file(&block).is_some() => {
                let earlier = ran.take().unwrap_or_else(|| Mcpctl::new("scripts").run());
                let path = earlier.path(file(&block).unwrap());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, block.text.split_once('\n').unwrap().1).unwrap();
                ran = Some(earlier);
            }
            "rhai" => assert!(as_test(&block).is_some(), "line {}: neither a file nor a stated result", block.line),
            "sh" => {
                for line in block.text.lines().filter(|line| line.starts_with("mcpctl ") || line.starts_with("echo ")) {
                    ran = Some(run(line, ran.take()));
                    commands += 1;
                }
            }
            "text" => {
                let said = ran.as_ref().map(|ran| format!("{}{}", ran.stdout, ran.stderr)).unwrap();
                for line in block.text.lines().filter(|line| *line != "…") {
                    assert!(said.contains(line), "line {}: {line:?} is not in\n{said}", block.line);
                }
            }
            other => panic!("line {}: a block of kind `{other}` that nobody runs", block.line),
        }
        if let Some(ran) = &ran {
            assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "line {}", block.line);
        }
    }
    assert!(commands >= 10, "only {commands} commands were found");
}

#[test]
fn every_stated_result_is_true() {
    let tests: Vec<String> =
        blocks().iter().filter(|block| block.kind == "rhai" && file(block).is_none()).filter_map(as_test).collect();
    assert!(tests.len() >= 9, "only {} were found", tests.len());
    let ran = Mcpctl::new("test guide_test.rhai").file("guide_test.rhai", &tests.concat()).run();
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

/// The pages of `docs/` that are written by hand.
#[test]
fn every_page_is_in_the_index_and_every_link_leads_somewhere() {
    let index = std::fs::read_to_string(docs().join("README.md")).unwrap();
    for entry in std::fs::read_dir(docs()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "pictures" {
            continue;
        }
        let linked = index.contains(&format!("({name})")) || index.contains(&format!("({name}/README.md)"));
        assert!(linked || name == "README.md", "docs/README.md does not name {name}");
    }
    for page in ["docs/README.md", "docs/guide.md", "examples/README.md", "README.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let link = link.split('#').next().unwrap();
            if !link.is_empty() && !link.starts_with("http") {
                assert!(path.parent().unwrap().join(link).exists(), "{page}: {link} is not there");
            }
        }
    }
}
