//! `gateway::verify`: whether servers answer.

use rhai::plugin::*;
use rhai::{Dynamic, Map, NativeCallContext};

use super::verification;
use crate::primitives::api::functions::{ArrayOf, Optional};
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::catalog::server::names;
use crate::primitives::host;
use crate::verify::Verdict;

/// A further function of `gateway`.
#[export_module(manifest)]
pub mod functions {
    /// Starts a pod of each server as the gateway would, asks it for its tools, and removes the pod, several at once.
    ///
    /// The pods have a session of their own and an end of their own. A server that does not answer is no error of the
    /// script: its result says why, and the exit code is 1, or 3 if others answered. What servers write is masked by
    /// the values of the Secret, and not shown where those may not be read.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Options
    /// * `config_name`, `secret_name`, `namespace`
    /// * `timeout` - how long each server may take, its image included; `2m` unless told
    /// * `concurrency` - how many at once; 4 unless told
    /// * `catalog` - the derived catalog that the gateway is started with; else it is derived from what the cluster holds
    /// * `rewrite`
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
    #[rhai_fn(return_raw)]
    pub fn verify(context: NativeCallContext, servers: Dynamic, options: Optional<Map>) -> Outcome<ArrayOf<Verdict>> {
        let host = host(&context);
        let verdicts = names(&servers).and_then(|names| verification::verify(&host, &names, &options));
        Ok(verdicts.raise(&context)?.into_iter().map(Dynamic::from).collect())
    }
}
