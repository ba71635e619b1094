//! The `mcpctl` program: parse, run, print the error, exit with its code.

fn main() {}
