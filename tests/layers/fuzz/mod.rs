//! The fuzz targets' properties over the corpus that was found: `fuzz/README.md` tells how to go on looking.

mod properties;

use std::path::Path;

/// Every input of a target's corpus, at least the hand-made seeds.
fn corpus(target: &str, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() >= 5, "{} holds too little", folder.display());
    for input in inputs {
        property(&std::fs::read(input).unwrap());
    }
}

#[test]
fn env_files() {
    corpus("env_file", properties::env_file);
}

#[test]
fn templates() {
    corpus("template", properties::template);
}

#[test]
fn catalogs() {
    corpus("catalog", properties::catalog);
}

#[test]
fn headers() {
    // deep scripts need the stack that scripts run on
    std::thread::Builder::new()
        .stack_size(mcpctl::script::run::STACK)
        .spawn(|| corpus("header", properties::header))
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn repl_lines() {
    corpus("repl_line", properties::repl_line);
}

#[test]
fn pod_statuses() {
    corpus("pod_status", properties::pod_status);
}
