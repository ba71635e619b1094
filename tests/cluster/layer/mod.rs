//! The cluster layer on a real API server: each rule of changing objects, deletion, dry runs, connecting.

mod access;
mod connecting;
mod deletion;
mod dry_run;
mod listing;
mod objects;
mod owners;
mod stage;
