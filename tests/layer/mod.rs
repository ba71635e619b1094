//! The cluster layer against a server of the test's own: what a real one does too seldom to be tested there.

mod fake;
mod limits;
mod marks;
mod network;
mod paging;
mod retries;
