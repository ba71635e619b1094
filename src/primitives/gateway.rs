//! `gateway`: how the Docker MCP Gateway is started.

use rhai::plugin::*;
use rhai::{Array, EvalAltResult, Map, NativeCallContext};

use crate::error::Result as Outcome;
use crate::gateway::command::GatewayRun;
use crate::gateway::secret_names::secret_names_file;
use crate::host::Host;

use super::host;
use super::options::Options;
use super::raise::Raise;
use super::rendering;

/// The columns of a command line that is broken into several lines.
const WIDTH: usize = 130;

/// The functions of `gateway`.
#[export_module]
pub mod functions {
    /// The command line that starts the gateway in its Kubernetes mode, quoted for a shell.
    ///
    /// # Parameters
    /// * `options` - see below
    ///
    /// # Options
    /// * `servers` - the names of the servers
    /// * `config_name` - the ConfigMap; `mcp-gateway-config` unless told
    /// * `secret_name` - the Secret; `mcp-gateway-secrets` unless told
    /// * `namespace` - of both, and of the pods
    /// * `context` - the context, where it is not the current one
    /// * `catalog` - the derived catalog; written as an absolute path, which the gateway needs
    /// * `secrets` - the file of secret names, likewise
    ///
    /// # Errors
    /// * no server; a control character in a name or path
    ///
    /// # Example
    /// ```rhai
    /// gateway::command(#{ servers: ["time"], namespace: "mcp" }).contains("--provisioner kubernetes")
    /// // => true
    /// ```
    #[rhai_fn(name = "command", return_raw)]
    pub fn command(context: NativeCallContext, options: Map) -> Result<String, Box<EvalAltResult>> {
        run(&host(&context), &options).and_then(|run| run.shell_lines(WIDTH)).raise(&context)
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
    pub fn secret_names(context: NativeCallContext, names: Array) -> Result<String, Box<EvalAltResult>> {
        let names = rendering::texts("a name of a secret", &names.into());
        names.and_then(|names| secret_names_file(&names)).raise(&context)
    }
}

fn run(host: &Host, options: &Map) -> Outcome<GatewayRun> {
    let known = ["servers", "config_name", "secret_name", "namespace", "context", "catalog", "secrets"];
    let options = Options::new("gateway::command", options, &known)?;
    let path = |key: &str| -> Outcome<Option<std::path::PathBuf>> {
        let Some(path) = options.text(key)? else { return Ok(None) };
        let path = host.path(&path);
        std::path::absolute(&path).map(Some).map_err(|cause| crate::error::Error::io("cannot find", &path, &cause))
    };
    Ok(GatewayRun {
        config_name: options.text("config_name")?.unwrap_or_else(|| "mcp-gateway-config".to_owned()),
        secret_name: options.text("secret_name")?.unwrap_or_else(|| "mcp-gateway-secrets".to_owned()),
        namespace: match options.namespace()? {
            Some(namespace) => namespace,
            None => host.cluster()?.namespace().to_owned(),
        },
        kubeconfig: host.settings.kubeconfig.as_ref().map(std::path::absolute).transpose().map_err(|cause| {
            crate::error::Error::io("cannot find", host.settings.kubeconfig.as_deref().unwrap_or("".as_ref()), &cause)
        })?,
        context: options.text("context")?,
        catalog: path("catalog")?,
        secrets: path("secrets")?,
        servers: options.texts("servers")?,
    })
}
