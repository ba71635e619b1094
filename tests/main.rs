//! All tests that use the crate or its binary from outside, in one program so that it is linked once.
//!
//! `cargo test` runs those that need neither cluster nor Docker nor network; those under `cluster` are ignored
//! with a reason and run with `MCPCTL_E2E_KUBECONFIG` set.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod cluster;
mod docs;
mod layers;
mod program;
mod sandbox;
mod scripts;
mod support;
