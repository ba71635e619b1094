//! Every shipped script against every fault at every request of its run, in the sandbox.
//!
//! Whatever goes wrong: the script ends with the right result, or with an error that says what was done and what was
//! not; nothing else is touched, no file is left half-written, no secret is shown; and a second run completes the work.

pub(crate) mod assertions;
pub(super) mod fixtures;
mod matrix;
pub(super) mod runner;
pub(crate) mod snapshot;
mod world;
