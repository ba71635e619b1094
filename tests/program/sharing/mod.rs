//! Scripts that people share: shown, copied, begun, started as programs, and held to a version.

mod copying;
mod listing;
mod plan;
mod programs;
mod versions;
