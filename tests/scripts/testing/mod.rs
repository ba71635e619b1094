//! `mcpctl test`: running, reporting, the shipped scripts' own tests, and worlds taken from clusters.

mod guide;
mod import;
mod isolation;
mod reporting;
mod running;
mod shipped;
