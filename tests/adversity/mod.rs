//! The built program where things go wrong around it: a bad connection, `kill -9`, a full disk, another run at the same
//! time, a crash. Against the sandbox here, and against the real API server in `tests/cluster/faults.rs`.
//!
//! What must hold is judged as in `tests/faults/`, where scripts run in this process, with every fault at every request.

pub(crate) mod at_once;
mod canaries;
mod crash;
mod disk;
pub(crate) mod faults;
pub(crate) mod ground;
pub(crate) mod kill;
mod proxy;
pub(crate) mod scene;
mod strike;
mod tls;
