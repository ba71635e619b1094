//! Images from outside: pulling against a store in memory, and the engine's protocol against a fake engine; registries on loopback.

mod availability;
mod clusters;
mod engine;
mod engines;
pub(crate) mod far;
mod helpers;
mod logins;
pub(crate) mod loopback;
mod proxies;
mod pulling;
mod registry;
