//! Every shipped script against every fault at every request of its run, in the sandbox.
//!
//! Whatever goes wrong: the script ends with the right result, or with an error that says what was done and what was
//! not; nothing else is touched, no file is left half-written, no secret is shown; and a second run completes the work.

pub(crate) mod judge;
pub(crate) mod look;
mod matrix;
mod play;
mod scene;
mod world;
