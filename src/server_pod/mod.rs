//! The conversation with a server over its stdin and stdout: lines, JSON-RPC messages, the requests of the Model
//! Context Protocol, and a transcript of what strict clients would reject.
//!
//! The streams can be those of any program; `verify` passes those of an attached pod.

mod client;
mod line;
mod protocol;
mod shape;
#[cfg(test)]
mod tests;
mod transcript;

pub use client::{Client, Failure};
pub use protocol::{Opening, Tools, list_tools};
pub use transcript::{Deviation, Transcript, TranscriptState};
