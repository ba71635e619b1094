//! What every namespace uses: options, typed values and their properties, conversions to JSON, errors, secrets, limits.

pub mod functions;
pub mod limits;
pub mod options;
pub(super) mod parsed;
pub mod raise;
pub mod secret;
pub mod show;
pub mod typed;
pub mod types;
pub mod value;
