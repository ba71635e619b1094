#![doc = include_str!("../README.md")]

mod api;
mod error;
mod http;
mod object;
mod sandbox;
mod world;

pub use api::admission::AdmissionRule;
pub use error::{Error, Result};
#[cfg(feature = "server")]
pub use http::server::Server;
pub use sandbox::Sandbox;
pub use world::clock::rfc3339;
pub use world::faults::Fault;
pub use world::images::{Images, UNPULLABLE};
pub use world::pod_status::{NODE, container_status, pod_status};
pub use world::snapshot::Snapshot;
pub use world::{Received, World};
