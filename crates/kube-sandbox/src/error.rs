//! The errors of this crate. Failures of API requests are not among them: the client gets those as `kube::Error`.

use std::fmt;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation of the sandbox failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An object of this kind cannot be stored.
    UnknownKind(String),
    /// An object has no `metadata.name`.
    MissingName,
    /// An image cannot be pulled.
    Unpullable {
        /// The image.
        reference: String,
        /// The reason as a registry reports it.
        reason: String,
    },
    /// The server cannot start: what failed and why.
    Server {
        /// What failed.
        action: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "the sandbox has no objects of kind `{kind}`"),
            Self::MissingName => write!(f, "an object of the sandbox needs a name"),
            Self::Unpullable { reference, reason } => write!(f, "cannot pull image `{reference}`: {reason}"),
            Self::Server { action, reason } => write!(f, "{action}: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
