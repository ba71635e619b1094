//! What holds images: the engine of this machine, or a simulated one.

use futures::future::BoxFuture;

use super::Reference;
use crate::error::Result;

/// Told of the progress of one pull, in words like `3.1 of 12.0 MiB`.
pub type OnProgress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A place where images are. One error is that of one image, but for [`connect`](Self::connect).
pub trait ImageStore: Send + Sync {
    /// Finds the store, if it has to be found. Called once before anything else.
    fn connect(&self) -> BoxFuture<'_, Result<()>>;

    /// Whether an image is there.
    fn present<'a>(&'a self, image: &'a Reference) -> BoxFuture<'a, Result<bool>>;

    /// Gets an image from its registry.
    fn pull<'a>(&'a self, image: &'a Reference, progress: OnProgress<'a>) -> BoxFuture<'a, Result<()>>;
}
