//! What is read from foreign folders: no pipe that never answers, no device without end.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::program::Mcpctl;

/// A run that reads a name.
type Reads = (&'static str, fn() -> Mcpctl);

const READS: [Reads; 8] = [
    ("world.json", || Mcpctl::new("list --sandbox=world.json")),
    ("world.json", || Mcpctl::new("list --sandbox=world.json --dry-run")),
    ("prod-secret.env", || Mcpctl::new("generate-env time --base prod --sandbox")),
    ("catalog.yaml", || Mcpctl::new("servers --catalog catalog.yaml")),
    ("script.rhai", || Mcpctl::new("run script.rhai --sandbox")),
    ("lib.rhai", || Mcpctl::of(["eval", "import \"lib\" as lib; 1"]).word("--sandbox")),
    ("given", || Mcpctl::of(["eval", "fs::input(\"@given\")"]).word("--sandbox")),
    ("note", || Mcpctl::of(["eval", "fs::read(\"note\")"]).word("--sandbox")),
];

#[test]
fn pipes_and_devices_are_refused_by_name() {
    for (name, run) in READS {
        for device in [None, Some("/dev/zero"), Some("/dev/tty")] {
            let run = run();
            let path = run.folder().join(name);
            match device {
                None => mkfifo(&path, Mode::from_bits_truncate(0o666)).unwrap(),
                Some(device) => symlink(device, &path).unwrap(),
            }
            let ran = run.run();
            assert_ne!(ran.code, 0, "{name} {device:?}");
            // a module that cannot be one is not found by its bare name
            let name = name.split('.').next().unwrap();
            assert!(ran.stderr.contains(name), "{name} {device:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_settings_file_that_is_a_pipe_or_device_is_passed_over() {
    let run = Mcpctl::new("list --sandbox");
    mkfifo(&run.folder().join(".env"), Mode::from_bits_truncate(0o666)).unwrap();
    run.run().code(0);
    let run = Mcpctl::new("list --sandbox");
    symlink("/dev/zero", run.folder().join(".env")).unwrap();
    run.run().code(0);
}

#[test]
fn a_pipe_of_the_shell_is_read_to_its_end_as_an_argument() {
    let shell = |line: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", line, env!("CARGO_BIN_EXE_mcpctl")]).current_dir(folder.path()).stdin(Stdio::null());
        let output = command.env("HOME", folder.path()).env_remove("MCPCTL_ALLOW").output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let given = "\"$0\" eval --sandbox 'fn main() {} fs::input(\"@/dev/fd/9\")' 9< <(echo from-a-pipe)";
    let (code, stdout, stderr) = shell(given);
    assert_eq!((code, stdout.trim()), (Some(0), "from-a-pipe"), "{stderr}");
    let (code, _, stderr) = shell("\"$0\" eval --sandbox 'fs::input(\"@/dev/fd/9\")' 9< <(cat /dev/zero)");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("`/dev/fd/9` is too long"), "{stderr}");
    let (code, stdout, stderr) = shell("\"$0\" eval --sandbox 'fs::read(\"/dev/fd/9\")' 9< <(printf x)");
    assert_eq!((code, stdout.trim()), (Some(0), "x"), "{stderr}");
}
