//! `configmaps`: ConfigMaps that mcpctl keeps.

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, Map, NativeCallContext};

use crate::cluster::objects::ObjectKind;
use crate::primitives::api::raise::Raise;
use crate::primitives::{host, objects};

const KIND: ObjectKind = ObjectKind::ConfigMap;

/// The functions of `configmaps`.
#[export_module]
pub mod functions {
    /// One ConfigMap by its name in the current namespace.
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    ///
    /// # Errors
    /// * no such ConfigMap: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { configmaps::get("none") } catch (e) { seen = e.kind; }
    /// seen
    /// // => "not_found"
    /// ```
    #[rhai_fn(name = "get", return_raw)]
    pub fn get(context: NativeCallContext, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        get_with(context, name, Map::new())
    }

    /// One ConfigMap by its name.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    ///
    /// # Errors
    /// * no such ConfigMap: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { configmaps::get("none", #{ namespace: "mcp" }) } catch (e) { seen = e.message; }
    /// seen
    /// // => "no configmap `none` in namespace `mcp`"
    /// ```
    #[rhai_fn(name = "get", return_raw)]
    pub fn get_with(context: NativeCallContext, name: &str, options: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::get(&host(&context), KIND, "configmaps::get", name, &options).raise(&context)
    }

    /// Lists the ConfigMaps that mcpctl made, in the current namespace.
    ///
    /// # Effects
    /// * `cluster: list configmaps`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ KEY: "value" });
    /// configmaps::list().map(|object| object.name).contains("example")
    /// // => true
    /// ```
    #[rhai_fn(name = "list", return_raw)]
    pub fn list(context: NativeCallContext) -> Result<Array, Box<EvalAltResult>> {
        list_with(context, Map::new())
    }

    /// Lists the ConfigMaps that mcpctl made, as far as the options say.
    ///
    /// # Parameters
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where to look; `""` is the current namespace
    /// * `all_namespaces` - look everywhere
    /// * `selector` - a further label selector
    /// * `any` - also ConfigMaps that others made
    ///
    /// # Effects
    /// * `cluster: list configmaps`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    ///
    /// # Example
    /// ```rhai
    /// configmaps::list(#{ all_namespaces: true, any: true }).len() >= configmaps::list().len()
    /// // => true
    /// ```
    #[rhai_fn(name = "list", return_raw)]
    pub fn list_with(context: NativeCallContext, options: Map) -> Result<Array, Box<EvalAltResult>> {
        objects::list(&host(&context), KIND, "configmaps::list", &options).raise(&context)
    }

