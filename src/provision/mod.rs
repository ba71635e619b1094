//! Provisioning: the catalog, its templates, the needs of servers, env files, and the objects to create.
//!
//! This module does not use scripts, terminals or clusters: its input is files and values, its output plain data.

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
