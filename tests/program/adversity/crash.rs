//! A crash shows and leaves no value: panics tell their place alone, and no core is dumped.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::support::program::signal;

/// Set in the process that is to crash, and in no other: it would take all tests with it.
const CRASHES: &str = "MCPCTL_TEST_CRASHES";

/// A run in a shell that allows core dumps of any size, stopped while it sleeps.
#[test]
fn no_core_is_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let line = "ulimit -c unlimited; exec \"$0\" eval 'print(\"ready\"); time::sleep(\"1h\")'";
    let mut child = Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_mcpctl")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0_u8; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(limit.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{limit}");
    signal(&child, Signal::SIGABRT);
    let end = child.wait().unwrap();
    assert_eq!((end.signal(), end.core_dumped()), (Some(6), false));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(|entry| is_core(entry.as_ref().unwrap())).count(), 0);
}

fn is_core(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().to_str().unwrap().starts_with("core")
}

/// The message of a panic may quote what was worked on; this one does.
#[test]
fn a_panic_tells_its_place_alone() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program::adversity::crash::a_panic_with_a_canary", "--nocapture"])
        .env(CRASHES, "1")
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!told.contains("canary-in"), "{told}");
    assert!(told.contains("error: mcpctl failed inside, at tests/program/adversity/crash.rs:"), "{told}");
    assert!(told.contains("hint: this is a bug: please report it"), "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_panic_with_a_canary() {
    if std::env::var_os(CRASHES).is_none() {
        return;
    }
    mcpctl::cli::leave_no_values();
    let text = ["canary-in-a-pänic"].concat();
    // as a slip of ours would cut it
    let _ = std::hint::black_box(&text[..14]);
}
