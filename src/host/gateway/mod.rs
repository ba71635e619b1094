//! The gateway, as a run sees it: which one there is, and one started on what was provisioned.

mod copies;
mod leftovers;
mod probe;
mod run_id;
mod start;

pub use start::GatewayRan;
