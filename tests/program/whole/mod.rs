//! The whole program, from the command line to what it prints.

mod canary;
mod cleanup;
mod full_disk;
mod interrupt;
mod language;
mod resolution;
mod usage;
mod verbose;
