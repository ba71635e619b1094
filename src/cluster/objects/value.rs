//! One value of a ConfigMap or Secret.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::record::{Recorder, Stored};
use crate::secret::{MASK, Secret};

/// One value of a ConfigMap or Secret. Values are equal if their bytes are.
#[derive(Clone)]
pub enum Value {
    /// Text that anybody may see.
    Text(String),
    /// Text that is never shown.
    Secret(Secret),
    /// What is no text, never shown either. Only read, and sent again as it was.
    Bytes(Arc<Zeroizing<Vec<u8>>>),
}

impl Value {
    /// A value of a Secret, from its bytes.
    pub(super) fn hidden(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            // a script may have written it, in this run or an earlier one
            Ok(text) => Self::Secret(Secret::of_script(text)),
            Err(error) => Self::Bytes(Arc::new(Zeroizing::new(error.into_bytes()))),
        }
    }

    /// The bytes themselves: for the object's document alone.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Secret(secret) => secret.expose().as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Whether it is a secret that a script may have chosen.
    pub(super) fn is_of_script(&self) -> bool {
        matches!(self, Self::Secret(secret) if secret.is_of_script())
    }

    /// Allows the comparison with the live value of a key, in a namespace and an object of this name. What is not a
    /// secret can be compared freely.
    ///
    /// # Errors
    /// As [`Recorder::compare`].
    pub(super) fn compare(
        &self,
        recorder: &Recorder,
        (namespace, name, key): (&str, &str, &str),
        live: Option<&Self>,
        is_own: bool,
    ) -> Result<()> {
        let Self::Secret(secret) = self else { return Ok(()) };
        let place = format!("secret/{namespace}/{name}");
        recorder.compare(secret, Stored { place: &place, key, value: live.map(Self::bytes), is_own })
    }

    /// How long it is, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => fmt::Debug::fmt(text, f),
            Self::Secret(_) | Self::Bytes(_) => f.write_str(MASK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_by_bytes_and_hidden_ones_are_not_shown() {
        let secret = Value::hidden(b"canary-a".to_vec());
        assert_eq!(secret, Value::Text("canary-a".to_owned()));
        let bytes = Value::hidden(vec![0xff, b'c']);
        assert!(matches!(bytes, Value::Bytes(_)));
        assert_eq!(format!("{secret:?} {bytes:?} {:?}", Value::Text("x".to_owned())), "*** *** \"x\"");
        assert_eq!((bytes.len(), bytes.is_empty()), (2, false));
    }
}
