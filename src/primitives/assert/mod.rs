//! `assert`: what must hold, in tests and anywhere else. A failure shows both sides.

pub(super) mod closure;
pub(super) mod difference;

use rhai::plugin::*;
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};

use super::api::functions::{Optional, given};
use super::api::raise::{Outcome, Raise};
use super::host;
use difference::of_test;

/// The functions of `assert`.
#[export_module(manifest)]
pub mod functions {
    /// Two values must be equal. Typed values are compared as `-o json` shows them, so that a map can stand for a pod.
    ///
    /// # Parameters
    /// * `actual` - what there is
    /// * `expected` - what there should be
    /// * `about` - what is compared, for the failure
    ///
    /// # Errors
    /// * they differ: both are shown, of maps and arrays the places that differ
    /// * one of them holds a secret, which cannot be compared
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// assert::equal(1 + 1, 2);
    /// try { assert::equal("prod", "dev") } catch (e) { seen = e.details; }
    /// seen
    /// // => ["actual:   \"prod\"", "expected: \"dev\""]
    /// ```
    /// ```rhai
    /// let seen = ();
    /// try { assert::equal(2, 3, "pods of the session") } catch (e) { seen = e.message; }
    /// seen
    /// // => "not equal: pods of the session"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn equal(
        context: NativeCallContext,
        actual: Dynamic,
        expected: Dynamic,
        about: Optional<ImmutableString>,
    ) -> Outcome<()> {
        difference::equal(&actual, &expected, given(&about), of_test(&host(&context))).raise(&context)
    }

    /// Two values must differ.
    ///
    /// # Parameters
    /// * `actual` - what there is
    /// * `other` - what there should not be
    ///
    /// # Errors
    /// * they are equal; one of them holds a secret, which cannot be compared
    ///
    /// # Example
    /// ```rhai
    /// assert::not_equal("dev", "prod")
    /// // => ()
    /// ```
    #[rhai_fn(name = "not_equal", return_raw)]
    pub fn not_equal(context: NativeCallContext, actual: Dynamic, other: Dynamic) -> Outcome<()> {
        difference::not_equal(&actual, &other, of_test(&host(&context))).raise(&context)
    }

    /// A condition must hold.
    ///
    /// # Parameters
    /// * `condition` - true or false, nothing else
    /// * `about` - what should hold, for the failure
    ///
    /// # Errors
    /// * it is false, or neither true nor false
    ///
    /// # Example
    /// ```rhai
    /// assert::is_true(pods::list().len() > 3)
    /// // => ()
    /// ```
    /// ```rhai
    /// let seen = ();
    /// try { assert::is_true(1 > 2, "there is a pod") } catch (e) { seen = e.message; }
    /// seen
    /// // => "not true: there is a pod"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn is_true(context: NativeCallContext, condition: Dynamic, about: Optional<ImmutableString>) -> Outcome<()> {
        difference::truth(&condition, true, given(&about)).raise(&context)
    }

    /// A condition must not hold.
    ///
    /// # Parameters
    /// * `condition` - true or false, nothing else
    ///
    /// # Errors
    /// * it is true, or neither true nor false
    ///
    /// # Example
    /// ```rhai
    /// assert::is_false(fs::exists("no-such-file"))
    /// // => ()
    /// ```
    #[rhai_fn(name = "is_false", return_raw)]
    pub fn is_false(context: NativeCallContext, condition: Dynamic) -> Outcome<()> {
        difference::truth(&condition, false, None).raise(&context)
    }

    /// A text must hold another text, an array an item, a map a key.
    ///
    /// # Parameters
    /// * `whole` - the text, array or map
    /// * `part` - what must be in it
    ///
    /// # Errors
    /// * it is not in it: both are shown
    ///
    /// # Example
    /// ```rhai
    /// assert::contains("deleted 3 pods", "3 pods");
    /// assert::contains(["time", "fetch"], "time");
    /// assert::contains(#{ a: 1 }, "a")
    /// // => ()
    /// ```
    #[rhai_fn(name = "contains", return_raw)]
    pub fn contains(context: NativeCallContext, whole: Dynamic, part: Dynamic) -> Outcome<()> {
        difference::contains(&whole, &part, true, of_test(&host(&context))).raise(&context)
    }

    /// A text must not hold another text, an array not an item, a map not a key.
    ///
    /// # Parameters
    /// * `whole` - the text, array or map
    /// * `part` - what must not be in it
    ///
    /// # Errors
    /// * it is in it: both are shown
    ///
    /// # Example
    /// ```rhai
    /// assert::lacks("deleted 3 pods", "failed")
    /// // => ()
    /// ```
    #[rhai_fn(name = "lacks", return_raw)]
    pub fn lacks(context: NativeCallContext, whole: Dynamic, part: Dynamic) -> Outcome<()> {
        difference::contains(&whole, &part, false, of_test(&host(&context))).raise(&context)
    }

    /// A closure must end with an error. Gives it, as `catch` does, also one that no `try` catches: a refusal, or a
    /// confirmation that was answered with no.
    ///
    /// # Parameters
    /// * `closure` - takes no parameters
    /// * `text` - a part of the message that the error must have
    ///
    /// # Errors
    /// * it ends well, or with another error: both are shown
    ///
    /// # Example
    /// ```rhai
    /// assert::raises(|| time::seconds("soon")).kind
    /// // => "usage"
    /// ```
    /// ```rhai
    /// assert::raises(|| fail("no such room", "look at the plan"), "such room").hint
    /// // => "look at the plan"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn raises(context: NativeCallContext, closure: FnPtr, text: Optional<ImmutableString>) -> Outcome<Map> {
        closure::raises(&context, &closure, given(&text))
    }

    /// A closure must change nothing: no object, file or image, as far as this run knows; in a test also nothing that
    /// a script changed which the closure ran. Gives what the closure gave.
    ///
    /// # Parameters
    /// * `closure` - takes no parameters
    ///
    /// # Errors
    /// * something changed: each change is shown, before and after
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("flags", #{ beta: "on" });
    /// assert::unchanged(|| configmaps::apply("flags", #{ beta: "on" })).result
    /// // => "unchanged"
    /// ```
    #[rhai_fn(name = "unchanged", return_raw)]
    pub fn unchanged(context: NativeCallContext, closure: FnPtr) -> Outcome<Dynamic> {
        closure::unchanged(&context, &closure)
    }
}
