//! The built program as users run it: commands, guards, files, networks, terminals, and what happens when things go wrong.

pub(super) mod adversity;
pub(super) mod allowed;
pub(super) mod completion;
pub(super) mod contexts;
pub(super) mod doctor;
pub(super) mod exit_codes;
pub(super) mod following;
pub(super) mod foreign;
pub(super) mod foreign_text;
pub(super) mod guards;
pub(super) mod journal;
pub(super) mod kubeconfig;
pub(super) mod limits;
pub(super) mod network;
pub(super) mod repl;
pub(super) mod secrecy;
pub(super) mod sharing;
pub(super) mod whole;
