//! The only place that prints: data to stdout, everything else to stderr.
//!
//! Every text passes [`clean`] (control characters of foreign text) and the [`crate::secret::Vault`] (secrets)
//! on its way out. Nothing else in the crate writes to a stream.

pub mod document;
pub mod done;
mod form;
mod log;
mod manifests;
mod multiplexer;
mod outline;
mod pager;
mod paint;
mod plan;
mod printer;
mod progress;
pub mod prompt;
mod redact;
mod report;
mod screen;
mod sink;
mod structured;
mod table;
pub mod terminal;
pub mod transfer;
mod volume;

pub use crate::clean;
pub use document::Document;
pub use form::{Form, Settings};
pub use multiplexer::Multiplexer;
pub use printer::Printer;
pub use progress::{Mark, Progress, Step};
pub use prompt::{Answers, Confirmation, Prompter};
pub use sink::{Captured, Sink};
pub use table::{Column, Table};
pub use transfer::Transfer;
