//! Env files: the dialect (`docs/env-files.md`), files that keep every byte a person typed, and the pair of
//! generated files of a base, `BASE-config.env` and `BASE-secret.env`.
//!
//! [`parse`] reads a file into an [`EnvFile`], which gives its text back byte for byte but for what was set;
//! [`generate`](generate::generate) makes or merges a file from what servers want; [`missing`](missing::missing)
//! lists what is not filled in.

pub mod base;
pub mod comment;
pub mod file;
pub mod generate;
pub mod missing;
pub mod pair;
pub mod parse;
pub mod quote;
pub mod section;
pub mod set_argument;
pub mod wanted;

pub use base::Base;
pub use file::{Entry, EnvFile, Warning};
pub use generate::{Generated, generate};
pub use missing::{Missing, missing};
pub use parse::parse;
pub use set_argument::{SetArgument, ValueSource};
pub use pair::{Given, Pair, Saved};
pub use wanted::{Role, Wanted, needs, wanted};

pub(crate) use super::keys::is_key_byte;

/// Whether a text can be a key of an env file: one or more of `[A-Za-z0-9._-]`.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_key_byte)
}
