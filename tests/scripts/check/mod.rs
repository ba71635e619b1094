//! `mcpctl check`: a corpus of broken scripts with what is said of each, one of valid scripts of which nothing is
//! said, and the command itself.

mod before_run;
mod broken;
mod command;
mod methods;
mod slips;
mod valid;
