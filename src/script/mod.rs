//! Scripts: where they are found, what their header says, and how they are run.

pub mod arguments;
pub mod check_ast;
pub mod command;
pub mod diagnostics;
pub mod engine;
pub mod header;
pub mod imports;
pub mod origin;
pub mod reach;
pub mod resolve;
pub mod run;
pub mod source;
