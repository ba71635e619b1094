//! Scripts: where they are found, what their header says, and how they are run.

pub mod arguments;
mod bounds;
pub mod bundle;
pub mod check_ast;
pub mod command;
pub mod deprecated;
pub mod diagnostics;
pub mod engine;
pub mod functions;
pub mod habits;
pub mod header;
pub mod imports;
pub mod origin;
pub mod program;
pub mod reach;
pub mod receivers;
pub mod repoint;
pub mod requires;
pub mod resolve;
pub mod rewrite;
pub mod run;
pub mod source;
mod syntax;
pub mod testing;
pub mod tokens;
pub mod unclosed;
pub mod words;
