//! Provisioning: the catalog, its templates, the needs of servers, env files, and the objects to create.
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
pub mod template;
pub mod unreachable;
