//! Tests against a real API server and a real engine; ignored unless there is one.
//!
//! Each test has a namespace of its own, so that they run side by side and on a cluster that others use.

mod access;
mod adoption;
mod deletion;
mod dry_run;
mod images;
mod journal;
mod layer;
mod node;
mod objects;
mod place;
mod pod;
mod pods;
mod provision;
mod proxy;
mod reach;
mod rights;
