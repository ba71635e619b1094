//! A Kubernetes API in memory, and an image store: workflows can be tried, tested and shown without a cluster.
//!
//! A hyper handler behind in-memory connections under a real [`kube::Client`]. What it answers is what the API
//! server answers (1.34): `tests/conformance` sends the same requests to both. It has the core v1 kinds that
//! mcpctl uses, gives pods a life of their own, and lets tests order failures.

mod accept;
mod access;
mod admission;
mod answer;
mod apply;
mod body;
mod change;
mod clock;
mod compare;
mod connection;
mod create;
mod decode;
mod defaults;
mod delete;
mod demo;
mod discovery;
mod faults;
mod fields;
mod handler;
mod images;
mod import;
mod list;
mod logs;
mod managed_fields;
mod names;
mod openapi;
mod pod_columns;
mod pod_life;
mod protobuf;
mod query;
mod resource;
mod route;
mod scene;
mod seed;
mod selector;
mod server;
mod shape;
mod state_file;
mod status;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod update;
mod validate;
mod watch;
mod world;

pub use admission::AdmissionRule;
pub use demo::CATALOG as DEMO_CATALOG;
pub use faults::Fault;
pub use images::{Images, UNPULLABLE};
pub use server::Server;
pub use world::{Received, World};
