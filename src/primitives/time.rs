//! `time`: now, spans, and how they are written.

use rhai::plugin::*;
use rhai::{EvalAltResult, NativeCallContext};

use super::api::raise::Raise;
use super::host;
use super::language::duration::DurationValue;
use crate::duration;
use crate::error::Error;

/// The functions of `time`.
#[export_module]
pub mod functions {
    /// Seconds since 1970 in UTC, by this machine's clock (in the sandbox by the sandbox's).
    ///
    /// # Example
    /// ```rhai
    /// time::now() > 1700000000
    /// // => true
    /// ```
    #[rhai_fn(name = "now", return_raw)]
    pub fn now(context: NativeCallContext) -> Result<i64, Box<EvalAltResult>> {
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
    pub fn seconds(context: NativeCallContext, text: &str) -> Result<i64, Box<EvalAltResult>> {
        let seconds = duration::parse(text).raise(&context)?.as_secs();
        i64::try_from(seconds).map_err(|_| Error::invalid(format!("`{text}` is too long"))).raise(&context)
    }

    /// The seconds of a duration.
    ///
    /// # Parameters
    /// * `duration` - as an argument of kind `duration`, or `duration("2h30m")`
    ///
    /// # Example
    /// ```rhai
    /// time::seconds(duration("2h30m"))
    /// // => 9000
    /// ```
    #[rhai_fn(name = "seconds")]
    pub fn seconds_of(duration: DurationValue) -> i64 {
        duration.seconds()
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

    /// A duration as people write an age: `45s`, `3m`, `3d14h`.
    ///
    /// # Parameters
    /// * `duration` - such as the age of a pod
    ///
    /// # Example
    /// ```rhai
    /// time::format(duration("200s"))
    /// // => "3m20s"
    /// ```
    #[rhai_fn(name = "format")]
    pub fn format_duration(duration: DurationValue) -> String {
        duration::age(duration.seconds())
    }

    /// Waits. Ctrl-C ends it, and in a dry run it returns at once.
    ///
    /// # Parameters
    /// * `duration` - such as an argument of kind `duration`
    ///
    /// # Errors
    /// * the duration is negative
    ///
    /// # Example
    /// ```rhai
    /// time::sleep(duration("1ms"))
    /// // => ()
    /// ```
    #[rhai_fn(name = "sleep", return_raw)]
    pub fn sleep_for(context: NativeCallContext, duration: DurationValue) -> Result<(), Box<EvalAltResult>> {
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
    pub fn sleep(context: NativeCallContext, duration: &str) -> Result<(), Box<EvalAltResult>> {
        let duration = crate::duration::parse(duration).raise(&context)?;
        host(&context).sleep(duration).raise(&context)
    }
}
