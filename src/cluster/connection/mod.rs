//! The way to an API server: kubeconfig, credentials, TLS, and the layers that every request passes.

pub(super) mod address;
pub(super) mod client;
pub(super) mod connect;
pub(super) mod credentials;
pub(super) mod deadlines;
pub(super) mod dry_run;
pub(super) mod dry_run_state;
pub(super) mod effects;
pub(super) mod endpoint;
pub(super) mod errors;
pub(super) mod exchange;
pub(super) mod guard;
pub(super) mod headers;
pub(super) mod id_token;
pub(super) mod kubeconfig;
pub(super) mod pinned;
pub(super) mod proxy;
pub(super) mod request_log;
pub(super) mod response_body;
pub(super) mod retry;
pub(super) mod tls;
pub(super) mod transport;
pub(super) mod unreachable;
pub mod verbs;
