//! The Docker MCP Gateway's command line and the files that go with it.

pub mod command;
pub mod secret_names;
