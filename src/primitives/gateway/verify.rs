//! `gateway::verify`: whether servers answer.

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, Map, NativeCallContext};

use super::verification;
use crate::primitives::api::raise::Raise;
use crate::primitives::catalog::server::names;
use crate::primitives::host;

/// A further function of `gateway`.
#[export_module]
pub mod functions {
    /// Starts a pod of each server as the gateway would, asks it for its tools, and removes the pod, several at once.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Effects
    /// * `files: read`
    /// * `cluster: get configmaps`
    /// * `cluster: get secrets`
    /// * `cluster: create pods`
    /// * `cluster: get pods`
    /// * `cluster: watch pods`
    /// * `cluster: delete pods`
    /// * `cluster: get pods/log`
    /// * `cluster: get pods/attach`
    ///
    /// # Errors
    /// * no such server; one that cannot be provisioned
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("mcp-gateway-config", #{ "GRAFANA_URL": "http://g" });
    /// secrets::apply("mcp-gateway-secrets", #{ "grafana.api_key": "canary-key" });
    /// gateway::verify("grafana").map(|server| [server.name, server.result])
    /// // => [["grafana", "unknown"]]
    /// ```
    #[rhai_fn(name = "verify", return_raw)]
    pub fn verify(context: NativeCallContext, servers: Dynamic) -> Result<Array, Box<EvalAltResult>> {
        verify_with(context, servers, Map::new())
    }

    /// Starts a pod of each server as the gateway would, asks it for its tools, and removes the pod, several at once.
    ///
    /// The pods have a session of their own and an end of their own. A server that does not answer is no error of the
    /// script: its result says why, and the exit code is 1, or 3 if others answered. What servers write is masked by
    /// the values of the Secret, and not shown where those may not be read.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `options` - see below
    ///
    /// # Options
    /// * `config_name` - the ConfigMap; `mcp-gateway-config` unless told
    /// * `secret_name` - the Secret; `mcp-gateway-secrets` unless told
    /// * `namespace` - of both, and of the pods; `""` is the current namespace
    /// * `timeout` - how long each server may take, its image included; `2m` unless told
    /// * `concurrency` - how many at once; 4 unless told
    /// * `catalog` - the derived catalog that the gateway is started with; else it is derived from what the cluster holds
    /// * `rewrite` - other registries than the catalog's, as `images::rewrite` takes them
    /// * `lenient` - whether text on stdout is a warning; default: a failure, as clients such as the gateway drop the server
    ///
    /// # Effects
    /// * `files: read`
    /// * `cluster: get configmaps`
    /// * `cluster: get secrets`
    /// * `cluster: create pods`
    /// * `cluster: get pods`
    /// * `cluster: watch pods`
    /// * `cluster: delete pods`
    /// * `cluster: get pods/log`
    /// * `cluster: get pods/attach`
    ///
    /// # Errors
    /// * no such server; one that cannot be provisioned; a derived catalog that is not there
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("own", #{});
    /// gateway::verify("time", #{ config_name: "own", timeout: "30s" })[0].reason
    /// // => "the sandbox runs no programs, so it cannot tell"
    /// ```
    #[rhai_fn(name = "verify", return_raw)]
    pub fn verify_with(
        context: NativeCallContext,
        servers: Dynamic,
        options: Map,
    ) -> Result<Array, Box<EvalAltResult>> {
        let host = host(&context);
        let verdicts = names(&servers).and_then(|names| verification::verify(&host, &names, &options));
        Ok(verdicts.raise(&context)?.into_iter().map(Dynamic::from).collect())
    }
}
