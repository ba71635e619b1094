//! The built program where things go wrong around it: a bad connection, `kill -9`, a full disk, another run at the same
//! time, a crash. Against the sandbox here, and against the real API server in `tests/cluster/faults.rs`.
//!
//! What must hold is judged as in `tests/sandbox/faults/`, where scripts run in this process, with every fault at every request.

pub(crate) mod at_once;
mod canaries;
mod crash;
mod disk;
pub(crate) mod faults;
pub(crate) mod fixtures;
pub(crate) mod kill;
pub(crate) mod setup;
