//! Env files: the dialect (`docs/env-files.md`), files that keep every byte of the user, and the pair of generated
//! files of a base, `BASE-config.env` and `BASE-secret.env`.
//!
//! [`parse()`] reads a file into an [`EnvFile`], which reproduces its text byte for byte except for set values;
//! [`generate`](generate::generate) creates a file, or merges into one, from the needs of servers;
//! [`missing`](missing::missing) lists missing values.

pub mod absent;
pub mod base;
pub mod comment;
mod continuation;
pub mod file;
pub mod generate;
pub mod missing;
pub mod pair;
pub mod parse;
pub mod placeholder;
pub mod quote;
pub mod reference;
pub mod section;
pub mod set_argument;
pub mod wanted;

pub use absent::{ABSENT, ABSENT_SHOWN};
pub use base::Base;
pub use file::{Entry, EnvFile, Warning};
pub use generate::{Generated, generate, mode_of};
pub use missing::{Missing, missing};
pub use pair::{Given, Pair, Saved};
pub use parse::parse;
pub use reference::Reference;
pub use set_argument::{SetArgument, ValueSource};
pub use wanted::{Role, WantedValue, needs};

pub(crate) use super::keys::is_key_byte;
