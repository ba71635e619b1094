//! `time`: now, spans, and how they are written.

use rhai::NativeCallContext;
use rhai::plugin::*;

use super::api::raise::{Outcome, Raise};
use super::host;
use super::language::duration::DurationValue;
use crate::duration;
use crate::error::Error;

/// The functions of `time`.
#[export_module(manifest)]
pub mod functions {
    /// Seconds since 1970 in UTC, by this machine's clock (in the sandbox by the sandbox's).
    ///
    /// # Example
    /// ```rhai
    /// time::now() > 1700000000
    /// // => true
    /// ```
    #[rhai_fn(name = "now", return_raw)]
    pub fn now(context: NativeCallContext) -> Outcome<i64> {
        host(&context).now().map(jiff::Timestamp::as_second).raise(&context)
    }

    /// The seconds of a duration written as text.
    ///
    /// # Parameters
    /// * `text` - as `90s`, `45m`, `2h30m` or `7d`; months, years and bare numbers are refused
    ///
    /// # Errors
    /// * the text is no duration
    ///
    /// # Example
    /// ```rhai
    /// time::seconds("2h30m")
    /// // => 9000
    /// ```
    #[rhai_fn(name = "seconds", return_raw)]
    pub fn seconds(context: NativeCallContext, text: &str) -> Outcome<i64> {
        let seconds = duration::parse(text).raise(&context)?.as_secs();
        i64::try_from(seconds).map_err(|_| Error::invalid(format!("`{text}` is too long"))).raise(&context)
    }

    /// Of a `Duration`.
    #[rhai_fn(name = "seconds")]
    pub fn seconds_of(text: DurationValue) -> i64 {
        text.seconds()
    }

    /// Seconds as people write an age: `45s`, `3m`, `3d14h`.
    ///
    /// # Parameters
    /// * `seconds` - how long
    ///
    /// # Example
    /// ```rhai
    /// time::format(200)
    /// // => "3m20s"
    /// ```
    #[rhai_fn(name = "format")]
    pub fn format(seconds: i64) -> String {
        duration::age(seconds)
    }

    /// Of a `Duration`.
    #[rhai_fn(name = "format")]
    pub fn format_duration(seconds: DurationValue) -> String {
        duration::age(seconds.seconds())
    }

    /// By a `Duration`.
    #[rhai_fn(name = "sleep", return_raw)]
    pub fn sleep_for(context: NativeCallContext, duration: DurationValue) -> Outcome<()> {
        let duration = duration.to_std().raise(&context)?;
        host(&context).sleep(duration).raise(&context)
    }

    /// Waits. Ctrl-C ends it, and in a dry run it returns at once.
    ///
    /// # Parameters
    /// * `duration` - as `500ms` or `2m`
    ///
    /// # Errors
    /// * the text is no duration
    ///
    /// # Example
    /// ```rhai
    /// time::sleep("1ms")
    /// // => ()
    /// ```
    #[rhai_fn(name = "sleep", return_raw)]
    pub fn sleep(context: NativeCallContext, duration: &str) -> Outcome<()> {
        let duration = crate::duration::parse(duration).raise(&context)?;
        host(&context).sleep(duration).raise(&context)
    }
}
