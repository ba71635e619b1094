//! What a provisioning is made of: the catalog, its templates, what servers need, env files, and what goes where.
//!
//! Nothing here knows of scripts, terminals or clusters: files and values in, plain data out.

pub mod catalog;
pub mod credentials;
pub mod envfile;
pub mod examples;
pub mod expansion;
pub mod keys;
pub mod render;
pub mod requirements;
pub mod search;
pub mod status;
pub mod template;
pub mod unreachable;
