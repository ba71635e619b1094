//! The domain: what MCP servers need, and where it is kept. No Rhai in here.

pub mod envfile;
