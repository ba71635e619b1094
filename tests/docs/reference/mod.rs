//! The reference: complete, true, and the same as what `docs/` holds.

mod documents;
mod examples;
mod forms;
