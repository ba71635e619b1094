//! The guide on testing: its scripts and tests are run as they stand there.

use std::path::Path;

use crate::support::program::Mcpctl;

/// The blocks that name their file in their first line: `// FILE`.
fn files() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/testing.md")).unwrap();
    let mut files = Vec::new();
    let mut parts = text.split("```");
    while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
        let Some(code) = block.strip_prefix("rhai\n") else { continue };
        let (head, body) = code.split_once('\n').unwrap();
        files.push((head.strip_prefix("// ").expect("a block names its file").to_owned(), body.to_owned()));
    }
    files
}

#[test]
fn its_tests_pass() {
    let files = files();
    assert!(files.len() >= 4, "only {} blocks were found", files.len());
    let ran = files.iter().fold(Mcpctl::new("test"), |run, (path, text)| run.file(path, text)).run().code(0);
    assert!(ran.stdout.matches('✓').count() >= 6, "{}", ran.stdout);
}
