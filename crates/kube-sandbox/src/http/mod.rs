//! HTTP: from a request's bytes to an API call, and from its result to the response.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod decode;
pub(crate) mod discovery;
pub(crate) mod handler;
pub(crate) mod openapi;
pub(crate) mod protobuf;
pub(crate) mod query;
pub(crate) mod route;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod status;
