//! Images from outside: pulling against a store in memory, and the engine's protocol against a fake engine; registries on loopback.

mod availability;
mod clusters;
mod engine;
mod engines;
mod helpers;
mod logins;
mod proxies;
mod pulling;
mod registry;
