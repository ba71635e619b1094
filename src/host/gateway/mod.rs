//! The gateway of a run: which one is available, and how it is started.

mod copies;
mod leftovers;
mod probe;
mod run_id;
mod start;

pub use start::GatewayRan;
