//! Hostile registries, web servers, API servers and engines: logins stay with their host, sizes and times have limits,
//! copies are not poisoned. A proxy on loopback represents all other hosts and records what it is sent.

mod caches;
mod clusters;
mod contents;
pub(crate) mod fixtures;
mod logins;
mod schedules;
mod sizes;
