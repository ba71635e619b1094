//! The type `Duration`: the age of a pod, an argument like `24h`, `duration("24h")`.
//!
//! It compares and calculates with other durations and with ints, which are seconds. In JSON it is what was given: the
//! string of an argument, the seconds of an age.

use std::time::Duration;

use rhai::{Engine, ImmutableString, NativeCallContext};
use serde_json::Value;

use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::typed::{PropertyOf, Typed, property};

/// A length of time; less than none, where a longer one is taken from a shorter one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationValue {
    millis: i64,
    /// As it was written, if it was.
    text: Option<ImmutableString>,
}

impl DurationValue {
    /// Reads a duration such as `24h`.
    ///
    /// # Errors
    /// As [`duration::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        let millis = i64::try_from(duration::parse(text)?.as_millis()).unwrap_or(i64::MAX);
        Ok(Self { millis, text: Some(text.trim().into()) })
    }

    /// An age in seconds; more than fits is as good as for ever.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Self {
        Self { millis: i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000), text: None }
    }

    /// The seconds, without a part of one.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.millis / 1000
    }

    /// The seconds with their parts, for comparisons.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of 100 years fit")]
    pub fn as_float(&self) -> f64 {
        self.millis as f64 / 1000.0
    }

    /// The duration as the layers below take it.
    ///
    /// # Errors
    /// It is negative.
    pub fn to_std(&self) -> Result<Duration> {
        u64::try_from(self.millis)
            .map(Duration::from_millis)
            .map_err(|_| Error::new(Kind::Script, format!("the duration {self} is negative")))
    }

    /// What JSON gets: the string that was given, or the seconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.text {
            Some(text) => Value::from(text.as_str()),
            None if self.millis % 1000 == 0 => Value::from(self.seconds()),
            None => Value::from(self.as_float()),
        }
    }

    fn of(millis: Option<i64>) -> Result<Self> {
        let millis = millis.ok_or_else(|| Error::new(Kind::Script, "the duration is too long"))?;
        Ok(Self { millis, text: None })
    }
}

impl std::fmt::Display for DurationValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        let length = Duration::from_millis(self.millis.unsigned_abs());
        let short = duration::age(i64::try_from(length.as_secs()).unwrap_or(i64::MAX));
        // as kubectl writes an age, unless that is rounded
        let text =
            if duration::parse(&short).is_ok_and(|read| read == length) { short } else { duration::exact(length) };
        write!(f, "{}{text}", if self.millis < 0 { "-" } else { "" })
    }
}

impl Typed for DurationValue {
    const NAME: &'static str = "Duration";
    const PROPERTIES: &'static [PropertyOf<Self>] =
        &[property("seconds", "int", "how many seconds it has").get(|duration| duration.seconds().into())];
}

/// What a duration is calculated with: another one, or seconds.
trait Length {
    fn millis(&self) -> Option<i64>;
}

impl Length for DurationValue {
    fn millis(&self) -> Option<i64> {
        Some(self.millis)
    }
}

impl Length for i64 {
    fn millis(&self) -> Option<i64> {
        self.checked_mul(1000)
    }
}

/// Registers its operators and how it is written. The comparisons are those of `compare.rs`.
pub fn register(engine: &mut Engine) {
    let text = |value: &mut DurationValue| -> ImmutableString { value.to_string().into() };
    engine.register_fn("to_string", text);
    engine.register_fn("to_debug", text);
    sums::<DurationValue, DurationValue>(engine);
    sums::<DurationValue, i64>(engine);
    sums::<i64, DurationValue>(engine);
    let negative = |context: NativeCallContext<'_>, a: DurationValue| -> Outcome<DurationValue> {
        DurationValue::of(a.millis.checked_neg()).raise(&context)
    };
    engine.register_fn("-", negative);
    engine.register_fn("*", |context: NativeCallContext<'_>, a: DurationValue, b: i64| -> Outcome<DurationValue> {
        DurationValue::of(a.millis.checked_mul(b)).raise(&context)
    });
    engine.register_fn("*", |context: NativeCallContext<'_>, a: i64, b: DurationValue| -> Outcome<DurationValue> {
        DurationValue::of(b.millis.checked_mul(a)).raise(&context)
    });
    engine.register_fn("/", |context: NativeCallContext<'_>, a: DurationValue, b: i64| -> Outcome<DurationValue> {
        divisor(b == 0).and_then(|()| DurationValue::of(a.millis.checked_div(b))).raise(&context)
    });
    engine.register_fn("/", |context: NativeCallContext<'_>, a: DurationValue, b: DurationValue| -> Outcome<f64> {
        divisor(b.millis == 0).map(|()| a.as_float() / b.as_float()).raise(&context)
    });
    engine.register_fn("%", |context: NativeCallContext<'_>, a: DurationValue, b: i64| -> Outcome<DurationValue> {
        let by = b.millis().unwrap_or(i64::MAX);
        divisor(b == 0).and_then(|()| DurationValue::of(a.millis.checked_rem(by))).raise(&context)
    });
}

fn divisor(is_zero: bool) -> Result<()> {
    if is_zero { Err(Error::new(Kind::Script, "a duration cannot be divided by zero")) } else { Ok(()) }
}

/// `+` and `-` of two lengths.
fn sums<A: Length + rhai::Variant + Clone, B: Length + rhai::Variant + Clone>(engine: &mut Engine) {
    type Calculate = fn(i64, i64) -> Option<i64>;
    let operators: [(&str, Calculate); 2] = [("+", i64::checked_add), ("-", i64::checked_sub)];
    for (operator, calculate) in operators {
        engine.register_fn(operator, move |context: NativeCallContext<'_>, a: A, b: B| -> Outcome<DurationValue> {
            let result = a.millis().zip(b.millis()).and_then(|(a, b)| calculate(a, b));
            DurationValue::of(result).raise(&context)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_exactly() {
        for (seconds, text) in [
            (0, "0s"),
            (90, "90s"),
            (601, "10m1s"),
            (86_400, "24h"),
            (90_000, "25h"),
            (3 * 86_400, "3d"),
            (93_784, "1d2h3m4s"),
            (800 * 86_400, "800d"),
        ] {
            assert_eq!(DurationValue::from_seconds(seconds).to_string(), text, "{seconds}");
            assert_eq!(DurationValue::parse(text).unwrap().seconds().unsigned_abs(), seconds, "{text}");
        }
        assert_eq!(DurationValue { millis: -90_500, text: None }.to_string(), "-1m30s500ms");
        assert_eq!(DurationValue::parse(" 24h ").unwrap().to_string(), "24h");
    }

    #[test]
    fn json_has_the_string_that_was_given_or_the_seconds() {
        assert_eq!(DurationValue::parse("24h").unwrap().to_json(), Value::from("24h"));
        assert_eq!(DurationValue::from_seconds(90).to_json(), Value::from(90));
        assert_eq!(DurationValue { millis: 1500, text: None }.to_json(), Value::from(1.5));
    }
}
