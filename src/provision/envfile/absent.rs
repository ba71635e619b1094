//! `KEY=none:`: the owner does not have this value and says so, as of two tokens of which one is enough. The value is then
//! not missing, and neither object gets the key. Only `none:` without quotes means it.

/// The marker for a value that its owner does not have.
pub const ABSENT: &str = "none:";

/// How reports show such a key.
pub const ABSENT_SHOWN: &str = "absent (chosen)";
