//! `pods`: the pods that gateways made.

pub(super) mod delete;
pub mod logs;
pub mod servers;
pub(super) mod types;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise, wrong_type};
use super::host;
use super::language::unknown_names;
use crate::cluster::pods::{self, Deletion, Filter, LogOptions, Pod, Session, Until};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::functions::{ArrayOf, Optional};

/// The options that say which pods are meant.
const FILTERS: [&str; 9] =
    ["namespace", "all_namespaces", "session", "server", "older_than", "status", "phase", "selector", "any"];

/// How long `wait` waits unless it is told.
const WAIT: Duration = Duration::from_secs(60);

/// The functions of `pods`.
#[export_module(manifest)]
pub mod functions {
    /// Lists the pods that gateways made, as far as the options say.
    ///
    /// # Options
    /// * `namespace`, `all_namespaces`
    /// * `session` - pods of one gateway session
    /// * `server` - pods of one MCP server
    /// * `older_than` - pods older than a duration like `24h`, by the API server's clock
    /// * `status` - pods of one status, as kubectl words it
    /// * `phase` - pods of one phase: `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`
    /// * `selector`, `any`
    ///
    /// # Effects
    /// * `cluster: list pods`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    /// * an unknown option, an empty value, a session id that cannot be one
    ///
    /// # Example
    /// ```rhai
    /// pods::list().map(|pod| pod.managed).contains(false)
    /// // => false
    /// ```
    /// ```rhai
    /// let old = pods::list(#{ older_than: "1d" });
    /// old.filter(|pod| pod.age <= 86400).len()
    /// // => 0
    /// ```
    #[rhai_fn(return_raw)]
    pub fn list(context: NativeCallContext, options: Optional<Map>) -> Outcome<ArrayOf<Pod>> {
        let host = host(&context);
        let found = found(&host, "pods::list", &options).raise(&context)?;
        Ok(array(found))
    }

    /// One pod by its name.
    ///
    /// # Parameters
    /// * `name` - the pod's name
    ///
    /// # Options
    /// * `namespace`, `any`
    ///
    /// # Effects
    /// * `cluster: get pods`
    ///
    /// # Errors
    /// * no such pod: kind `not_found`; a pod that no gateway made, without `any`
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { pods::get("no-such-pod", #{ namespace: "mcp" }) } catch (e) { seen = e.kind; }
    /// seen
    /// // => "not_found"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn get(context: NativeCallContext, name: &str, options: Optional<Map>) -> Outcome<Arc<Pod>> {
        let host = host(&context);
        one(&host, "pods::get", name, &options).map(Arc::new).raise(&context)
    }

    /// The sessions of the gateways, with the counts, servers and ages of their pods.
    ///
    /// # Parameters
    /// * `options` - those of `pods::list`
    ///
    /// # Effects
    /// * `cluster: list pods`
    ///
    /// # Errors
    /// * the cluster cannot be reached, or says no
    /// * as `pods::list`
    ///
    /// # Example
    /// ```rhai
    /// pods::sessions().filter(|session| session.pods == 0).len()
    /// // => 0
    /// ```
    /// ```rhai
    /// pods::sessions(#{ all_namespaces: true }).len() >= pods::sessions().len()
    /// // => true
    /// ```
    #[rhai_fn(return_raw)]
    pub fn sessions(context: NativeCallContext, options: Optional<Map>) -> Outcome<ArrayOf<Session>> {
        let host = host(&context);
        let found = found(&host, "pods::sessions", &options).raise(&context)?;
        Ok(pods::sessions(&found).into_iter().map(|session| Dynamic::from(Arc::new(session))).collect())
    }

    /// The sessions of pods that were listed before.
    ///
    /// # Parameters
    /// * `pods` - an array of pods
    ///
    /// # Errors
    /// * an item that is no pod
    ///
    /// # Example
    /// ```rhai
    /// pods::sessions([])
    /// // => []
    /// ```
    #[rhai_fn(name = "sessions", return_raw)]
    pub fn sessions_of(context: NativeCallContext, pods: Array) -> Outcome<ArrayOf<Session>> {
        let pod = |item: &Dynamic| match item.read_lock::<Arc<Pod>>() {
            Some(pod) => Ok(Pod::clone(&pod)),
            None => Err(wrong_type("an item of the array", "a pod", item.type_name())),
        };
        let found = pods.iter().map(pod).collect::<Result<Vec<_>>>().raise(&context)?;
        Ok(pods::sessions(&found).into_iter().map(|session| Dynamic::from(Arc::new(session))).collect())
    }

    /// Deletes pods after showing them and asking. Each pod's fate is in the result; those that failed make
    /// the exit code 3.
    ///
    /// # Parameters
    /// * `pods` - a pod, a name, or an array of them; a pod that is given by name is read first
    ///
    /// # Options
    /// * `namespace`
    /// * `wait` - wait until they are gone
    /// * `timeout`
    /// * `owned` - also pods that another object owns and would make again
    /// * `grace` - seconds the containers get to end
    /// * `force` - as `kubectl delete --force`: without grace period, so that a pod whose node is away is gone at once;
    ///   asked about on its own. Finalizers still hold it
    /// * `concurrency` - how many requests at once, 128 unless given
    /// * `heading` - what the preview says of them, as `older than 24h`
    ///
    /// # Effects
    /// * `cluster: delete pods`
    /// * `cluster: get pods`
    /// * `cluster: list pods` - with `wait`
    /// * `prompt`
    ///
    /// # Errors
    /// * a pod that no gateway made is among them: nothing is deleted; nobody can be asked and `--yes` is not given
    /// * with `wait`, pods that are still there when the time is over
    ///
    /// # Example
    /// ```rhai
    /// pods::delete([])
    /// // => []
    /// ```
    /// ```rhai
    /// let old = pods::list(#{ older_than: "1d" });
    /// pods::delete(old[0].name)[0].result
    /// // => "deleted"
    /// ```
    /// ```rhai
    /// let old = pods::list(#{ older_than: "1d" });
    /// pods::delete(old, #{ wait: true, timeout: "30s" });
    /// pods::list(#{ older_than: "1d" }).len()
    /// // => 0
    /// ```
    /// ```rhai
    /// let old = pods::list(#{ older_than: "1d" });
    /// pods::delete(old[0].name, #{ grace: 0 })[0].result
    /// // => "deleted"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn delete(context: NativeCallContext, pods: Dynamic, options: Optional<Map>) -> Outcome<ArrayOf<Deletion>> {
        let host = host(&context);
        let deletions = delete::delete(&host, &pods, &options).raise(&context)?;
        Ok(deletions.into_iter().map(Dynamic::from).collect())
    }

