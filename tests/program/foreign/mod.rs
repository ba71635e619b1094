//! Files in foreign folders: what a stranger has put where mcpctl reads and writes.

mod leftovers;
mod modes;
mod planted;
mod reading;
mod sites;
mod written;
