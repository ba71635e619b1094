//! The functions for both kinds of objects, `configmaps` and `secrets`. In their documentation, `{kind}` and `{namespace}`
//! are filled in, and what stands in `{secrets: …}` is said of secrets only.

use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Dynamic, Map, NativeCallContext};

use crate::cluster::objects::{Applied, Object, ObjectDeletion, ObjectKind};
use crate::primitives::api::functions::{ArrayOf, Optional};
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::{host, objects};

/// The functions of `configmaps` and `secrets`.
#[export_module(manifest)]
pub mod functions {
    /// One {kind} by its name.{secrets:  Its values are of type `Secret`: they can be used, not seen.}
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Options
    /// * `namespace`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    ///
    /// # Errors
    /// * no such {kind}: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { {namespace}::get("none", #{ namespace: "mcp" }) } catch (e) { seen = e.kind; }
    /// seen
    /// // => "not_found"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn get(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        options: Optional<Map>,
    ) -> Outcome<Arc<Object>> {
        objects::get(&host(&context), kind, name, &options).raise(&context)
    }

    /// Lists the {kind}s that mcpctl made, as far as the options say.
    ///
    /// # Options
    /// * `namespace`, `all_namespaces`, `selector`
    /// * `any` - also {kind}s that others made
    ///
    /// # Effects
    /// * `cluster: list {namespace}`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::apply("example", #{ KEY: "value" });
    /// {namespace}::list().map(|object| object.name).contains("example")
    /// // => true
    /// ```
    /// ```rhai
    /// {namespace}::list(#{ all_namespaces: true, any: true }).len() >= {namespace}::list().len()
    /// // => true
    /// ```
    #[rhai_fn(return_raw)]
    pub fn list(context: NativeCallContext, kind: ObjectKind, options: Optional<Map>) -> Outcome<ArrayOf<Object>> {
        objects::list(&host(&context), kind, &options).raise(&context)
    }

    /// Creates a {kind}, updates it, or leaves it alone, and says which: the second run with the same data
    /// writes nothing. Keys of other owners stay.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts{secrets:  or secrets}; keys that this owner gave before and does not give now are removed
    ///
    /// # Options
    /// * `namespace`, `owner`
    /// * `keep` - `true`: keys that this owner gave before and does not give now stay; or an array of such keys
    /// * `absent` - keys that have no value on purpose: `keep` does not keep them, and a label says so
    /// * `prune` - `true`: ask before keys are removed; or an array of keys whose removal was agreed to already
    /// * `force_conflicts` - take over keys that others hold, after showing them and asking
    /// * `adopt` - make keys that `kubectl` or `cluster-tools` wrote this owner's own first, after showing them and asking
    /// * `labels`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    /// * `cluster: patch {namespace}`
    /// * `cluster: create {namespace}`
    /// * `prompt` - with `prune`, `force_conflicts` or `adopt`
    ///
    /// # Errors
    /// * a key that is not valid; more than 1 MiB; a key that another owner holds with another value: kind `conflict`
    /// {secrets: * a comparison that could be a guess, without the effect `secrets: reveal`}
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::apply("example", #{ KEY: "value" });
    /// {namespace}::apply("example", #{ KEY: "value" }).result
    /// // => "unchanged"
    /// ```
    /// ```rhai
    /// {namespace}::apply("example", #{ A: "1" }, #{ owner: "team-a" });
    /// {namespace}::apply("example", #{ A: "2" }, #{ owner: "team-b", force_conflicts: true }).changed
    /// // => ["A"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn apply(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        data: Map,
        options: Optional<Map>,
    ) -> Outcome<Arc<Applied>> {
        objects::apply(&host(&context), kind, name, &data, &options).raise(&context)
    }

    /// Creates a {kind} that must not be there yet.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts{secrets:  or secrets}
    ///
    /// # Options
    /// * `namespace`, `owner`, `labels`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    /// * `cluster: patch {namespace}`
    /// * `cluster: create {namespace}`
    ///
    /// # Errors
    /// * it exists already: kind `exists`
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::create("example", #{ KEY: "value" }).result
    /// // => "created"
    /// ```
    /// ```rhai
    /// {namespace}::create("example", #{ KEY: "value" }, #{ namespace: "mcp" }).namespace
    /// // => "mcp"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn create(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        data: Map,
        options: Optional<Map>,
    ) -> Outcome<Arc<Applied>> {
        objects::create(&host(&context), kind, name, &data, &options).raise(&context)
    }

    /// What `apply` would do, by the names of the keys: a map of `result`, `added`, `changed`, `removed`,
    /// `conflicts`, `holders` (who holds these, by key), and `ownership_only` (who holds the keys would be written, but no
    /// value). Nothing is written.
    ///
    /// {secrets: Values that the script may have chosen (its own strings, what it put together) are compared only with keys that it
    /// applies itself, and the number of values that differ is limited: otherwise it could guess a value. More than that
    /// needs the effect `secrets: reveal`. Values of env files, prompts and the command line do not.}
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts{secrets:  or secrets}
    /// * `options` - those of `{namespace}::apply`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    ///
    /// # Errors
    /// * as `apply`, but for conflicts, which are listed
    /// {secrets: * a comparison that could be a guess, without the effect `secrets: reveal`}
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::diff("example", #{ KEY: "value" }).added
    /// // => ["KEY"]
    /// ```
    /// ```rhai
    /// {namespace}::diff("example", #{ KEY: "value" }, #{ namespace: "mcp" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn diff(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        data: Map,
        options: Optional<Map>,
    ) -> Outcome<Map> {
        objects::diff(&host(&context), kind, name, &data, &options).raise(&context)
    }

    /// Sets one key of a {kind} that is there. All its other keys, and its labels, stay as they are.
    ///
    /// The key then belongs to `mcpctl-set`: an apply with another value for it is told of the conflict.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `key` - the key
    /// * `value` - text{secrets:  or a secret}
    ///
    /// # Options
    /// * `namespace`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    /// * `cluster: patch {namespace}`
    ///
    /// # Errors
    /// * no such {kind}: kind `not_found`; an empty value; one whose data can never change
    /// {secrets: * a comparison that could be a guess, without the effect `secrets: reveal`}
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::apply("example", #{ A: "1", B: "2" });
    /// {namespace}::set("example", "B", "3").changed
    /// // => ["B"]
    /// ```
    /// ```rhai
    /// {namespace}::apply("example", #{ A: "1" }, #{ namespace: "mcp" });
    /// {namespace}::set("example", "B", "2", #{ namespace: "mcp" }).added
    /// // => ["B"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn set(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        key: &str,
        value: Dynamic,
        options: Optional<Map>,
    ) -> Outcome<Arc<Applied>> {
        objects::set(&host(&context), kind, (name, key), &value, &options).raise(&context)
    }

    /// Deletes a {kind} after asking. One that is not there is no error: the result says `gone`.
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Options
    /// * `namespace`
    ///
    /// # Effects
    /// * `cluster: get {namespace}`
    /// * `cluster: delete {namespace}`
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// {namespace}::apply("example", #{ KEY: "value" });
    /// {namespace}::delete("example").result
    /// // => "deleted"
    /// ```
    /// ```rhai
    /// {namespace}::delete("none", #{ namespace: "mcp" }).result
    /// // => "gone"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn delete(
        context: NativeCallContext,
        kind: ObjectKind,
        name: &str,
        options: Optional<Map>,
    ) -> Outcome<ObjectDeletion> {
        objects::delete(&host(&context), kind, name, &options).raise(&context)
    }
}
