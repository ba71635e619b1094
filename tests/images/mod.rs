//! Images from outside: pulling against a store in memory, and the engine's protocol against a fake engine; registries on loopback.

mod clusters;
mod engine;
pub(crate) mod loopback;
mod pulling;
mod registry;
