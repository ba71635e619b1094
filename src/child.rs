//! Programs that mcpctl starts: gateways, plugins, helpers, pagers, and those of scripts.
//!
//! Each inherits the environment of mcpctl, as a program that a shell starts does, but for the variables of one call of
//! mcpctl alone. Arguments never hold a secret: other users of the machine can read them.

use std::ffi::OsStr;
use std::process::Command;

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