    /// Waits until pods are as wished, and gives them. No pod yet is no error: it goes on waiting.
    ///
    /// # Parameters
    /// * `options` - see below, and those of `pods::list`
    ///
    /// # Options
    /// * `running` - until at least so many run
    /// * `count` - until at least so many are there, in whatever state
    /// * `finished` - until at least so many have ended
    /// * `gone` - until none is there any more
    /// * `timeout`
    ///
    /// # Effects
    /// * `cluster: list pods`
    ///
    /// # Errors
    /// * the time is over: kind `timeout`, with what was seen last
    ///
    /// # Example
    /// ```rhai
    /// pods::wait(#{ session: "mcp-gateway-00000000", gone: true, timeout: "5s" })
    /// // => []
    /// ```
    #[rhai_fn(name = "wait", return_raw)]
    pub fn wait(context: NativeCallContext, options: Map) -> Outcome<ArrayOf<Pod>> {
        let host = host(&context);
        wait_for(&host, &options).map(array).raise(&context)
    }

    /// The end of a pod's log.
    ///
    /// # Parameters
    /// * `pod` - a pod or its name; a pod that is given by name is read first
    ///
    /// # Options
    /// * `namespace`
    /// * `tail` - how many lines
    /// * `container`, `any`
    ///
    /// # Effects
    /// * `cluster: get pods`
    /// * `cluster: get pods/log`
    ///
    /// # Errors
    /// * no such pod; its container has not started
    ///
    /// # Example
    /// ```rhai
    /// let pod = pods::list(#{ phase: "Running" })[0];
    /// type_of(pods::logs(pod.name))
    /// // => "string"
    /// ```
    /// ```rhai
    /// let pod = pods::list(#{ phase: "Running" })[0];
    /// type_of(pods::logs(pod, #{ tail: 10 }))
    /// // => "string"
    /// ```
    /// ```rhai
    /// let pod = pods::list(#{ phase: "Running" })[0];
    /// type_of(pods::logs(pod.name, #{ tail: 10 }))
    /// // => "string"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn logs(context: NativeCallContext, pod: Dynamic, options: Optional<Map>) -> Outcome<String> {
        let host = host(&context);
        read_logs(&host, &pod, &options).raise(&context)
    }
}

