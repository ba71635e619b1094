//! HTTP: from a request's bytes to an API call, and from its result to the response.

pub(super) mod accept;
pub(super) mod answer;
pub(super) mod body;
pub(super) mod connection;
pub(super) mod decode;
pub(super) mod discovery;
pub(super) mod handler;
pub(super) mod openapi;
pub(super) mod protobuf;
pub(super) mod query;
pub(super) mod route;
pub(super) mod server;
pub(super) mod status;
