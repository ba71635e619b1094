//! What tests share: the built program, terminals, servers and proxies on loopback.

pub(crate) mod attach_server;
pub(super) mod cluster_namespace;
pub(super) mod fault_proxy;
pub(super) mod function_server;
pub(crate) mod http_server;
pub(crate) mod https_server;
pub(super) mod inject_fault;
pub(super) mod program;
pub(super) mod raw_server;
pub(super) mod recording_proxy;
pub(crate) mod sandbox_serve;
pub(crate) mod sandbox_server;
pub(crate) mod socks_proxy;
pub(crate) mod terminal;
pub(super) mod tls;
