//! The documentation is true: every command, script and example in it is run.

pub(super) mod gallery;
pub(super) mod guide;
pub(super) mod layers;
pub(super) mod readme;
pub(super) mod reference;
mod words;
