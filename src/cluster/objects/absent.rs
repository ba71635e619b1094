//! Labels that record which keys an object lacks on purpose, so that those who see the object alone do not miss them.

use std::collections::{BTreeMap, BTreeSet};

/// What the labels begin with.
const PREFIX: &str = "absent.mcpctl/";

/// The value of the labels.
pub const ABSENT: &str = "chosen";

/// The longest name that a label can have behind its prefix.
const LONGEST: usize = 63;

/// The label of a key that is absent on purpose; none for a key that no label can name.
#[must_use]
pub fn absent_label(key: &str) -> Option<String> {
    let is_end = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let fits = key.len() <= LONGEST && is_end(key.chars().next()) && is_end(key.chars().last());
    fits.then(|| format!("{PREFIX}{key}"))
}

/// The keys that an object with these labels lacks on purpose.
#[must_use]
pub fn absent_keys(labels: &BTreeMap<String, String>) -> BTreeSet<String> {
    labels.keys().filter_map(|label| label.strip_prefix(PREFIX)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_back_from_their_labels() {
        let keys = ["s.a", "a", "GRAFANA_URL", "s.api-key"];
        let labels = keys.iter().map(|key| (absent_label(key).unwrap(), ABSENT.to_owned())).collect();
        assert_eq!(absent_keys(&labels), keys.into_iter().map(str::to_owned).collect());
        let long = "a".repeat(64);
        for key in ["", ".a", "a_", &long] {
            assert_eq!(absent_label(key), None, "{key}");
        }
    }
}
