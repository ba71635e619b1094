//! Where each value goes: into the ConfigMap, into the Secret, or into the derived catalog.
//!
//! The gateway injects the ConfigMap with `envFrom`, one flat space that every server's container sees, and sets
//! what the catalog says as explicit `env`, templates unread. So templates are rendered here, and the gateway is
//! started on a *derived catalog* without them:
//!
//! - config: the template name (what the env file says) and the rendered env name go into the ConfigMap;
//! - an env text that names a secret, or a config value whose name looks like a credential, goes into the Secret
//!   under `SERVER.ENV`, with a `secrets` entry in the derived catalog;
//! - a rendered env name on which the chosen servers differ is a literal entry of each in the derived catalog;
//! - in command, volumes and user a secret is `$(ENV)`, which Kubernetes expands; any other `$(` is escaped;
//! - a server is refused by name if it needs a secret in a place that is visible, or a loader variable such as
//!   LD_PRELOAD.

mod arguments;
mod context;
mod derived;
mod env;
mod escape;
mod limits;
mod marked;
mod notes;
mod plan;
mod reference;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::images::Rewrites;
use crate::secret::Secret;

pub use limits::limits;
pub use marked::{marked_catalog, secret_variables, servers_of};

use super::catalog::Server;

/// The values that the env files, the command line and people gave. Placeholders are not values.
#[derive(Clone, Default)]
pub struct Values {
    /// Config values by template path.
    pub config: BTreeMap<String, String>,
    /// Secrets by their key in the Secret; may also contain config values that look like credentials.
    pub secrets: BTreeMap<String, Secret>,
    /// Keys that have no value on purpose: they are not missing, and no object gets them, whatever the cluster has.
    pub absent: BTreeSet<String>,
}

/// Only the keys: a config value may be a credential.
impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Values").field("config", &self.config.keys()).field("secrets", &self.secrets.keys()).finish()
    }
}

/// How to render.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only the env files' keys: no rendered env names in ConfigMap and Secret, and no derived catalog.
    pub keys_only: bool,
    /// Loader variables, such as LD_PRELOAD, that are allowed.
    pub allow_env: BTreeSet<String>,
    /// Keys that the cluster's Secret already has: their values are not known here, but they are not missing.
    pub live_secret_keys: BTreeSet<String>,
    /// The name of the derived catalog; empty is `mcpctl`.
    pub name: String,
    /// Other registries than the catalog's, for the derived catalog.
    pub rewrite: Rewrites,
}

/// A value that a server needs and that was not given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// The server.
    pub server: String,
    /// The key in the env file.
    pub key: String,
    /// Whether it belongs into the secret file.
    pub secret: bool,
}

/// An env entry that was not rendered because values are missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// The server.
    pub server: String,
    /// The environment variable.
    pub env: String,
    /// The keys that have no value.
    pub keys: Vec<String>,
}

/// What a set of servers and values come to.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The ConfigMap's data. Never a secret.
    pub config_map: BTreeMap<String, String>,
    /// The Secret's data, before base64.
    pub secret: BTreeMap<String, Secret>,
    /// The derived catalog, in the legacy shape, of the servers that were not refused. No secret value in it.
    /// Null with `keys_only`.
    pub catalog: Value,
    /// The names for the gateway's `--secrets` file: never one of a remote server's secrets.
    pub secret_names: Vec<String>,
    /// Required values that were not given.
    pub missing: Vec<Missing>,
    /// Env entries that were not rendered.
    pub left_out: Vec<LeftOut>,
    /// Why a server was refused; refused servers are in none of the above.
    pub refused: BTreeMap<String, Vec<String>>,
    /// What a person should know, without any value.
    pub warnings: Vec<String>,
    /// Keys of the ConfigMap and the Secret that are absent on purpose: those that were given as absent, and those
    /// rendered from them.
    pub absent: BTreeSet<String>,
    /// What of a server has no effect on Kubernetes, like `allowHosts`, or concerns other servers, like a shared secret.
    pub notes: BTreeMap<String, Vec<String>>,
}

/// Renders the chosen servers with their values.
#[must_use]
pub fn render(servers: &[Arc<Server>], values: &Values, options: &Options) -> Rendered {
    let context = context::Context::new(servers, values, options);
    let mut rendered = Rendered::default();
    let mut plans = Vec::new();
    for server in servers {
        match plan::Plan::of(server, &context) {
            Ok(plan) => plans.push(plan),
            Err(reasons) => {
                rendered.refused.insert(server.name.clone(), reasons);
            }
        }
    }
    let plans = shared::secrets(plans, &context, &mut rendered);
    let literals = shared::config_map(&plans, &context, &mut rendered);
    for plan in &plans {
        rendered.missing.extend(plan.missing.iter().cloned());
        rendered.left_out.extend(plan.left_out.iter().cloned());
        for warning in &plan.warnings {
            // servers may share a value
            if !rendered.warnings.contains(warning) {
                rendered.warnings.push(warning.clone());
            }
        }
        rendered.absent.extend(plan.absent.iter().cloned());
        let notes = notes::notes(plan.server);
        if !notes.is_empty() {
            rendered.notes.entry(plan.server.name.clone()).or_default().extend(notes);
        }
    }
    rendered.absent.extend(values.absent.iter().cloned());
    rendered.absent.retain(|key| !rendered.config_map.contains_key(key) && !rendered.secret.contains_key(key));
    rendered.missing.sort();
    rendered.missing.dedup();
    let catalog = derived::catalog(&plans, &literals, options, &mut rendered);
    if !options.keys_only {
        rendered.catalog = catalog;
    }
    rendered
}

impl Rendered {
    /// The derived catalog as the text of `BASE-catalog.yaml`.
    ///
    /// # Errors
    /// A catalog that YAML cannot carry; none is known.
    pub fn catalog_yaml(&self) -> Result<String> {
        derived::yaml(&self.catalog)
    }

    /// An error that names every refused server with its reasons; `None` if none was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let names: Vec<String> = self.refused.keys().map(|name| format!("`{}`", super::keys::clean(name))).collect();
        if names.is_empty() {
            return None;
        }
        let error = Error::invalid(format!("{} cannot be provisioned", names.join(", ")));
        Some(self.refused.iter().fold(error, |error, (server, reasons)| {
            reasons
                .iter()
                .fold(error, |error, reason| error.detail(format!("{}: {reason}", super::keys::clean(server))))
        }))
    }
}
