//! What the language itself gets from mcpctl: `fail`, `exit`, and a `sleep` that Ctrl-C ends.

pub mod closures;
pub mod compare;
pub mod duration;
pub mod growth;
pub mod nesting;
pub(super) mod sort;
pub mod unknown_names;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};

use super::api::raise;
use super::api::raise::{Outcome, Raise};
use super::api::types;
use super::host;
use crate::error::{Error, Kind};
use crate::memory;
use crate::primitives::api::functions::{Optional, given};
use crate::secret::Secret;
use duration::DurationValue;

/// A script's wish to end with a code and a result; no `try` catches it.
#[derive(Debug, Clone)]
pub struct Exit(pub u8, pub Dynamic);

/// Replaces the language's own `exit(value)`, which ends a script with success whatever the value is.
pub fn replace(engine: &mut Engine) {
    engine.register_fn("exit", |context: NativeCallContext<'_>, value: Dynamic| -> raise::Outcome<Dynamic> {
        let error = Error::new(Kind::Script, format!("an exit code is an int, not {}", types::with_article(&value)))
            .hint("`fail(\"…\")` ends a script with an error, `exit(0, value)` with a result");
        Err(raise::at(error, context.call_position()))
    });
}

/// Functions without a namespace.
#[export_module(manifest)]
#[allow(clippy::unwrap_used, reason = "the macro unwraps arguments that it has checked")]
pub mod functions {
    /// Ends the script with an error, and a hint on what to do.
    ///
    /// # Parameters
    /// * `message` - what went wrong, lower case, without a full stop
    /// * `hint` - the next step
    ///
    /// # Errors
    /// * always: that is its purpose; `try` catches it
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { fail("no such room", "look at the plan") } catch (e) { seen = e.hint; }
    /// seen
    /// // => "look at the plan"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn fail(context: NativeCallContext, message: &str, hint: Optional<ImmutableString>) -> Outcome<Dynamic> {
        let error = Error::failed(message).stated();
        let error = given(&hint).into_iter().fold(error, Error::hint);
        Err(raise::at(error, context.call_position()))
    }

    /// Ends the script at once with an exit code and a result, which is printed as that of `main` is.
    ///
    /// # Parameters
    /// * `code` - 0 to 255
    /// * `result` - any value
    ///
    /// # Errors
    /// * the code is outside 0 to 255
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { exit(-1, []) } catch (e) { seen = e.message; }
    /// seen
    /// // => "exit codes go from 0 to 255, not -1"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn exit(context: NativeCallContext, code: i64, result: Optional<Dynamic>) -> Outcome<Dynamic> {
        match u8::try_from(code) {
            Ok(code) => {
                let exit = Dynamic::from(Exit(code, result));
                Err(Box::new(EvalAltResult::ErrorTerminated(exit, context.call_position())))
            }
            Err(_) => Err(raise::at(
                Error::new(Kind::Script, format!("exit codes go from 0 to 255, not {code}")),
                context.call_position(),
            )),
        }
    }

    /// A length of time, to be compared with ages and calculated with.
    ///
    /// Ages and arguments of kind `duration` are of the same type. An int beside a duration is seconds.
    ///
    /// # Parameters
    /// * `text` - as `90s`, `45m`, `2h30m` or `7d`; months, years and bare numbers are refused
    ///
    /// # Errors
    /// * the text is no duration
    ///
    /// # Example
    /// ```rhai
    /// duration("24h") > duration("36h") / 2
    /// // => true
    /// ```
    #[rhai_fn(name = "duration", return_raw)]
    pub fn duration(context: NativeCallContext, text: &str) -> Outcome<DurationValue> {
        DurationValue::parse(text).raise(&context)
    }

    /// The items of an array in the order of a key, of a comparison or of one of their properties; without one in their
    /// natural order: numbers by size, strings by their letters, arrays item by item.
    ///
    /// The array itself stays as it is; `list.sort()` changes it and gives `()`.
    ///
    /// # Parameters
    /// * `items` - an array
    /// * `by` - the name of a property, as `"age"`, or a closure: of one parameter, it gives the key of an item; of two,
    ///   it compares two items and gives an int
    ///
    /// # Errors
    /// * items or keys of different types, or without an order; an item without this property
    /// * the comparison contradicts itself or does not give an int
    ///
    /// # Example
    /// ```rhai
    /// [3, 1, 2].sorted()
    /// // => [1, 2, 3]
    /// ```
    /// ```rhai
    /// ["ccc", "a", "bb"].sorted(|text| text.len())
    /// // => ["a", "bb", "ccc"]
    /// ```
    /// ```rhai
    /// [#{ n: 2 }, #{ n: 1 }].sorted("n")
    /// // => [#{ n: 1 }, #{ n: 2 }]
    /// ```
    #[rhai_fn(name = "sorted", return_raw, pure)]
    pub fn sorted_by(context: NativeCallContext, items: &mut Array, by: FnPtr) -> Outcome<Array> {
        sort::by(&context, items, &by)
    }

    /// By a property.
    #[rhai_fn(name = "sorted", return_raw, pure)]
    pub fn sorted_by_property(context: NativeCallContext, items: &mut Array, by: &str) -> Outcome<Array> {
        sort::by_name(&context, items, by)
    }

    /// In the natural order.
    #[rhai_fn(name = "sorted", return_raw, pure)]
    pub fn sorted(context: NativeCallContext, items: &mut Array) -> Outcome<Array> {
        sort::natural(&context, items, false)
    }

    /// A string without the white space at its start and end.
    ///
    /// The string itself stays as it is; `text.trim()` changes it and gives `()`.
    ///
    /// # Parameters
    /// * `text` - a string
    ///
    /// # Example
    /// ```rhai
    /// "  a b ".trimmed()
    /// // => "a b"
    /// ```
    #[rhai_fn(name = "trimmed")]
    pub fn trimmed(text: &str) -> String {
        text.trim().to_owned()
    }

    /// Texts as one text, with something between them.
    ///
    /// # Parameters
    /// * `texts` - an array of texts; other values stand in it as `print` shows them
    /// * `between` - as `", "`
    ///
    /// # Example
    /// ```rhai
    /// ["a", "b", "c"].join(", ")
    /// // => "a, b, c"
    /// ```
    #[rhai_fn(name = "join", return_raw)]
    pub fn join(context: NativeCallContext, texts: Array, between: &str) -> Outcome<String> {
        memory::reserve(texts.len().saturating_mul(between.len())).raise(&context)?;
        let shown = |text: &Dynamic| match text.read_lock::<Secret>() {
            Some(secret) => host(&context).vault.keep(&secret),
            None => text.to_string(),
        };
        Ok(texts.iter().map(shown).collect::<Vec<_>>().join(between))
    }

    /// Waits. Ctrl-C ends it, and in a dry run it returns at once.
    ///
    /// # Parameters
    /// * `seconds` - how long
    ///
    /// # Errors
    /// * a negative number, or one that is too large
    ///
    /// # Example
    /// ```rhai
    /// sleep(0)
    /// // => ()
    /// ```
    #[rhai_fn(name = "sleep", return_raw)]
    pub fn sleep(context: NativeCallContext, seconds: i64) -> Outcome<()> {
        let seconds = u64::try_from(seconds)
            .map_err(|_| Error::new(Kind::Script, format!("cannot wait {seconds} seconds")))
            .raise(&context)?;
        host(&context).sleep(std::time::Duration::from_secs(seconds)).raise(&context)
    }

    /// By a float.
    #[rhai_fn(name = "sleep", return_raw)]
    pub fn sleep_float(context: NativeCallContext, seconds: f64) -> Outcome<()> {
        let duration = std::time::Duration::try_from_secs_f64(seconds)
            .map_err(|_| Error::new(Kind::Script, format!("cannot wait {seconds} seconds")))
            .raise(&context)?;
        host(&context).sleep(duration).raise(&context)
    }
}
