//! `secrets`: Secrets that mcpctl keeps.

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};
use serde_json::Value as Json;

use crate::cluster::objects::ObjectKind;
use crate::error::{Error, Result as Outcome};
use crate::host::Host;
use crate::primitives::api::raise::Raise;
use crate::primitives::envfile::references;
use crate::primitives::{host, objects};
use crate::secret::{Secret, Vault};

const KIND: ObjectKind = ObjectKind::Secret;

/// The functions of `secrets`.
#[export_module]
pub mod functions {
    /// One Secret by its name in the current namespace. Its values are of type `Secret`: they can be used, not seen.
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Effects
    /// * `cluster: get secrets`
    ///
    /// # Errors
    /// * no such Secret: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { secrets::get("none") } catch (e) { seen = e.kind; }
    /// seen
    /// // => "not_found"
    /// ```
    #[rhai_fn(name = "get", return_raw)]
    pub fn get(context: NativeCallContext, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        get_with(context, name, Map::new())
    }

    /// One Secret by its name. Its values are of type `Secret`: they can be used, not seen.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get secrets`
    ///
    /// # Errors
    /// * no such Secret: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { secrets::get("none", #{ namespace: "mcp" }) } catch (e) { seen = e.message; }
    /// seen
    /// // => "no secret `none` in namespace `mcp`"
    /// ```
    #[rhai_fn(name = "get", return_raw)]
    pub fn get_with(context: NativeCallContext, name: &str, options: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::get(&host(&context), KIND, "secrets::get", name, &options).raise(&context)
    }

    /// Lists the Secrets that mcpctl made, in the current namespace.
    ///
    /// # Effects
    /// * `cluster: list secrets`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ KEY: "value" });
    /// secrets::list().map(|object| object.name).contains("example")
    /// // => true
    /// ```
    #[rhai_fn(name = "list", return_raw)]
    pub fn list(context: NativeCallContext) -> Result<Array, Box<EvalAltResult>> {
        list_with(context, Map::new())
    }

    /// Lists the Secrets that mcpctl made, as far as the options say.
    ///
    /// # Parameters
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where to look; `""` is the current namespace
    /// * `all_namespaces` - look everywhere
    /// * `selector` - a further label selector
    /// * `any` - also Secrets that others made
    ///
    /// # Effects
    /// * `cluster: list secrets`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    ///
    /// # Example
    /// ```rhai
    /// secrets::list(#{ all_namespaces: true, any: true }).len() >= secrets::list().len()
    /// // => true
    /// ```
    #[rhai_fn(name = "list", return_raw)]
    pub fn list_with(context: NativeCallContext, options: Map) -> Result<Array, Box<EvalAltResult>> {
        objects::list(&host(&context), KIND, "secrets::list", &options).raise(&context)
    }

    /// Creates a Secret, updates it, or leaves it alone, and says which: the second run with the same data
    /// writes nothing. Keys of other owners stay.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts or secrets; keys that this owner gave before and does not give now are removed
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    /// * `cluster: create secrets`
    ///
    /// # Errors
    /// * a key that is not valid; more than 1 MiB; a key that another owner holds with another value: kind `conflict`
    /// * a comparison that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ KEY: "value" });
    /// secrets::apply("example", #{ KEY: "value" }).result
    /// // => "unchanged"
    /// ```
    #[rhai_fn(name = "apply", return_raw)]
    pub fn apply(context: NativeCallContext, name: &str, data: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        apply_with(context, name, data, Map::new())
    }

