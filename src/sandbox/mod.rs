//! What mcpctl adds to a simulated cluster (the crate `kube-sandbox`): the demo world, and worlds kept in files.

mod demo;
mod file;

pub use demo::{CATALOG as DEMO_CATALOG, demo};
pub use file::{import, load, read, save};

use crate::error::{Error, Kind};

impl From<kube_sandbox::Error> for Error {
    fn from(error: kube_sandbox::Error) -> Self {
        match error {
            kube_sandbox::Error::Unpullable { reference, reason } => {
                Self::new(Kind::NotFound, format!("cannot pull image `{reference}`"))
                    .cause(reason)
                    .object(format!("image/{reference}"))
            }
            kube_sandbox::Error::Server { action, reason } => Self::failed(action).cause(reason),
            other => Self::invalid(other.to_string()),
        }
    }
}
