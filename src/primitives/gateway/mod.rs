//! `gateway`: which Docker MCP Gateway there is, and how it is started.

pub(super) mod verification;
pub mod verify;

use std::path::PathBuf;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise};
use super::catalog::rendering;
use super::catalog::server::names;
use super::host;
use crate::cluster::lasting;
use crate::error::{Error, Result};
use crate::gateway::command::{GatewayRun, OwnCommand, USUAL_CONFIG_NAME, USUAL_SECRET_NAME};
use crate::gateway::probe::Probe;
use crate::gateway::secret_names::secret_names_file;
use crate::host::Host;
use crate::primitives::api::functions::Optional;
use crate::provision::render;

/// The columns of a command line that is broken into several lines.
const WIDTH: usize = 130;

/// How agents can reach a gateway.
const TRANSPORTS: [&str; 3] = ["stdio", "sse", "streaming"];

/// The functions of `gateway`.
#[export_module(manifest)]
pub mod functions {
    /// Which gateway this machine has, and whether it can be started on Kubernetes.
    ///
    /// Gives a map: `program` (the words that start it, `""` where there is none), `version`, `missing_flags`,
    /// `feature` (whether `kubernetes-provisioning` is switched on; `()` where it does not say), `in_cluster`,
    /// `usable`, and where it is not, `reason` and `hint`. Its programs are asked in a dry run, too. In the sandbox it
    /// is made up and can do everything; in a test `sandbox::program` lets another stand in.
    ///
    /// # Effects
    /// * `process: read`
    ///
    /// # Example
    /// ```rhai
    /// let found = gateway::probe();
    /// [found.program, found.usable]
    /// // => ["docker mcp", true]
    /// ```
    #[rhai_fn(name = "probe", return_raw)]
    pub fn probe(context: NativeCallContext) -> Outcome<Map> {
        host(&context).gateway_probe().map(|probe| probed(&probe)).raise(&context)
    }

    /// The command line that starts the gateway in its Kubernetes mode, quoted for a shell, on the run's context and
    /// kubeconfig.
    ///
    /// # Options
    /// * `servers` - the names of the servers
    /// * `config_name`, `secret_name`, `namespace`
    /// * `context` - the context, where it is not the run's
    /// * `catalog` - the derived catalog; written as an absolute path, which the gateway needs
    /// * `secrets` - the file of secret names, likewise
    /// * `transport`, `port`
    /// * `program` - the words that start it, as `gateway::probe` gives them; `docker mcp` unless told
    /// * `base` - what the files' names begin with: gives the line of `mcpctl gateway BASE` instead, which starts the
    ///   same and looks after it
    ///
    /// # Errors
    /// * no server; a control character in a name or path; no kubeconfig
    ///
    /// # Example
    /// ```rhai
    /// gateway::command(#{ servers: ["time"], namespace: "mcp" }).contains("--provisioner kubernetes")
    /// // => true
    /// ```
    /// ```rhai
    /// gateway::command(#{ base: "prod", namespace: "mcp" })
    /// // => "mcpctl gateway prod -n mcp --context sandbox"
    /// ```
    /// ```rhai
    /// gateway::command(#{ servers: ["time"], program: "docker-mcp" }).starts_with("docker-mcp gateway run ")
    /// // => true
    /// ```
    #[rhai_fn(name = "command", return_raw)]
    pub fn command(context: NativeCallContext, options: Map) -> Outcome<String> {
        let host = host(&context);
        line(&host, &options).raise(&context)
    }

