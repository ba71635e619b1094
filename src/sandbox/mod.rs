//! A Kubernetes API in memory, and an image store: workflows can be tried, tested and shown without a cluster.
//!
//! A hyper handler behind in-memory connections under a real [`kube::Client`]. What it answers is what the API
//! server answers (1.34): `tests/sandbox/conformance` sends the same requests to both. It has the core v1 kinds that
//! mcpctl uses, gives pods a life of their own, and lets tests order failures.

mod api;
mod http;
#[cfg(test)]
mod tests;
mod world;

pub use api::admission::AdmissionRule;
pub use http::server::Server;
pub use world::demo::CATALOG as DEMO_CATALOG;
pub use world::faults::Fault;
pub use world::images::{Images, UNPULLABLE};
pub use world::{Received, World};