    /// Creates a Secret, updates it, or leaves it alone, and says which.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts or secrets
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
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    /// * `cluster: create secrets`
    /// * `prompt`
    ///
    /// # Errors
    /// * as without options; nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ A: "1" }, #{ owner: "team-a" });
    /// secrets::apply("example", #{ A: "2" }, #{ owner: "team-b", force_conflicts: true }).changed
    /// // => ["A"]
    /// ```
    #[rhai_fn(name = "apply", return_raw)]
    pub fn apply_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::apply(&host(&context), KIND, "secrets::apply", name, &data, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// Creates a Secret that must not be there yet.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts or secrets
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    /// * `cluster: create secrets`
    ///
    /// # Errors
    /// * it exists already: kind `exists`
    ///
    /// # Example
    /// ```rhai
    /// secrets::create("example", #{ KEY: "value" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(name = "create", return_raw)]
    pub fn create(context: NativeCallContext, name: &str, data: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        create_with(context, name, data, Map::new())
    }

    /// Creates a Secret that must not be there yet.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts or secrets
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where; `""` is the current namespace
    /// * `owner` - the field manager, `mcpctl:` and the script's name unless given
    /// * `labels` - labels beside those that every object of mcpctl has
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    /// * `cluster: create secrets`
    ///
    /// # Errors
    /// * it exists already: kind `exists`
    ///
    /// # Example
    /// ```rhai
    /// secrets::create("example", #{ KEY: "value" }, #{ namespace: "mcp" }).namespace
    /// // => "mcp"
    /// ```
    #[rhai_fn(name = "create", return_raw)]
    pub fn create_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::create(&host(&context), KIND, "secrets::create", name, &data, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// What `apply` would do, by the names of the keys: a map of `result`, `added`, `changed`, `removed`,
    /// `conflicts`, `holders` (who holds these, by key), and `ownership_only` (who holds the keys would be written, but no
    /// value). Nothing is written.
    ///
    /// Values that the script may have chosen (its own strings, what it put together) are compared only with keys that it
    /// applies itself, and the number of values that differ is limited: otherwise it could guess a value. More than that
    /// needs the effect `secrets: reveal`. Values of env files, prompts and the command line do not.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys and texts or secrets
    ///
    /// # Effects
    /// * `cluster: get secrets`
    ///
    /// # Errors
    /// * as `apply`, but for conflicts, which are listed
    /// * a comparison that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// secrets::diff("example", #{ KEY: "value" }).added
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
    /// * `data` - keys and texts or secrets
    /// * `options` - those of `apply`
    ///
    /// # Effects
    /// * `cluster: get secrets`
    ///
    /// # Errors
    /// * as `apply`, but for conflicts, which are listed
    ///
    /// # Example
    /// ```rhai
    /// secrets::diff("example", #{ KEY: "value" }, #{ namespace: "mcp" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(name = "diff", return_raw)]
    pub fn diff_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<Map, Box<EvalAltResult>> {
        objects::diff(&host(&context), KIND, "secrets::diff", name, &data, &options).raise(&context)
    }

    /// Sets one key of a Secret that is there. All its other keys, and its labels, stay as they are.
    ///
    /// The key then belongs to `mcpctl-set`: an apply with another value for it is told of the conflict.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `key` - the key
    /// * `value` - text or a secret
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    ///
    /// # Errors
    /// * no such Secret: kind `not_found`; an empty value; one whose data can never change
    /// * a comparison that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ A: "1", B: "2" });
    /// secrets::set("example", "B", "3").changed
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

    /// Sets one key of a Secret that is there.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `key` - the key
    /// * `value` - text or a secret
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: patch secrets`
    ///
    /// # Errors
    /// * as without options
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ A: "1" }, #{ namespace: "mcp" });
    /// secrets::set("example", "B", "2", #{ namespace: "mcp" }).added
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
        objects::set(&host(&context), KIND, "secrets::set", (name, key), &value, &options)
            .map(Dynamic::from)
            .raise(&context)
    }

    /// Deletes a Secret after asking. One that is not there is no error: the result says `gone`.
    ///
    /// # Parameters
    /// * `name` - its name
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: delete secrets`
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("example", #{ KEY: "value" });
    /// secrets::delete("example").result
    /// // => "deleted"
    /// ```
    #[rhai_fn(name = "delete", return_raw)]
    pub fn delete(context: NativeCallContext, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        delete_with(context, name, Map::new())
    }

    /// Deletes a Secret after asking.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - where it is; `""` is the current namespace
    ///
    /// # Effects
    /// * `cluster: get secrets`
    /// * `cluster: delete secrets`
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// secrets::delete("none", #{ namespace: "mcp" }).result
    /// // => "gone"
    /// ```
    /// ```rhai
    /// secrets::apply("example", #{ KEY: "value" }, #{ namespace: "mcp" });
    /// secrets::delete("example", #{ namespace: "mcp" }).result
    /// // => "deleted"
    /// ```
    #[rhai_fn(name = "delete", return_raw)]
    pub fn delete_with(context: NativeCallContext, name: &str, options: Map) -> Result<Dynamic, Box<EvalAltResult>> {
        objects::delete(&host(&context), KIND, "secrets::delete", name, &options).map(Dynamic::from).raise(&context)
    }

    /// Registers what resolves the references of a scheme in env files: `KEY=ref:vault:kv/grafana#key`.
    ///
    /// The function gets what stands behind the scheme (`kv/grafana#key`) and gives the value, a text or a `Secret`.
    /// It holds for the rest of the run. What is registered in `resolvers.rhai` of a folder of `$MCPCTL_PATH`, or of
    /// `~/.config/mcpctl/scripts`, holds for every run, the shipped scripts included.
    ///
    /// # Parameters
    /// * `scheme` - small letters, digits, `.`, `+` and `-`; `env` and `file` are mcpctl's own
    /// * `function` - from path to value; an error that it throws is the reference's
    ///
    /// # Errors
    /// * a scheme that cannot be, or is mcpctl's own
    ///
    /// # Example
    /// ```rhai
    /// secrets::resolver("shelf", |path| "canary-" + path);
    /// fs::write("a-secret.env", "token=ref:shelf:book");
    /// envfile::read("a-secret.env").token.is_empty
    /// // => false
    /// ```
    #[rhai_fn(name = "resolver", return_raw)]
    pub fn resolver(context: NativeCallContext, scheme: &str, function: FnPtr) -> Result<(), Box<EvalAltResult>> {
        references::register(&context, &host(&context), scheme, function).raise(&context)
    }

    /// What an argument of a command line means, as a secret: `@FILE` is the file's text, `-` is standard input,
    /// and anything else is itself, with a warning that `ps` shows it.
    ///
    /// # Parameters
    /// * `argument` - as it was given
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * the file or standard input cannot be read as text
    ///
    /// # Example
    /// ```rhai
    /// fs::write("token.txt", "canary-token");
    /// type_of(secrets::input("@token.txt"))
    /// // => "Secret"
    /// ```
    #[rhai_fn(name = "input", return_raw)]
    pub fn input(context: NativeCallContext, argument: &str) -> Result<Secret, Box<EvalAltResult>> {
        let host = host(&context);
        let secret = given(&host, argument).raise(&context)?.single_value();
        host.vault.keep(&secret);
        Ok(secret)
    }

    /// The data of a Secret from JSON that a command was given as an argument: one object whose values are strings.
    ///
    /// Its keys can be listed, unlike those of what `json::parse` gives of a secret, as they come from the user.
    ///
    /// # Parameters
    /// * `argument` - as for `secrets::input`: `@FILE`, `-` for standard input, or the JSON itself, with a warning
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * the file or standard input cannot be read as text
    /// * it is something else than one JSON object of strings: the key, what is expected and where, never a value
    ///
    /// # Example
    /// ```rhai
    /// fs::write("keys.json", `{"token": "canary-token"}`);
    /// secrets::read_json("@keys.json")
    /// // => #{"token": "***"}
    /// ```
    #[rhai_fn(name = "read_json", return_raw)]
    pub fn read_json(context: NativeCallContext, argument: &str) -> Result<Map, Box<EvalAltResult>> {
        let host = host(&context);
        let values = given(&host, argument).and_then(|json| strings(&json, argument)).raise(&context)?;
        Ok(values.into_iter().map(|(key, value)| (key.into(), Dynamic::from(host.hide(value)))).collect())
    }
}

/// What an argument of a command line means, as a secret.
fn given(host: &Host, argument: &str) -> Outcome<Secret> {
    Vault::refuse(argument, "an argument")?;
    if argument != "-" && !argument.starts_with('@') {
        host.printer.warn("a secret on the command line is visible in `ps`: give `@FILE`, or `-` for standard input");
    }
    host.read_secret_argument(argument)
}

/// The strings of a JSON object by key.
fn strings(json: &Secret, argument: &str) -> Outcome<Vec<(String, Secret)>> {
    let place = match argument.strip_prefix('@') {
        Some(path) => path,
        None if argument == "-" => "standard input",
        None => "the argument",
    };
    let values = match crate::primitives::json::read(json.expose())? {
        Json::Object(values) => values,
        other => {
            return Err(Error::invalid(format!("the JSON in {place} must be one object, not {}", called(&other)))
                .hint("as `{\"KEY\": \"value\"}`"));
        }
    };
    let secret = |(key, value)| match value {
        Json::String(text) if json.is_of_script() => Ok((key, Secret::of_script(text))),
        Json::String(text) => Ok((key, Secret::new(text))),
        other => {
            Err(Error::invalid(format!("the value of key `{key}` in {place} must be text, not {}", called(&other)))
                .hint("write it in quotes, as `\"KEY\": \"value\"`"))
        }
    };
    values.into_iter().map(secret).collect()
}

/// What JSON calls a value.
fn called(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