/// The pods that a filter means. Where there are none, a name that cannot be right is an error or a warning.
fn found(host: &Host, function: &'static str, options: &Map) -> Result<Vec<Pod>> {
    let (filter, _) = filter(host, function, options, &[])?;
    let found = host.wait(pods::list(host.cluster()?, &filter))?;
    if found.is_empty() {
        unknown_names::explain(host, &filter)?;
    } else {
        unknown_names::named_servers(host, &found);
    }
    Ok(found)
}

fn array(pods: Vec<Pod>) -> Array {
    pods.into_iter().map(|pod| Dynamic::from(Arc::new(pod))).collect()
}

/// A filter from an options map; `-A` and `-l` of the command line narrow or widen it as they do every command.
pub(super) fn filter<'a>(
    host: &Host,
    function: &'static str,
    map: &'a Map,
    further: &[&str],
) -> Result<(Filter, Options<'a>)> {
    let known: Vec<&str> = FILTERS.iter().chain(further).copied().collect();
    let options = Options::new(function, map, &known)?;
    let namespace = options.namespace()?;
    let status = options.text("status")?;
    if let Some(status) = &status {
        unknown_names::status(host, status)?;
    }
    let filter = Filter {
        all_namespaces: options.flag("all_namespaces")? || (host.settings.all_namespaces && namespace.is_none()),
        namespace,
        session: options.text("session")?,
        server: options.text("server")?,
        older_than: options.duration("older_than")?,
        status,
        phase: options.text("phase")?,
        selector: both(options.text("selector")?, host.settings.selector.clone()),
        any: options.flag("any")?,
        name: None,
    };
    Ok((filter, options))
}

fn both(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first},{second}")),
        (first, second) => first.or(second),
    }
}

fn one(host: &Host, function: &'static str, name: &str, options: &Map) -> Result<Pod> {
    let options = Options::new(function, options, &["namespace", "any"])?;
    get(host, name, options.namespace()?.as_deref(), options.flag("any")?)
}

/// A pod by name; one that no gateway made only if `any` is set.
pub(super) fn get(host: &Host, name: &str, namespace: Option<&str>, any: bool) -> Result<Pod> {
    if name.is_empty() {
        return Err(Error::new(Kind::Script, "the name of the pod is empty"));
    }
    let cluster = host.cluster()?;
    let pod = host.wait(pods::get(cluster, namespace.unwrap_or(cluster.namespace()), name))?;
    if pod.managed || any {
        return Ok(pod);
    }
    Err(Error::new(Kind::NotFound, format!("no gateway made the pod `{name}`"))
        .object(format!("pod/{name}"))
        .hint("`any: true` looks at other pods too"))
}

fn wait_for(host: &Host, options: &Map) -> Result<Vec<Pod>> {
    let wishes = ["running", "count", "finished", "gone"];
    let (filter, options) = filter(host, "pods::wait", options, &["running", "count", "finished", "gone", "timeout"])?;
    let given: Vec<&str> = wishes.into_iter().filter(|wish| options.value(wish).is_some()).collect();
    let number = |key| options.number(key, 1).map(|number| usize::try_from(number.unwrap_or(1)).unwrap_or(usize::MAX));
    let until = match given[..] {
        ["running"] => Until::Running(number("running")?),
        ["count"] => Until::Count(number("count")?),
        ["finished"] => Until::Finished(number("finished")?),
        ["gone"] if options.flag("gone")? => Until::Gone,
        _ => {
            return Err(Error::new(
                Kind::Script,
                "`pods::wait` needs one of `running`, `count`, `finished` and `gone: true`",
            ));
        }
    };
    let timeout = options.duration("timeout")?.unwrap_or(WAIT);
    host.wait(pods::wait(host.cluster()?, &filter, until, timeout, &mut |line| host.printer.info(line)))
}

fn read_logs(host: &Host, pod: &Dynamic, options: &Map) -> Result<String> {
    let options = Options::new("pods::logs", options, &["namespace", "tail", "container", "any"])?;
    let pod = match pod.read_lock::<Arc<Pod>>() {
        Some(pod) => Arc::clone(&pod),
        None => {
            let name = pod.clone().into_string().map_err(|kind| wrong_type("a pod", "a pod or a name", kind))?;
            Arc::new(get(host, &name, options.namespace()?.as_deref(), options.flag("any")?)?)
        }
    };
    let tail = options.number("tail", 1)?.map(|lines| u32::try_from(lines).unwrap_or(u32::MAX));
    let logs = LogOptions { tail, container: options.text("container")?, ..LogOptions::default() };
    host.wait(pods::logs(host.cluster()?, &pod, &logs))
}
