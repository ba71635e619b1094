//! Registries and web servers that mean harm: logins stay with their host, sizes and times have an end, copies are not
//! poisoned. Hosts that are not this machine are stood for by a proxy on loopback that notes whatever it is sent.

mod caches;
mod clusters;
mod contents;
mod fixtures;
mod logins;
mod server;
mod sizes;
