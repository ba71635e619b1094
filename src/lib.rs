//! mcpctl: provisions MCP servers on Kubernetes for the Docker MCP Gateway. Every workflow is a Rhai script.
//!
//! The layers, each of which may use only those below it, are told in ARCHITECTURE.md.

pub mod error;
pub mod interrupt;
pub mod nearest;
pub mod record;
pub mod sandbox;
pub mod secret;
