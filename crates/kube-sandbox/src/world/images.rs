//! A store of images that is only a set of names: what is present, and pulls that succeed or fail.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Image references with this prefix cannot be pulled, to test how a program handles that failure.
pub const UNPULLABLE: &str = "missing/";

/// The image store of a sandbox.
#[derive(Debug, Default)]
pub struct Images(Mutex<BTreeSet<String>>);

impl Images {
    pub(crate) fn with(references: impl IntoIterator<Item = String>) -> Self {
        Self(Mutex::new(references.into_iter().map(|reference| tagged(&reference)).collect()))
    }

    /// Whether an image is present. `mcp/time` and `mcp/time:latest` are the same.
    #[must_use]
    pub fn present(&self, reference: &str) -> bool {
        self.lock().contains(&tagged(reference))
    }

    /// Adds an image.
    pub fn add(&self, reference: &str) {
        self.lock().insert(tagged(reference));
    }

    /// Pulls an image: it is present afterwards.
    ///
    /// # Errors
    /// [`Error::Unpullable`] for references that begin with [`UNPULLABLE`].
    pub fn pull(&self, reference: &str) -> Result<()> {
        self.obtain(reference).map_err(|reason| Error::Unpullable { reference: reference.to_owned(), reason })
    }

    /// The existing images, sorted, each with its tag or digest.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// Pulls an image if it is missing; the error has the words of a registry.
    pub(crate) fn obtain(&self, reference: &str) -> Result<(), String> {
        if reference.starts_with(UNPULLABLE) {
            return Err(format!(
                "pull access denied for {reference}, repository does not exist or may require authorization"
            ));
        }
        self.add(reference);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reference with `:latest` if it has neither tag nor digest.
fn tagged(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') || last.contains('@') { reference.to_owned() } else { format!("{reference}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_makes_an_image_present_and_some_cannot_be_pulled() {
        let images = Images::default();
        assert!(!images.present("mcp/time"));
        images.pull("mcp/time").unwrap();
        assert!(images.present("mcp/time:latest"));
        assert!(matches!(images.pull("missing/server"), Err(Error::Unpullable { .. })));
        assert_eq!(images.list(), ["mcp/time:latest"]);
    }
}
