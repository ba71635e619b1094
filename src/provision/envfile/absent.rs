//! `KEY=none:`: the owner declares that this value does not exist, such as one of two alternative tokens. The value is
//! then not missing, and neither object gets the key. Only `none:` without quotes has this meaning.

/// The marker for a value that its owner does not have.
pub const ABSENT: &str = "none:";

/// The text for such a key in reports.
pub const ABSENT_SHOWN: &str = "absent (chosen)";
