//! What functions give, where the type in their signature says less: an array of what, and which typed value.

/// The typed values that a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// One of this type.
    One(&'static str),
    /// An array of them.
    Many(&'static str),
}

/// Every function that gives typed values, by path.
pub const RESULTS: &[(&str, Gives)] = &[
    ("catalog::open", Gives::One("Catalog")),
    ("catalog::requirements", Gives::Many("Requirement")),
    ("catalog::server", Gives::One("Server")),
    ("catalog::servers", Gives::Many("Server")),
    ("cluster::apply", Gives::Many("Applied")),
    ("configmaps::apply", Gives::One("Applied")),
    ("configmaps::create", Gives::One("Applied")),
    ("configmaps::delete", Gives::One("ObjectDeletion")),
    ("configmaps::get", Gives::One("Object")),
    ("configmaps::list", Gives::Many("Object")),
    ("envfile::fill", Gives::Many("FileChange")),
    ("envfile::generate", Gives::Many("FileChange")),
    ("envfile::merge", Gives::One("FileChange")),
    ("envfile::missing", Gives::Many("MissingValue")),
    ("envfile::unfilled", Gives::Many("MissingValue")),
    ("envfile::write", Gives::One("FileChange")),
    ("gateway::verify", Gives::Many("Verification")),
    ("images::available", Gives::Many("ImageResult")),
    ("images::load", Gives::Many("ImageResult")),
    ("images::pull", Gives::Many("ImageResult")),
    ("images::strategy", Gives::One("ImageStrategy")),
    ("pods::delete", Gives::Many("Deletion")),
    ("pods::get", Gives::One("Pod")),
    ("pods::list", Gives::Many("Pod")),
    ("pods::outdated", Gives::Many("Pod")),
    ("pods::servers", Gives::Many("ServerStatus")),
    ("pods::sessions", Gives::Many("Session")),
    ("pods::wait", Gives::Many("Pod")),
    ("secrets::apply", Gives::One("Applied")),
    ("secrets::create", Gives::One("Applied")),
    ("secrets::delete", Gives::One("ObjectDeletion")),
    ("secrets::get", Gives::One("Object")),
    ("secrets::list", Gives::Many("Object")),
];

/// What a function gives.
#[must_use]
pub fn of(path: &str) -> Option<Gives> {
    RESULTS.iter().find(|(known, _)| *known == path).map(|(_, gives)| *gives)
}
