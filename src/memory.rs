//! How much memory the process uses, and how much scripts may use: the allocator counts every byte.
//!
//! A script stops with an error at the [`limit`]. What one operation takes beyond it is bounded, too: past
//! [`FACTOR`] times the limit the allocator gives nothing more, and the process aborts.

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap::Cap;

use crate::error::{Error, Kind, Result};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// Unlimited until [`configure`] sets it, so that the library can be used in a larger process.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// The variable that sets the limit.
pub const VARIABLE: &str = "MCPCTL_MEMORY";
/// The default limit: 256 MiB. The values of 100,000 pods need 150 MiB.
pub const DEFAULT: usize = 256 * MIB;
/// How many times the limit the whole process may use.
pub const FACTOR: usize = 4;
/// The smallest limit that can be set; mcpctl itself uses a few MiB.
const SMALLEST: usize = 32 * MIB;
const MIB: usize = 1024 * 1024;

/// Sets the limit from the environment.
///
/// # Errors
/// The variable is not a valid size.
pub fn configure() -> Result<()> {
    let limit = match std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        Some(text) => parse(&text.to_string_lossy())?,
        None => DEFAULT,
    };
    LIMIT.store(limit, Ordering::Relaxed);
    // the process has hardly begun, and uses less than the smallest limit
    let _ = HEAP.set_limit(limit.saturating_mul(FACTOR));
    Ok(())
}

/// The bytes in use in the whole process.
#[must_use]
pub fn used() -> usize {
    HEAP.allocated()
}

/// How many bytes may be in use when a script's next operation begins.
#[must_use]
pub fn limit() -> usize {
    LIMIT.load(Ordering::Relaxed)
}

/// Fails once more than the limit is in use.
///
/// # Errors
/// [`Kind::Limit`].
pub fn check() -> Result<()> {
    reserve(0)
}

/// Fails if so many more bytes would exceed the limit.
///
/// # Errors
/// [`Kind::Limit`].
pub fn reserve(bytes: usize) -> Result<()> {
    if used().saturating_add(bytes) > limit() { Err(exceeded()) } else { Ok(()) }
}

/// The error of a script that reached the limit.
#[must_use]
pub fn exceeded() -> Error {
    Error::new(Kind::Limit, format!("the script needs more than {} MiB of memory", limit() / MIB))
        .hint(format!("keep fewer values at a time, or raise the limit: `{VARIABLE}=1GiB`"))
}

/// A size such as `512MiB` or `2GiB`.
fn parse(text: &str) -> Result<usize> {
    let wrong = |why: &str| {
        Error::usage(format!("`{text}` is not a valid size for `{VARIABLE}`: {why}"))
            .hint(format!("use a whole number and a unit: `{VARIABLE}=512MiB`"))
    };
    let units = [("MiB", MIB), ("GiB", 1024 * MIB)];
    let Some((number, unit)) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))) else {
        return Err(wrong("the unit is `MiB` or `GiB`"));
    };
    let size = number.trim().parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    match size {
        None => Err(wrong("the number is not a whole number")),
        Some(size) if size < SMALLEST => Err(wrong("the smallest is 32MiB")),
        Some(size) => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_whole_number_and_a_unit() {
        assert_eq!(parse("64MiB"), Ok(64 * MIB));
        assert_eq!(parse("2 GiB"), Ok(2048 * MIB));
        for wrong in ["", "64", "64MB", "1.5GiB", "-1GiB", "1MiB", "99999999999999999999GiB"] {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error.kind, Kind::Usage, "{wrong}");
            assert!(error.message.contains(&format!("`{wrong}`")), "{error}");
        }
    }

    #[test]
    fn the_allocator_counts() {
        let before = used();
        let block = vec![1_u8; 64 * MIB];
        assert!(used() >= before.saturating_add(32 * MIB), "{}", block.len());
    }
}
