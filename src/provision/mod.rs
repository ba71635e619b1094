//! The domain: what MCP servers need, and where it is kept. No Rhai in here.

pub mod envfile;
//! What a provisioning is made of: the catalog, its templates, what servers need, and what goes where.
//!
//! Nothing here knows of scripts, terminals or clusters: files and values in, plain data out.

pub mod catalog;
pub mod examples;
pub mod keys;
pub mod render;
pub mod requirements;
pub mod search;
pub mod template;
