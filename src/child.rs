//! Programs that mcpctl starts: gateways, plugins, helpers, pagers, and those of scripts.
//!
//! Each inherits the environment of mcpctl, like a program that a shell starts, except the variables of one mcpctl call
//! only. Arguments never contain a secret, because other users of the machine can read them.

use std::ffi::OsStr;
use std::process::Command;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};

/// The variables with which a shell asks mcpctl for completions. A program that runs mcpctl itself would get candidates
/// in place of an answer.
const OF_THIS_CALL: [&str; 5] =
    ["MCPCTL_COMPLETE", "_CLAP_COMPLETE_COMP_TYPE", "_CLAP_COMPLETE_INDEX", "_CLAP_COMPLETE_SPACE", "_CLAP_IFS"];

/// A program to be started, with the environment that all have.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in OF_THIS_CALL {
        command.env_remove(name);
    }
    command
}

/// As [`command`], for a program that asks no questions at the terminal: it leads a process group, so that
/// [`ProcessGroup`] ends it together with the programs that it has started.
#[must_use]
pub fn group_leader(program: impl AsRef<OsStr>) -> tokio::process::Command {
    let mut command = tokio::process::Command::from(command(program));
    command.process_group(0);
    command
}

/// The process group of a running program, which is killed when this is dropped.
#[derive(Debug)]
pub struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// The group that a program leads; none for a program in the group of mcpctl.
    #[must_use]
    pub fn led_by(process: Option<u32>) -> Self {
        let process = process.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Self(process.filter(|process| getpgid(Some(*process)) == Ok(*process)))
    }

    /// Lets the group be: its program has ended, and what it left running is its own business.
    pub fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // an error means that all of it has ended
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// Whether there is a file of this name in a folder of the `PATH`.
#[must_use]
pub fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
