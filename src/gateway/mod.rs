//! The Docker MCP Gateway: which one there is, its command line, the files that go with it, and its process.

pub mod ask;
pub mod command;
pub mod launch;
mod log_file;
pub mod probe;
pub mod secret_names;
