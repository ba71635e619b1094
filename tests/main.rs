//! All tests that use the crate or its binary from outside, in one program so that it is linked once.
//!
//! `cargo test` runs those that need neither cluster nor Docker nor network; those under `cluster` are ignored
//! with a reason and run with `MCPCTL_E2E_KUBECONFIG` set.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod adversity;
mod after;
mod allowed;
mod catalog;
mod check;
mod cluster;
mod completion;
mod conformance;
mod contexts;
mod doctor;
mod envfile;
mod exit_codes;
mod faults;
mod foreign;
mod foreign_text;
mod fuzz;
mod gallery;
mod gateway;
mod guards;
mod guide;
mod images;
mod journal;
mod kubeconfig;
mod layer;
mod limits;
mod manifests;
mod network;
mod program;
mod provisioning;
mod rbac;
mod readme;
mod reference;
mod references;
mod repl;
mod schedule;
mod secrecy;
mod serve;
mod sharing;
mod testing;
mod values;
mod verify;
mod whole;
