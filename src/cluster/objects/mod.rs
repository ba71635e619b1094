//! ConfigMaps and Secrets by server-side apply.

/// Which of the two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// A live object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {}
