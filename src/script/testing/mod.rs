//! Tests of scripts: the `test_…` functions of `*_test.rhai`, each in a separate sandbox.

mod discover;
mod parallel;
mod single;
mod suite;

pub use discover::discover;
pub use parallel::run;
pub use single::{Outcome, Setting, host};
pub use suite::{Test, tests_of};
