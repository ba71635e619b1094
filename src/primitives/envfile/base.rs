//! `envfile`: the pair of a base, `BASE-config.env` and `BASE-secret.env`.

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::{given, pair, single};
use crate::primitives::api::functions::{ArrayOf, Optional};
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::{Outcome, Raise, wrong_type};
use crate::primitives::catalog::server::names;
use crate::primitives::host;
use crate::provision::envfile::Saved;
use crate::provision::envfile::{self, Base, Missing};

/// The functions of `envfile` for a base.
#[export_module(manifest)]
pub mod functions {
    /// The owner of what is made from a base's files: the field manager under which keys are applied.
    ///
    /// # Parameters
    /// * `base` - what the files' names begin with, as `prod` or `keys/prod`
    ///
    /// # Errors
    /// * a name that cannot begin a file's name
    ///
    /// # Example
    /// ```rhai
    /// envfile::owner("keys/prod")
    /// // => "mcpctl:prod"
    /// ```
    #[rhai_fn(name = "owner", return_raw)]
    pub fn owner(context: NativeCallContext, base: &str) -> Outcome<String> {
        Base::new(base).map(|base| base.manager()).raise(&context)
    }

    /// The servers of a base: those asked for, and those that its files record.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `base` - what the files' names begin with, as `prod` or `keys/prod`
    ///
    /// # Options
    /// * `prune` - those asked for alone, whatever the files record
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * a file of the base that cannot be read
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("time", "prod");
    /// envfile::servers("fetch", "prod")
    /// // => ["fetch", "time"]
    /// ```
    /// ```rhai
    /// envfile::generate("time", "prod");
    /// envfile::servers("redis,fetch,redis", "prod", #{ prune: true })
    /// // => ["fetch", "redis"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn servers(context: NativeCallContext, servers: Dynamic, base: &str, options: Optional<Map>) -> Outcome<Array> {
        let names = names(&servers).raise(&context)?;
        let prune = Options::new("envfile::servers", &options, &["prune"]).and_then(|options| options.flag("prune"));
        let pair = host(&context).env_files(base).raise(&context)?;
        Ok(pair.servers(&names, prune.raise(&context)?).into_iter().map(Dynamic::from).collect())
    }

    /// Makes the two env files of a base, or adds to them what servers need and they do not hold.
    ///
    /// Values, comments and keys that are there stay.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `base` - what the files' names begin with, as `prod` or `keys/prod`
    ///
    /// # Options
    /// * `prune` - drop the servers that the files record and `servers` does not name, with the keys that they
    ///   alone need, after showing the keys and asking
    /// * `beside` - what goes with these keys, as texts that the question shows, too
    /// * `examples` - fill in the catalog's example values where values are missing; only in the sandbox and in a dry
    ///   run, as they open nothing
    ///
    /// # Effects
    /// * `files: read`
    /// * `files: write`
    /// * `prompt` - with `prune`
    ///
    /// # Errors
    /// * no such server; a folder that does not exist
    /// * keys are to go, nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("grafana", "prod").map(|file| `${file.name} ${file.result} ${file.added}`)
    /// // => ["prod-config.env created [\"grafana.url\"]", "prod-secret.env created [\"grafana.api_key\"]"]
    /// ```
    /// ```rhai
    /// envfile::generate("grafana,time", "prod");
    /// envfile::generate("time", "prod", #{ prune: true }).map(|file| file.removed)
    /// // => [["grafana.url"], ["grafana.api_key"]]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn generate(
        context: NativeCallContext,
        servers: Dynamic,
        base: &str,
        options: Optional<Map>,
    ) -> Outcome<ArrayOf<Saved>> {
        let names = names(&servers).raise(&context)?;
        pair::generate(&host(&context), &names, base, &options).raise(&context)
    }

    /// The keys that `generate` with `prune` would take from the files: an array of maps with `file` and `key`.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers: those that stay
    /// * `base` - what the files' names begin with, as `prod` or `keys/prod`
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a file that cannot be read
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("grafana,time", "prod");
    /// envfile::pruned("time", "prod").map(|gone| `${gone.key} of ${gone.file}`)
    /// // => ["grafana.url of prod-config.env", "grafana.api_key of prod-secret.env"]
    /// ```
    #[rhai_fn(name = "pruned", return_raw)]
    pub fn pruned(context: NativeCallContext, servers: Dynamic, base: &str) -> Outcome<Array> {
        let names = names(&servers).raise(&context)?;
        let gone = pair::pruned(&host(&context), &names, base).raise(&context)?;
        let map = |(file, key): (String, String)| Map::from([("file".into(), file.into()), ("key".into(), key.into())]);
        Ok(gone.into_iter().map(map).map(Dynamic::from).collect())
    }

    /// The values of `--set` arguments as a map: `KEY=VALUE`, `KEY=@FILE`, `KEY=-` for standard input, or `KEY=none:`
    /// where the value is absent on purpose, which gives `()`.
    ///
    /// # Parameters
    /// * `servers` - the servers that want them
    /// * `base` - the base in whose files they may be, too
    /// * `arguments` - the texts
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * a secret given as text, which `ps` shows; a key that no server uses, with the nearest; a value that does not
    ///   fit
    ///
    /// # Example
    /// ```rhai
    /// envfile::given("grafana", "prod", ["grafana.url=http://g:3000"])
    /// // => #{"grafana.url": "http://g:3000"}
    /// ```
    #[rhai_fn(name = "given", return_raw)]
    pub fn given(context: NativeCallContext, servers: Dynamic, base: &str, arguments: Array) -> Outcome<Map> {
        let names = names(&servers).raise(&context)?;
        given::given(&host(&context), &names, base, &arguments).raise(&context)
    }

    /// The values that the environment has for what servers need, as a map: `GRAFANA_URL` for `grafana.url`.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Effects
    /// * `environment: read`
    /// * `files: read`
    ///
    /// # Errors
    /// * a variable that is not UTF-8
    ///
    /// # Example
    /// ```rhai
    /// envfile::environment("time")
    /// // => #{}
    /// ```
    #[rhai_fn(name = "environment", return_raw)]
    pub fn environment(context: NativeCallContext, servers: Dynamic) -> Outcome<Map> {
        let names = names(&servers).raise(&context)?;
        given::environment(&host(&context), &names).raise(&context)
    }

    /// What servers need and nobody has filled in: required values that are empty or not there, and placeholders.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `base` - the base whose files are looked at
    /// * `given` - values that stand above those of the files
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a file that cannot be read
    ///
    /// # Example
    /// ```rhai
    /// envfile::missing("grafana", "prod").map(|missing| missing.key)
    /// // => ["grafana.url", "grafana.api_key"]
    /// ```
    /// ```rhai
    /// envfile::missing("grafana", "prod", #{ "grafana.url": "http://g" }).map(|missing| missing.key)
    /// // => ["grafana.api_key"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn missing(
        context: NativeCallContext,
        servers: Dynamic,
        base: &str,
        given: Optional<Map>,
    ) -> Outcome<ArrayOf<Missing>> {
        let names = names(&servers).raise(&context)?;
        let missing = pair::missing(&host(&context), &names, base, &given).raise(&context)?;
        Ok(missing.into_iter().map(Dynamic::from).collect())
    }

    /// What is not filled in in one env file, whatever servers need: placeholders, and in a secret file empty values.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Options
    /// * `secret` - all that is missing is a secret, whatever the file's name says
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such file, or no env file
    ///
    /// # Example
    /// ```rhai
    /// fs::write("a-secret.env", "pin=\ntoken=<REPLACE_WITH_YOUR_SECRET>\n");
    /// envfile::unfilled("a-secret.env").map(|missing| missing.key)
    /// // => ["pin", "token"]
    /// ```
    /// ```rhai
    /// fs::write("own.env", "token=<REPLACE_WITH_YOUR_SECRET>\n");
    /// envfile::unfilled("own.env", #{ secret: true })[0].kind
    /// // => "secret"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn unfilled(context: NativeCallContext, path: &str, options: Optional<Map>) -> Outcome<ArrayOf<Missing>> {
        let missing = single::unfilled(&host(&context), path, &options).raise(&context)?;
        Ok(missing.into_iter().map(Dynamic::from).collect())
    }

    /// Ends the script with the list of missing values, exit code 4; does nothing if there are none.
    ///
    /// A dry run goes on, so that its plan is whole, and ends so.
    ///
    /// # Parameters
    /// * `missing` - what `envfile::missing` gave
    ///
    /// # Errors
    /// * kind `missing_values`: each with its key, file and line
    ///
    /// # Example
    /// ```rhai
    /// let seen = "";
    /// try { envfile::require(envfile::missing("grafana", "prod")) } catch (e) { seen = e.message; }
    /// seen
    /// // => "2 values are missing for `grafana`"
    /// ```
    #[rhai_fn(name = "require", return_raw)]
    pub fn require(context: NativeCallContext, missing: Array) -> Outcome<()> {
        let host = host(&context);
        let one = |value: Dynamic| {
            let kind = value.type_name();
            value.try_cast::<Missing>().ok_or_else(|| wrong_type("a missing value", "of type `MissingValue`", kind))
        };
        let missing = missing.into_iter().map(one).collect::<Result<Vec<_>, _>>().raise(&context)?;
        match envfile::missing::error(&missing) {
            Some(error) if host.settings.dry_run => host.recorder.defer_error(error),
            Some(error) => return Err(error).raise(&context),
            None => {}
        }
        Ok(())
    }

    /// Writes values into the env files of a base, each into the file that its key belongs to.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `base` - the base whose files are written
    /// * `values` - keys to texts or `Secret`s; `()` writes `none:`, where the value is absent on purpose
    ///
    /// # Effects
    /// * `files: read`
    /// * `files: write`
    ///
    /// # Errors
    /// * a key that no server uses, with the nearest; a value that does not fit: for a secret no `try` catches it
    /// * a secret for a key whose value is not secret
    /// * a comparison with a secret in the file that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("grafana", "prod");
    /// envfile::fill("grafana", "prod", #{ "grafana.url": "http://g" }).map(|file| file.changed)
    /// // => [["grafana.url"], []]
    /// ```
    #[rhai_fn(name = "fill", return_raw)]
    pub fn fill(context: NativeCallContext, servers: Dynamic, base: &str, values: Map) -> Outcome<ArrayOf<Saved>> {
        let names = names(&servers).raise(&context)?;
        pair::fill(&host(&context), &names, base, &values).raise(&context)
    }

    /// The values to provision with, from the files of a base: a map with `config`, `secrets` and `absent`, the keys that
    /// have no value on purpose.
    ///
    /// Placeholders and empty required values are none.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `base` - the base whose files are read
    /// * `given` - values that stand above those of the files
    ///
    /// # Effects
    /// * `environment: read`
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a file that cannot be read
    /// * a reference that does not resolve, with its place
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("redis", "prod");
    /// envfile::values("redis", "prod").config
    /// // => #{"redis.port": "6379", "redis.ssl": "false"}
    /// ```
    /// ```rhai
    /// envfile::values("grafana", "prod", #{ "grafana.url": "http://g" }).config
    /// // => #{"grafana.url": "http://g"}
    /// ```
    /// ```rhai
    /// fs::write("prod-secret.env", "redis.password=ref:env:NOT_SET");
    /// let seen = "";
    /// try { envfile::values("redis", "prod", #{ "redis.host": "db" }) } catch (e) { seen = e.message; }
    /// seen
    /// // => "no value for `redis.password`: its `env` reference does not resolve"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn values(context: NativeCallContext, servers: Dynamic, base: &str, given: Optional<Map>) -> Outcome<Map> {
        let names = names(&servers).raise(&context)?;
        pair::values(&context, &host(&context), &names, base, &given).raise(&context)
    }
}
