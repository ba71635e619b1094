//! Tests against a real API server and a real engine; ignored unless there is one.
//!
//! Each test has a namespace of its own, so that they run side by side and on a cluster that others use.

mod access;
mod adoption;
mod after;
mod catalog_sources;
mod contexts;
mod deletion;
mod docker_rules;
mod doctor;
mod dry_run;
mod faults;
mod gateway;
mod image_pulls;
mod images;
mod journal;
mod layer;
mod node;
mod objects;
mod pod;
mod pods;
mod provision;
mod push;
mod reach;
mod rights;
mod schedule;
mod schedule_image;
mod set_secret;
mod verify;
