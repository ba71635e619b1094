//! The cluster layer on a real API server, where a sandbox will not do: connecting, and rights.

mod access;
mod connecting;
