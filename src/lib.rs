//! mcpctl: provisions MCP servers on Kubernetes for the Docker MCP Gateway. Every workflow is a Rhai script.
//!
//! The layers, each of which may use only those below it, are listed in ARCHITECTURE.md.

pub mod allowed;
pub mod check;
pub mod child;
pub mod clean;
pub mod cli;
pub mod cluster;
pub mod command_output;
pub mod digest;
pub mod duration;
pub mod embedded;
pub mod encoding;
pub mod error;
pub mod files;
pub mod gateway;
pub mod host;
pub mod hostname;
pub mod images;
pub mod interrupt;
pub mod journal;
pub mod memory;
pub mod nearest;
pub mod output;
pub mod primitives;
pub mod provision;
pub mod rbac;
pub mod record;
pub mod reference;
pub mod repl;
pub mod sandbox;
pub mod schedule;
pub mod script;
pub mod secret;
pub mod server_pod;
pub mod shell;
pub mod verify;
pub mod web;
