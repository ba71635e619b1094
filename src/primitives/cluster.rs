//! `cluster`: where the run works and what it may do there.

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise};
use super::{host, objects};
use crate::cluster::objects::Applied;
use crate::cluster::{access, namespaces};
use crate::error::{Kind, Result};
use crate::primitives::api::functions::{ArrayOf, Optional};

/// The functions of `cluster`.
#[export_module(manifest)]
pub mod functions {
    /// The context's name; `sandbox` in the sandbox. No request is made.
    ///
    /// # Example
    /// ```rhai
    /// cluster::context()
    /// // => "sandbox"
    /// ```
    #[rhai_fn(name = "context", return_raw)]
    pub fn context_name(call: NativeCallContext) -> Outcome<String> {
        host(&call).cluster().map(|cluster| cluster.context().to_owned()).raise(&call)
    }

    /// The API server's URL. No request is made.
    ///
    /// # Example
    /// ```rhai
    /// cluster::server()
    /// // => "in memory"
    /// ```
    #[rhai_fn(name = "server", return_raw)]
    pub fn server(context: NativeCallContext) -> Outcome<String> {
        host(&context).cluster().map(|cluster| cluster.server().to_owned()).raise(&context)
    }

    /// The current namespace: `-n`, else the context's, else `default`. No request is made.
    ///
    /// # Example
    /// ```rhai
    /// cluster::namespace()
    /// // => "default"
    /// ```
    #[rhai_fn(name = "namespace", return_raw)]
    pub fn namespace(context: NativeCallContext) -> Outcome<String> {
        host(&context).cluster().map(|cluster| cluster.namespace().to_owned()).raise(&context)
    }

    /// Where a command looks, in words: namespace and context.
    ///
    /// # Parameters
    /// * `namespace` - `""` is the current namespace, or all of them under `-A`
    ///
    /// # Example
    /// ```rhai
    /// cluster::place("")
    /// // => "namespace default, sandbox context sandbox"
    /// ```
    #[rhai_fn(name = "place", return_raw)]
    pub fn place(context: NativeCallContext, namespace: &str) -> Outcome<String> {
        host(&context).place(namespace).raise(&context)
    }

    /// Applies several ConfigMaps and Secrets together: nothing is written unless the server would take each of them.
    ///
    /// All are read, compared and judged by the server (`dryRun=All`: immutable objects, keys of others, quotas,
    /// admission). Then the changes are shown, what needs a confirmation is asked, and only then the first is written.
    ///
    /// # Parameters
    /// * `objects` - an array of maps with `kind` (`configmap` or `secret`), `name`, `data` and the options of
    ///   `configmaps::apply`
    ///
    /// # Effects
    /// * `cluster: get configmaps`
    /// * `cluster: get secrets`
    /// * `cluster: patch configmaps`
    /// * `cluster: patch secrets`
    /// * `cluster: create configmaps`
    /// * `cluster: create secrets`
    /// * `prompt`
    ///
    /// # Errors
    /// * as `configmaps::apply` and `secrets::apply`, of any of them: nothing is written then
    ///
    /// # Example
    /// ```rhai
    /// cluster::apply([
    ///     #{ kind: "configmap", name: "example", data: #{ URL: "http://a" } },
    ///     #{ kind: "secret", name: "example", data: #{ key: "canary-value" } },
    /// ]).map(|applied| applied.result)
    /// // => ["created", "created"]
    /// ```
    /// ```rhai
    /// configmaps::apply("example", #{ URL: "http://a" }, #{ owner: "team-a" });
    /// let mine = #{ kind: "configmap", name: "example", data: #{ URL: "http://b" } };
    /// cluster::apply([mine + #{ owner: "team-b", force_conflicts: true }])[0].changed
    /// // => ["URL"]
    /// ```
    #[rhai_fn(name = "apply", return_raw)]
    pub fn apply(context: NativeCallContext, objects: Array) -> Outcome<ArrayOf<Applied>> {
        let applied = objects::apply_all(&host(&context), "cluster::apply", &objects).raise(&context)?;
        Ok(applied.into_iter().map(Dynamic::from).collect())
    }

    /// Whether this is the sandbox.
    ///
    /// # Example
    /// ```rhai
    /// cluster::is_sandbox()
    /// // => true
    /// ```
    #[rhai_fn(name = "is_sandbox", return_raw)]
    pub fn is_sandbox(context: NativeCallContext) -> Outcome<bool> {
        host(&context).world().map(|world| world.is_some()).raise(&context)
    }

    /// Whether this is a dry run.
    ///
    /// # Example
    /// ```rhai
    /// cluster::is_dry_run()
    /// // => false
    /// ```
    #[rhai_fn(name = "is_dry_run")]
    pub fn is_dry_run(context: NativeCallContext) -> bool {
        host(&context).settings.dry_run
    }

