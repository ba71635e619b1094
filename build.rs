//! Tells a release build which commit it is made of, for `mcpctl version`.
//!
//! Other builds do not ask: every commit would make them compile the crate anew.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=MCPCTL_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    // a new file in a folder that is embedded
    println!("cargo::rerun-if-changed=scripts");
    println!("cargo::rerun-if-changed=stdlib");
    println!("cargo::rustc-env=MCPCTL_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    let named = std::env::var("MCPCTL_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = named.or_else(|| if is_release { from_git() } else { None });
    println!("cargo::rustc-env=MCPCTL_COMMIT={}", commit.unwrap_or_else(|| "unknown".to_owned()));
}

/// The commit that is checked out, with `-dirty` where files differ from it.
fn from_git() -> Option<String> {
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-changed=.git/index");
    let git = |words: &[&str]| {
        // a look must not write the index, which would make the next build begin anew
        let done = Command::new("git").arg("--no-optional-locks").args(words).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let is_dirty = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    Some(if is_dirty { format!("{commit}-dirty") } else { commit })
}
