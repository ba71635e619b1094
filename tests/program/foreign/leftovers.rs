//! What `kill -9` leaves behind, and what a later run does about it.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;

use crate::support::program::{Mcpctl, signal};
use crate::support::sandbox_serve::Serving;

/// Makes a file or folder look as if it was made an hour ago.
fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn a_killed_server_keeps_nobody_out_and_its_folder_is_removed_by_the_next() {
    let first = Serving::run("--sandbox=world.json");
    let folder = first.folder().to_owned();
    let mut serving = Serving::start(&first);
    let left = serving.kubeconfig.parent().unwrap().to_owned();
    assert!(left.file_name().unwrap().to_str().unwrap().starts_with("mcpctl-sandbox-"));
    serving.kill();
    assert!(left.exists() && folder.join(".world.json.lock").exists());
    assert_eq!(std::fs::metadata(left.join("kubeconfig")).unwrap().permissions().mode() & 0o777, 0o600);
    age(&left);
    // names alone are no reason to remove anything
    let others = ["mcpctl-sandbox-notes", "mcpctl-gateway-notes"].map(|name| folder.join(name));
    std::fs::write(&others[0], "precious").unwrap();
    symlink(&folder, &others[1]).unwrap();
    let second = Mcpctl::new("sandbox serve --sandbox=world.json").env("TMPDIR", folder.display().to_string());
    let next = Serving::start(&second);
    assert!(!left.exists());
    assert!(others.iter().all(|path| path.symlink_metadata().is_ok()));
    assert_eq!(next.end(Signal::SIGTERM).0, 0);
}

#[test]
fn a_lock_that_a_killed_run_left_is_taken_over() {
    let run = Mcpctl::new("list --sandbox=world.json").file(".world.json.lock", "/of/a/killed/server\n");
    let ran = run.run().code(0);
    assert!(ran.read("world.json").is_some() && ran.read(".world.json.lock").is_none());
}

#[test]
fn a_killed_run_leaves_locks_that_do_not_block() {
    let wait = Mcpctl::of(["eval", "pods::list(#{}); time::sleep(\"1h\")"]).word("--sandbox=w.json");
    let mut child = wait.start();
    while !wait.folder().join(".w.json.lock").exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(&child, Signal::SIGKILL);
    let killed = wait.end_of(child);
    Mcpctl::new("generate-env time --base prod --sandbox=w.json").after(killed).run().code(0);
}
