//! `mcpctl version`: which build this is, for bug reports and for programs that need a least version.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::error::Result;
use crate::output::{Document, Form};

use super::{globals, launch};

/// The version of the language inside, which scripts depend on.
const RHAI: &str = "1.27";

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("version").about("Print the version, the commit and what this build can do; `-o json` for programs")
}

/// Prints it: a line for people, an object for programs.
pub(super) fn run(all: &[&ArgMatches]) -> Result<u8> {
    let printer = launch::printer(&globals::read(all)?)?;
    let build = build();
    if printer.settings().form.is_document() || printer.settings().form == Form::Name {
        printer.document(&Document::new(build))?;
    } else {
        let text = |key: &str| build[key].as_str().unwrap_or_default().to_owned();
        printer.out(&format!("mcpctl {} ({}, {})", text("version"), short(&text("commit")), text("target")));
    }
    Ok(0)
}

fn build() -> Value {
    let mut features = vec!["sandbox", "kubernetes", "docker", "oci", "mcp"];
    if cfg!(target_feature = "crt-static") {
        features.push("static");
    }
    json!({
        "name": "mcpctl",
        "version": env!("CARGO_PKG_VERSION"),
        "commit": env!("MCPCTL_COMMIT"),
        "target": env!("MCPCTL_TARGET"),
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "rhai": RHAI,
        "features": features,
    })
}

/// As git shortens a commit.
fn short(commit: &str) -> String {
    match commit.split_once('-') {
        Some((hash, mark)) => format!("{}-{mark}", hash.get(..12).unwrap_or(hash)),
        None => commit.get(..12).unwrap_or(commit).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_commit_is_shortened_and_keeps_its_mark() {
        assert_eq!(super::short("0123456789abcdef0123"), "0123456789ab");
        assert_eq!(super::short("0123456789abcdef0123-dirty"), "0123456789ab-dirty");
        assert_eq!(super::short("unknown"), "unknown");
    }

    #[test]
    fn the_language_is_the_one_that_is_built_in() {
        let lock = include_str!("../../Cargo.lock");
        let version = lock.split("name = \"rhai\"\nversion = \"").nth(1).unwrap();
        assert!(version.starts_with(super::RHAI), "RHAI does not tell the version in Cargo.lock");
    }
}
