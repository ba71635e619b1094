//! What can be known to be wrong before the call.

use std::collections::BTreeMap;

use super::{ObjectKind, Value};
use crate::cluster::names;
use crate::error::{Error, Kind, Result};

/// The most bytes of data in one object; the API server's own limit.
const LIMIT: usize = 1024 * 1024;

/// Checks keys and values of a document.
///
/// # Errors
/// A key that cannot be; a secret value in a ConfigMap.
pub(super) fn check_data(kind: ObjectKind, name: &str, data: &BTreeMap<String, Value>) -> Result<()> {
    for (key, value) in data {
        names::check_key(key)?;
        if kind == ObjectKind::ConfigMap && matches!(value, Value::Secret(_)) {
            return Err(Error::invalid(format!("key `{key}` of configmap `{name}` holds a secret"))
                .cause("a ConfigMap is not a place for secrets")
                .hint("put it into a Secret"));
        }
    }
    Ok(())
}

/// Checks that an object with this data is not too large.
///
/// # Errors
/// It is, with its largest keys.
pub(super) fn check_size<'a>(
    kind: ObjectKind,
    name: &str,
    data: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<()> {
    let mut sizes: Vec<(usize, &String)> = data.into_iter().map(|(key, value)| (value.len(), key)).collect();
    let total: usize = sizes.iter().map(|(size, _)| size).sum();
    if total <= LIMIT {
        return Ok(());
    }
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    // of a Secret no script may catch it: together with text of a known length it would tell that of a value
    let error = if kind == ObjectKind::Secret { Kind::Refused } else { Kind::Invalid };
    let mut error = Error::new(error, format!("{} `{name}` would be too large: {total} bytes", kind.name()))
        .cause(format!("an object holds at most {LIMIT} bytes of data"));
    for (size, key) in sizes.iter().take(3) {
        error = error.detail(format!("key `{key}`: {size} bytes"));
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_value_does_not_get_into_a_configmap() {
        let data: BTreeMap<_, _> = [("a".to_owned(), Value::Secret(Secret::new("canary-a")))].into();
        let error = check_data(ObjectKind::ConfigMap, "x", &data).unwrap_err();
        assert!(!format!("{error:?}").contains("canary"));
        assert!(check_data(ObjectKind::Secret, "x", &data).is_ok());
        let data: BTreeMap<_, _> = [("a b".to_owned(), Value::Text(String::new()))].into();
        assert!(check_data(ObjectKind::Secret, "x", &data).is_err());
    }

    #[test]
    fn too_much_data_is_told_with_the_largest_keys() {
        let data: BTreeMap<_, _> =
            [("small".to_owned(), Value::Text("x".to_owned())), ("large".to_owned(), Value::Text("x".repeat(LIMIT)))]
                .into();
        let error = check_size(ObjectKind::Secret, "x", &data).unwrap_err();
        assert_eq!(error.details[0], "key `large`: 1048576 bytes");
        let fits: BTreeMap<_, _> = [("large".to_owned(), Value::Text("x".repeat(LIMIT)))].into();
        assert!(check_size(ObjectKind::Secret, "x", &fits).is_ok());
    }
}