    /// Creates a ConfigMap, updates it, or leaves it alone, and says which: the second run with the same data
    /// writes nothing. Keys of other owners stay.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts; keys that this owner gave before and does not give now are removed
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    /// * `cluster: create configmaps`
    ///
    /// # Errors
    /// * a key that is not valid; more than 1 MiB; a key that another owner holds with another value: kind `conflict`
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ KEY: "value" });
    /// configmaps::apply("example", #{ KEY: "value" }).result
    /// // => "unchanged"
    /// ```
    #[rhai_fn(name = "apply", return_raw)]
    pub fn apply(context: NativeCallContext, name: &str, data: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        apply_with(context, name, data, Map::new())
    }

    /// Creates a ConfigMap, updates it, or leaves it alone, and says which.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where; `""` is the current namespace
    /// * `owner` - the field manager, `mcpctl:` and the script's name unless given
    /// * `keep` - `true`: keys that this owner gave before and does not give now stay; or an array of such keys
    /// * `absent` - keys that have no value on purpose: `keep` does not keep them, and a label says so
    /// * `prune` - `true`: ask before keys are removed; or an array of keys whose removal was agreed to already
    /// * `force_conflicts` - take over keys that others hold, after showing them and asking
    /// * `adopt` - make keys that `kubectl` or `cluster-tools` wrote this owner's own first, after showing them and asking
    /// * `labels` - labels beside those that every object of mcpctl has
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    /// * `cluster: create configmaps`
    /// * `prompt`
    ///
    /// # Errors
    /// * as without options; nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ A: "1" }, #{ owner: "team-a" });
    /// configmaps::apply("example", #{ A: "2" }, #{ owner: "team-b", force_conflicts: true }).changed
    /// // => ["A"]
    /// ```
    #[rhai_fn(name = "apply", return_raw)]
    pub fn apply_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::apply(&host(&context), KIND, "configmaps::apply", name, &data, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// Creates a ConfigMap that must not be there yet.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    /// * `cluster: create configmaps`
    ///
    /// # Errors
    /// * it exists already: kind `exists`
    ///
    /// # Example
    /// ```rhai
    /// configmaps::create("example", #{ KEY: "value" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(name = "create", return_raw)]
    pub fn create(context: NativeCallContext, name: &str, data: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        create_with(context, name, data, Map::new())
    }

    /// Creates a ConfigMap that must not be there yet.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where; `""` is the current namespace
    /// * `owner` - the field manager, `mcpctl:` and the script's name unless given
    /// * `labels` - labels beside those that every object of mcpctl has
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    /// * `cluster: create configmaps`
    ///
    /// # Errors
    /// * it exists already: kind `exists`
    ///
    /// # Example
    /// ```rhai
    /// configmaps::create("example", #{ KEY: "value" }, #{ namespace: "mcp" }).namespace
    /// // => "mcp"
    /// ```
    #[rhai_fn(name = "create", return_raw)]
    pub fn create_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::create(&host(&context), KIND, "configmaps::create", name, &data, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// What `apply` would do, by the names of the keys: a map of `result`, `added`, `changed`, `removed`,
    /// `conflicts`, `holders` (who holds these, by key), and `ownership_only` (who holds the keys would be written, but no
    /// value). Nothing is written.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    ///
    /// # Errors
    /// * as `apply`, but for conflicts, which are listed
    ///
    /// # Example
    /// ```rhai
    /// configmaps::diff("example", #{ KEY: "value" }).added
    /// // => ["KEY"]
    /// ```
    #[rhai_fn(name = "diff", return_raw)]
    pub fn diff(context: NativeCallContext, name: &str, data: Map) -> Result<Map, Box<EvalAltResult>> {
        diff_with(context, name, data, Map::new())
    }

    /// What `apply` with the same options would do, by the names of the keys.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts
    /// * `options` - those of `apply`
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    ///
    /// # Errors
    /// * as `apply`, but for conflicts, which are listed
    ///
    /// # Example
    /// ```rhai
    /// configmaps::diff("example", #{ KEY: "value" }, #{ namespace: "mcp" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(name = "diff", return_raw)]
    pub fn diff_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Map, Box<EvalAltResult>> {
        objects::diff(&host(&context), KIND, "configmaps::diff", name, &data, &options).raise(&context)
    }

    /// Sets one key of a ConfigMap that is there. All its other keys, and its labels, stay as they are.
    ///
    /// The key then belongs to `mcpctl-set`: an apply with another value for it is told of the conflict.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `key` - the key
    /// * `value` - a text
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    ///
    /// # Errors
    /// * no such ConfigMap: kind `not_found`; an empty value; one whose data can never change
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ A: "1", B: "2" });
    /// configmaps::set("example", "B", "3").changed
    /// // => ["B"]
    /// ```
    #[rhai_fn(name = "set", return_raw)]
    pub fn set(
        context: NativeCallContext,
        name: &str,
        key: &str,
        value: Dynamic,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        set_with(context, name, key, value, Map::new())
    }

    /// Sets one key of a ConfigMap that is there.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `key` - the key
    /// * `value` - a text
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: patch configmaps`
    ///
    /// # Errors
    /// * as without options
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ A: "1" }, #{ namespace: "mcp" });
    /// configmaps::set("example", "B", "2", #{ namespace: "mcp" }).added
    /// // => ["B"]
    /// ```
    #[rhai_fn(name = "set", return_raw)]
    pub fn set_with(
        context: NativeCallContext,
        name: &str,
        key: &str,
        value: Dynamic,
        options: Map,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::set(&host(&context), KIND, "configmaps::set", (name, key), &value, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// Deletes a ConfigMap after asking. One that is not there is no error: the result says `gone`.
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: delete configmaps`
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("example", #{ KEY: "value" });
    /// configmaps::delete("example").result
    /// // => "deleted"
    /// ```
    #[rhai_fn(name = "delete", return_raw)]
    pub fn delete(context: NativeCallContext, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        delete_with(context, name, Map::new())
    }

    /// Deletes a ConfigMap after asking.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: delete configmaps`
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// configmaps::delete("none", #{ namespace: "mcp" }).result
    /// // => "gone"
    /// ```
    /// ```rhai
    /// configmaps::apply("example", #{ KEY: "value" }, #{ namespace: "mcp" });
    /// configmaps::delete("example", #{ namespace: "mcp" }).result
    /// // => "deleted"
    /// ```
    #[rhai_fn(name = "delete", return_raw)]
    pub fn delete_with(context: NativeCallContext, name: &str, options: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::delete(&host(&context), KIND, "configmaps::delete", name, &options).map(Dynamic::from).raise(&context)
    }
}
