//! Crashes: the report contains the place in the source, and no value of the run.
//!
//! A panic's own message may quote the program's data (such as a piece of text that was cut in the wrong place), and a
//! core dump contains all of its memory, including secrets in clear text.

use std::panic::PanicHookInfo;

use crate::error::Error;
use crate::output;

use super::launch;

/// Disables core dumps, and makes panics print only their place. To be called before anything else is read.
pub fn leave_no_values() {
    forbid_core_dumps();
    std::panic::set_hook(Box::new(tell));
}

/// Ends the process with an error that contains the place. In a release build a panic ends the process anyway; this
/// does it in every build, and restores the terminal first.
fn tell(info: &PanicHookInfo<'_>) {
    output::terminal::restore();
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let error = Error::failed(format!("mcpctl failed inside, at {place}")).hint("this is a bug: please report it");
    let _ = launch::finish(Err(error));
    std::process::exit(1);
}

/// Disables core dumps into a file (the limit) and through a program of the system, which ignores the limit (the
/// attribute). The attribute also stops other processes of the same user from reading this one's memory and
/// environment.
#[cfg(target_os = "linux")]
fn forbid_core_dumps() {
    use nix::sys::{prctl, resource};

    // systems lack one or the other; a run must not fail because of that
    let _ = resource::setrlimit(resource::Resource::RLIMIT_CORE, 0, 0);
    let _ = prctl::set_dumpable(false);
}

#[cfg(all(unix, not(target_os = "linux")))]
fn forbid_core_dumps() {
    use nix::sys::resource;

    let _ = resource::setrlimit(resource::Resource::RLIMIT_CORE, 0, 0);
}

#[cfg(not(unix))]
fn forbid_core_dumps() {}
