//! How much a run prints: a script that prints without end is ended.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result};

/// The most pieces of output: a line, a table, a message.
const MOST_PIECES: usize = 500_000;
/// The most bytes.
const MOST_BYTES: usize = 256 << 20;

/// Counts what is printed.
#[derive(Debug, Default)]
pub(super) struct Volume {
    pieces: AtomicUsize,
    bytes: AtomicUsize,
}

impl Volume {
    /// Counts a piece.
    pub(super) fn add(&self, bytes: usize) {
        self.pieces.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Begins anew: the next line of a REPL session.
    pub(super) fn reset(&self) {
        self.pieces.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    /// Fails once too much was printed.
    ///
    /// # Errors
    /// [`Kind::Limit`].
    pub(super) fn check(&self) -> Result<()> {
        let printed = if self.pieces.load(Ordering::Relaxed) > MOST_PIECES {
            format!("more than {MOST_PIECES} times")
        } else if self.bytes.load(Ordering::Relaxed) > MOST_BYTES {
            format!("more than {} MiB", MOST_BYTES >> 20)
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::Limit, format!("the script prints {printed}"))
            .hint("does the loop end? write long results to a file with `fs::write`, or print them as one table"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_bytes_are_limited() {
        let volume = Volume::default();
        (0..MOST_PIECES).for_each(|_| volume.add(1));
        assert_eq!(volume.check(), Ok(()));
        volume.add(1);
        assert_eq!(volume.check().unwrap_err().message, "the script prints more than 500000 times");
        volume.reset();
        volume.add(MOST_BYTES);
        assert_eq!(volume.check(), Ok(()));
        volume.add(1);
        assert_eq!(volume.check().unwrap_err().message, "the script prints more than 256 MiB");
    }
}
