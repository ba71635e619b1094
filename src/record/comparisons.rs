//! Comparisons with secret values: whether a given value equals a stored one is an answer, and enough answers are the
//! value. So the answers that a script may get are limited.
//!
//! A value that came from the user as a whole can hardly be a guess. One that a script may have chosen
//! ([`Secret::is_of_script`]) is compared only with keys that the script applies itself, and a script that asks about
//! other keys, or asks too often, needs the effect `secrets: reveal`.

use std::collections::{HashMap, HashSet};

use super::{Effect, Recorder, lock};
use crate::error::{Kind, Result};
use crate::secret::Secret;

/// So many values that a script may have chosen can differ from stored ones in a run without `secrets: reveal`.
pub const MOST_OF_SCRIPT: usize = 10;

/// So many values that came from the user can differ from stored ones in a run without `secrets: reveal`.
pub const MOST_OF_USER: usize = 100;

/// What a run has compared.
#[derive(Default)]
pub(super) struct Comparisons {
    /// Keys that are new in this run, with values that the script may have chosen.
    written: HashSet<Slot>,
    /// Values that differed from the stored one.
    differing: HashMap<Slot, Vec<Secret>>,
    of_script: usize,
    of_user: usize,
}

/// An object or file, and the key in it.
type Slot = (String, String);

/// A stored value that a given one is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The object or file, unambiguously.
    pub place: &'a str,
    /// The key in it.
    pub key: &'a str,
    /// The stored bytes; `None` if the key does not exist.
    pub value: Option<&'a [u8]>,
    /// Whether the running script applies this key itself.
    pub is_own: bool,
}

impl Recorder {
    /// Allows a comparison whose result is visible to the script. To be called before the result is used.
    ///
    /// # Errors
    /// [`Kind::Refused`] if the comparison needs `secrets: reveal`, and `--allow` or `--deny` rules that out.
    pub fn compare(&self, given: &Secret, stored: Stored<'_>) -> Result<()> {
        let slot = (stored.place.to_owned(), stored.key.to_owned());
        let mut comparisons = lock(&self.comparisons);
        let is_own = stored.is_own || comparisons.written.contains(&slot);
        let Some(value) = stored.value else {
            if given.is_of_script() {
                comparisons.written.insert(slot);
            }
            return Ok(());
        };
        if given.is_of_script() && !is_own {
            drop(comparisons);
            return self
                .reveal("the script compares a value that it may have chosen with a key that it does not apply");
        }
        if value == given.expose().as_bytes() {
            return Ok(());
        }
        let known = comparisons.differing.entry(slot).or_default();
        if known.iter().any(|other| other.expose() == given.expose()) {
            return Ok(());
        }
        known.push(given.clone());
        let (count, most) = if given.is_of_script() {
            (&mut comparisons.of_script, MOST_OF_SCRIPT)
        } else {
            (&mut comparisons.of_user, MOST_OF_USER)
        };
        *count += 1;
        let is_too_often = *count > most;
        drop(comparisons);
        if is_too_often {
            return self.reveal(&format!("more than {most} values differ from stored secrets, as when one is guessed"));
        }
        Ok(())
    }

    /// Notes `secrets: reveal` for an answer about a secret.
    ///
    /// # Errors
    /// As [`effect`](Recorder::effect), with the reason.
    pub fn reveal(&self, reason: &str) -> Result<()> {
        self.effect(Effect::named("secrets: reveal")).map_err(|error| {
            error.detail(reason.to_owned()).hint("values of env files, prompts and the command line do not need it")
        })
    }

    /// An answer that depends on a secret: after one that was refused, there are no others, so that a script whose error
    /// got lost (in the comparison of a sort, say) cannot ask again.
    ///
    /// # Errors
    /// That of the answer, or the [`Kind::Refused`] of an earlier one.
    pub fn answer<T>(&self, answer: Result<T>) -> Result<T> {
        let mut refused = lock(&self.refused);
        if let Some(error) = &*refused {
            return Err(error.clone());
        }
        answer.inspect_err(|error| {
            if error.kind == Kind::Refused {
                *refused = Some(error.clone());
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allowed::Allowed;
    use crate::error::Error;

    fn recorder() -> Recorder {
        let mut allowed = Allowed::default();
        allowed.deny("secrets: *", "--deny").unwrap();
        Recorder::within(allowed)
    }

    fn stored(value: &str, is_own: bool) -> Stored<'_> {
        Stored { place: "secret/a/keys", key: "pin", value: Some(value.as_bytes()), is_own }
    }

    #[test]
    fn a_script_does_not_compare_its_values_with_keys_of_others() {
        for guess in ["4711", "4712"] {
            let recorder = recorder();
            let error = recorder.compare(&Secret::of_script(guess), stored("4711", false)).unwrap_err();
            assert_eq!(error.kind, Kind::Refused, "{guess}");
            assert!(recorder.compare(&Secret::of_script(guess), stored("4711", true)).is_ok(), "{guess}");
            assert!(recorder.compare(&Secret::new(guess), stored("4711", false)).is_ok(), "{guess}");
        }
        let free = Recorder::default();
        assert!(free.compare(&Secret::of_script("4711"), stored("4711", false)).is_ok());
        assert_eq!(free.effects().into_iter().next().unwrap().to_string(), "secrets: reveal");
    }

    #[test]
    fn a_script_may_compare_with_what_it_has_written() {
        let recorder = recorder();
        let given = Secret::of_script("canary-a");
        recorder.compare(&given, Stored { value: None, ..stored("", false) }).unwrap();
        recorder.compare(&given, stored("canary-a", false)).unwrap();
        recorder.compare(&Secret::of_script("canary-b"), stored("canary-a", false)).unwrap();
    }

    #[test]
    fn what_differs_is_counted_once_and_limited() {
        for (most, secret) in [
            (MOST_OF_SCRIPT, Secret::of_script as fn(String) -> Secret),
            (MOST_OF_USER, Secret::new as fn(String) -> Secret),
        ] {
            let recorder = recorder();
            for number in (0..most).flat_map(|number| [number, number]) {
                recorder.compare(&secret(number.to_string()), stored("4711", true)).unwrap();
            }
            recorder.compare(&secret("4711".to_owned()), stored("4711", true)).unwrap();
            recorder.compare(&secret("one more".to_owned()), stored("4711", true)).unwrap_err();
        }
    }

    #[test]
    fn after_a_refused_answer_there_are_no_others() {
        let recorder = Recorder::default();
        assert!(recorder.answer(Ok(1)).is_ok());
        assert!(recorder.answer::<()>(Err(Error::invalid("no matter"))).is_err());
        assert!(recorder.answer(Ok(1)).is_ok());
        assert!(recorder.answer::<()>(Err(Error::new(Kind::Refused, "it has no such member"))).is_err());
        assert_eq!(recorder.answer(Ok(1)).unwrap_err().message, "it has no such member");
        assert!(recorder.effect(Effect::named("files: read")).is_err());
        assert!(recorder.failure().is_some());
    }
}