    /// Says on stderr where changes are going to happen: context, server, namespace. Once a run and namespace.
    ///
    /// # Parameters
    /// * `namespace` - `""` is the current one
    ///
    /// # Errors
    /// * there is no cluster to work with
    ///
    /// # Example
    /// ```rhai
    /// cluster::announce("mcp")
    /// // => ()
    /// ```
    #[rhai_fn(name = "announce", return_raw)]
    pub fn announce(context: NativeCallContext, namespace: &str) -> Outcome<()> {
        let host = host(&context);
        let current = |namespace: &str| -> Result<String> {
            Ok(if namespace.is_empty() { host.cluster()?.namespace().to_owned() } else { namespace.to_owned() })
        };
        current(namespace).and_then(|namespace| host.announce(&namespace)).raise(&context)
    }

    /// The names of all namespaces, sorted.
    ///
    /// # Effects
    /// * `cluster: list namespaces`
    ///
    /// # Errors
    /// * the user may not list namespaces
    ///
    /// # Example
    /// ```rhai
    /// cluster::namespaces().contains("mcp")
    /// // => true
    /// ```
    #[rhai_fn(name = "namespaces", return_raw)]
    pub fn namespaces(context: NativeCallContext) -> Outcome<Array> {
        let host = host(&context);
        let names = host.cluster().and_then(|cluster| host.wait(access::namespaces(cluster))).raise(&context)?;
        Ok(names.into_iter().map(Dynamic::from).collect())
    }

    /// Ends the script if a namespace is not there.
    ///
    /// Where it may not be looked at, nothing is known of it, and the script goes on; so it does with `-A`.
    ///
    /// # Parameters
    /// * `namespace` - `""` is the current one
    ///
    /// # Effects
    /// * `cluster: get namespaces`
    ///
    /// # Errors
    /// * no such namespace: kind `not_found`
    ///
    /// # Example
    /// ```rhai
    /// let seen = "";
    /// try { cluster::require_namespace("nowhere") } catch (e) { seen = e.message; }
    /// seen
    /// // => "no namespace `nowhere`"
    /// ```
    #[rhai_fn(name = "require_namespace", return_raw)]
    pub fn require_namespace(context: NativeCallContext, namespace: &str) -> Outcome<()> {
        there(&context, namespace).raise(&context)
    }

    /// The API server's version, as `v1.34.4`.
    ///
    /// # Effects
    /// * `cluster: get /version`
    ///
    /// # Errors
    /// * the cluster cannot be reached
    ///
    /// # Example
    /// ```rhai
    /// cluster::version().starts_with("v1.")
    /// // => true
    /// ```
    #[rhai_fn(name = "version", return_raw)]
    pub fn version(context: NativeCallContext) -> Outcome<String> {
        let host = host(&context);
        host.cluster().and_then(|cluster| host.wait(access::version(cluster))).raise(&context)
    }

    /// Whether the user may do something in the current namespace.
    ///
    /// # Parameters
    /// * `verb` - as `list` or `patch`
    /// * `resource` - as `pods` or `pods/log`
    ///
    /// # Options
    /// * `namespace`, `all_namespaces`
    /// * `name` - with the object of that name: a Role may name those that it is for
    ///
    /// # Effects
    /// * `cluster: create selfsubjectaccessreviews`
    ///
    /// # Errors
    /// * the cluster cannot be reached
    ///
    /// # Example
    /// ```rhai
    /// cluster::can("list", "pods")
    /// // => true
    /// ```
    /// ```rhai
    /// cluster::can("delete", "pods", #{ namespace: "mcp" })
    /// // => true
    /// ```
    #[rhai_fn(return_raw)]
    pub fn can(context: NativeCallContext, verb: &str, resource: &str, options: Optional<Map>) -> Outcome<bool> {
        may(&context, verb, resource, &options).raise(&context)
    }
}

fn there(context: &NativeCallContext<'_>, namespace: &str) -> Result<()> {
    let host = host(context);
    // a question that a run can do without must not be what `--allow` refuses it for
    if host.settings.all_namespaces || host.settings.allowed.check("cluster: get namespaces").is_err() {
        return Ok(());
    }
    let cluster = host.cluster()?;
    let name = if namespace.is_empty() { cluster.namespace() } else { namespace };
    match host.wait(namespaces::get(cluster, name)) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => host.wait(async { Err(namespaces::missing(cluster, name).await) }),
        Err(error) if error.kind == Kind::Forbidden => Ok(()),
        Err(error) => Err(error),
    }
}

fn may(context: &NativeCallContext<'_>, verb: &str, resource: &str, options: &Map) -> Result<bool> {
    let host = host(context);
    let options = Options::new("cluster::can", options, &["namespace", "all_namespaces", "name"])?;
    let cluster = host.cluster()?;
    let namespace = match (options.flag("all_namespaces")?, options.namespace()?) {
        (true, _) => String::new(),
        (false, Some(namespace)) => namespace,
        (false, None) => cluster.namespace().to_owned(),
    };
    let name = options.text("name")?.unwrap_or_default();
    host.wait(access::can(cluster, verb, resource, &namespace, &name))
}
