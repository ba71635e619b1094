//! The REPL on a terminal: what a person types, and what the screen then shows.

mod commands;
mod history;
mod lines;
mod typing;
