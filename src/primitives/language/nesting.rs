//! How deep values nest. Copying, comparing, printing and dropping a value use the stack for each level of it.

use std::collections::HashSet;

use rhai::{Array, Blob, Dynamic, FnPtr, ImmutableString, Map};

use crate::error::{Error, Kind, Result};
use crate::primitives::api::limits::NESTING;

/// Adds up the sizes of values and refuses those that nest too deeply.
#[derive(Debug, Default)]
pub struct Survey {
    /// About how many bytes the values take that were seen so far.
    pub bytes: usize,
    depth: usize,
    /// Captured values that were seen: several closures share them, and they may lead back to themselves.
    shared: HashSet<usize>,
}

impl Survey {
    /// Looks at a value and all that it contains.
    ///
    /// # Errors
    /// [`Kind::Limit`]: it nests too deeply.
    pub fn visit(&mut self, value: &Dynamic) -> Result<()> {
        self.bytes += size_of::<Dynamic>();
        if value.is_shared() && value.is_locked() {
            // the running method works on it
            return Ok(());
        }
        if let Some(array) = value.read_lock::<Array>() {
            return self.enter(value, std::ptr::from_ref(&*array).addr(), array.iter());
        }
        if let Some(map) = value.read_lock::<Map>() {
            return self.enter(value, std::ptr::from_ref(&*map).addr(), map.values());
        }
        if let Some(function) = value.read_lock::<FnPtr>() {
            return self.enter(value, std::ptr::from_ref(&*function).addr(), function.iter_curry());
        }
        self.bytes += match value.read_lock::<ImmutableString>() {
            Some(text) => text.len(),
            None => value.read_lock::<Blob>().map_or(0, |blob| blob.len()),
        };
        Ok(())
    }

    fn enter<'a>(
        &mut self,
        value: &Dynamic,
        address: usize,
        mut parts: impl Iterator<Item = &'a Dynamic>,
    ) -> Result<()> {
        if value.is_shared() && !self.shared.insert(address) {
            return Ok(());
        }
        if self.depth == NESTING {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = parts.try_for_each(|part| self.visit(part));
        self.depth -= 1;
        result
    }
}

/// The error for a value that nests too deeply.
pub(in crate::primitives) fn too_deep() -> Error {
    Error::new(Kind::Limit, format!("a value nests more than {NESTING} levels deep"))
        .hint("keep the parts in an array instead of one inside the other")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Dynamic {
        (0..levels).fold(Dynamic::UNIT, |inner, level| match level % 2 {
            0 => Dynamic::from(vec![1.into(), inner, 2.into()]),
            _ => Dynamic::from(Map::from([("a".into(), 1.into()), ("b".into(), inner)])),
        })
    }

    #[test]
    fn the_deepest_part_counts() {
        assert_eq!(Survey::default().visit(&nested(NESTING)), Ok(()));
        let error = Survey::default().visit(&nested(NESTING + 1)).unwrap_err();
        assert_eq!(error.kind, Kind::Limit);
        assert_eq!(error.message, format!("a value nests more than {NESTING} levels deep"));
    }

    #[test]
    fn strings_and_blobs_count_by_their_length() {
        let mut survey = Survey::default();
        let value = Dynamic::from(vec![Dynamic::from("x".repeat(1000)), Dynamic::from_blob(vec![0; 500]), 1.into()]);
        assert_eq!(survey.visit(&value), Ok(()));
        assert_eq!(survey.bytes, 1500 + 4 * size_of::<Dynamic>());
    }

    #[test]
    fn a_captured_value_that_leads_back_to_itself_is_seen_once() {
        let engine = rhai::Engine::new();
        let text = "let f = (); f = |n| if n < 2 { 1 } else { n * f.call(n - 1) }; [f, f]";
        let value = engine.eval::<Dynamic>(text).unwrap();
        let mut survey = Survey::default();
        assert_eq!(survey.visit(&value), Ok(()));
        assert!(survey.bytes < 200, "{}", survey.bytes);
    }
}
