//! The simulated cluster: it answers as a real API server does, is served to other programs, and injects faults.

pub(super) mod conformance;
pub(super) mod faults;
pub(super) mod serve;
