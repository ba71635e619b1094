//! The cluster layer: its rules in the sandbox and on a real API server, and its manners against servers of the
//! test's own, which do what a real one does too seldom to be tested there.

mod adoption;
mod deletion;
mod dry_run;
mod limits;
mod listing;
mod marks;
mod network;
mod objects;
mod owners;
mod paging;
mod retries;
pub(crate) mod setup;