    /// Starts the gateway on what was provisioned, waits for its end, and removes the pods that it left behind.
    ///
    /// Its standard input and output are the run's own, so that an agent can speak with it; SIGINT and SIGTERM are
    /// passed on. It works on copies of the derived catalog and of the kubeconfig's context, which nobody changes while
    /// it runs. Gives a map: `code`, its exit code, and `removed`, the pods that it left behind. In the sandbox nothing
    /// is started.
    ///
    /// # Options
    /// * `catalog` - the derived catalog
    /// * `secrets` - the file of secret names
    /// * `servers` - the names of the servers; all of the derived catalog unless told
    /// * `config_name`, `secret_name`, `namespace`, `transport`, `port`
    ///
    /// # Effects
    /// * `cluster: delete pods`
    /// * `cluster: list pods`
    /// * `files: read`
    /// * `process: read`
    /// * `process: run`
    ///
    /// # Errors
    /// * no gateway, or one without the Kubernetes mode; a run inside a cluster; `--read-only`; no derived catalog
    ///
    /// # Example
    /// ```rhai
    /// fs::write("prod-catalog.yaml", "registry: {time: {image: mcp/time}}\n");
    /// fs::write("prod-secret-names.env", "");
    /// gateway::run(#{ catalog: "prod-catalog.yaml", secrets: "prod-secret-names.env" }).code
    /// // => 0
    /// ```
    #[rhai_fn(name = "run", return_raw)]
    pub fn run(context: NativeCallContext, options: Map) -> Outcome<Map> {
        let host = host(&context);
        let ran = to_run(&host, &options).and_then(|run| host.run_gateway(&run)).raise(&context)?;
        let removed: Array = ran.removed.into_iter().map(Dynamic::from).collect();
        Ok(Map::from([("code".into(), i64::from(ran.code).into()), ("removed".into(), removed.into())]))
    }

    /// What of servers does not work on Kubernetes as it does on Docker: lists of reasons, by server. Servers without
    /// any are left out.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Options
    /// * `allow_env`
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a server that cannot be provisioned at all, with its reasons
    ///
    /// # Example
    /// ```rhai
    /// gateway::limits("grafana")
    /// // => #{}
    /// ```
    /// ```rhai
    /// gateway::limits(["grafana"], #{ allow_env: ["NODE_OPTIONS"] })
    /// // => #{}
    /// ```
    #[rhai_fn(return_raw)]
    pub fn limits(context: NativeCallContext, servers: Dynamic, options: Optional<Map>) -> Outcome<Map> {
        limited(&host(&context), &servers, &options).raise(&context)
    }

    /// The text of the file for the gateway's `--secrets`: names, and a word in place of each value, which the cluster
    /// has.
    ///
    /// # Parameters
    /// * `names` - the secrets' names
    ///
    /// # Errors
    /// * a name that could say something else in the file
    ///
    /// # Example
    /// ```rhai
    /// gateway::secret_names(["grafana.api_key"])
    /// // => "grafana.api_key=provided-by-cluster\n"
    /// ```
    #[rhai_fn(name = "secret_names", return_raw)]
    pub fn secret_names(context: NativeCallContext, names: Array) -> Outcome<String> {
        let names = rendering::texts("a name of a secret", &names.into());
        names.and_then(|names| secret_names_file(&names)).raise(&context)
    }
}

fn probed(probe: &Probe) -> Map {
    let obstacle = probe.obstacle();
    let reason = obstacle.as_ref().map_or_else(String::new, ToString::to_string);
    let hint = obstacle.as_ref().and_then(|obstacle| obstacle.hints.first().cloned()).unwrap_or_default();
    Map::from([
        ("program".into(), probe.program_name().into()),
        ("version".into(), probe.version.clone().into()),
        ("missing_flags".into(), rendering::array(probe.missing_flags.iter().cloned())),
        ("feature".into(), probe.feature.map_or(Dynamic::UNIT, Dynamic::from)),
        ("in_cluster".into(), probe.in_cluster.into()),
        ("usable".into(), obstacle.is_none().into()),
        ("reason".into(), reason.into()),
        ("hint".into(), hint.into()),
    ])
}

fn limited(host: &Host, servers: &Dynamic, options: &Map) -> Result<Map> {
    let options = Options::new("gateway::limits", options, &["allow_env"])?;
    let how =
        render::Options { allow_env: options.texts("allow_env")?.into_iter().collect(), ..render::Options::default() };
    let limits = render::limits(&host.catalog()?.choose(&names(servers)?)?, &how)?;
    Ok(limits.into_iter().map(|(server, reasons)| (server.into(), rendering::array(reasons.into_iter()))).collect())
}

/// What `gateway::command` is told.
fn line(host: &Host, options: &Map) -> Result<String> {
    const KNOWN: [&str; 11] = [
        "servers",
        "config_name",
        "secret_name",
        "namespace",
        "context",
        "catalog",
        "secrets",
        "transport",
        "port",
        "program",
        "base",
    ];
    let options = Options::new("gateway::command", options, &KNOWN)?;
    let program = options.text("program")?.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let run = GatewayRun { program, ..described(host, &options)? };
    if let Some(name) = run.kubeconfig.as_deref().filter(|path| path.is_relative()) {
        host.warn_once(&format!(
            "the kubeconfig was read from a pipe: save it to a file, and write that path instead of {} in the command",
            name.display()
        ));
    }
    match options.text("base")? {
        None => run.shell_lines(WIDTH),
        Some(base) => OwnCommand { base, kubeconfig: host.settings.kubeconfig.as_deref().map(lasting) }.line(&run),
    }
}

/// What `gateway::run` is told. The context is the run's own: what was checked is what is used.
fn to_run(host: &Host, options: &Map) -> Result<GatewayRun> {
    const KNOWN: [&str; 8] =
        ["servers", "config_name", "secret_name", "namespace", "catalog", "secrets", "transport", "port"];
    let options = Options::new("gateway::run", options, &KNOWN)?;
    let run = described(host, &options)?;
    if !run.servers.is_empty() {
        return Ok(run);
    }
    let Some(catalog) = &run.catalog else { return Ok(run) };
    let servers = match host.files.read_text(catalog)? {
        Some(text) => render::servers_of(&text).map_err(|error| error.object(catalog.display().to_string()))?,
        None => {
            return Err(Error::not_found(format!("no file `{}`", catalog.display()))
                .object(catalog.display().to_string())
                .hint(host.provision_writes(catalog)));
        }
    };
    Ok(GatewayRun { servers, ..run })
}

fn described(host: &Host, options: &Options) -> Result<GatewayRun> {
    let path = |key: &str| -> Result<Option<PathBuf>> {
        let Some(path) = options.text(key)? else { return Ok(None) };
        absolute(&host.path(&path)).map(Some)
    };
    let cluster = host.cluster()?;
    let transport = options.text("transport")?;
    if let Some(name) = transport.as_deref().filter(|name| !TRANSPORTS.contains(name)) {
        return Err(Error::usage(format!("no transport `{name}`")).hint(format!("there are {}", TRANSPORTS.join(", "))));
    }
    let port = options.number("port", 1)?;
    let port = port.map(u16::try_from).transpose().map_err(|_| Error::usage("a port is at most 65535"))?;
    // over stdin and stdout nothing listens
    let transport = transport.or_else(|| port.map(|_| "streaming".to_owned()));
    Ok(GatewayRun {
        program: Vec::new(),
        config_name: options.text("config_name")?.unwrap_or_else(|| USUAL_CONFIG_NAME.to_owned()),
        secret_name: options.text("secret_name")?.unwrap_or_else(|| USUAL_SECRET_NAME.to_owned()),
        namespace: options.namespace()?.unwrap_or_else(|| cluster.namespace().to_owned()),
        kubeconfig: cluster.kubeconfig_file().map(lasting_absolute).transpose()?,
        context: Some(options.text("context")?.unwrap_or_else(|| cluster.context().to_owned())),
        catalog: path("catalog")?,
        secrets: path("secrets")?,
        servers: options.texts("servers")?,
        transport,
        port,
    })
}

/// A file by its absolute path; a pipe by the name that stands for its content.
fn lasting_absolute(path: &std::path::Path) -> Result<PathBuf> {
    match lasting(path) {
        lasting if lasting == path => absolute(path),
        name => Ok(name),
    }
}

fn absolute(path: &std::path::Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|cause| Error::io("cannot find", path, &cause))
}
