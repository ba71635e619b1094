//! The one way to Kubernetes: connecting, pods, ConfigMaps and Secrets, with guard, dry run, recorder and
//! retries around every request.
//!
//! [`Cluster::connect`] reads the kubeconfig and touches no network; what it found stays as it is for the whole
//! run. Functions of [`pods`], [`objects`] and [`access`] take a [`Cluster`] first.

pub mod access;
pub mod connection;
pub mod controllers;
pub mod documents;
pub mod events;
pub mod names;
pub mod namespaces;
pub mod nodes;
pub mod objects;
pub mod pods;
pub mod pull_secrets;
pub mod snapshot;
mod termination;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use connection::dry_run_state::DryRunState;
use connection::transport::Transport;
use connection::verbs::Operation;

pub use connection::connect::{ConnectOptions, Simulated};
pub use connection::errors::{admitted_by, for_script};
pub use connection::exchange::ApiResponse;
pub use connection::kubeconfig::contexts;
pub use connection::pinned::lasting;
pub(crate) use connection::pinned::without_pipes;
pub use connection::request_log::{Listener, WarningListener};

use crate::error::{Error, Result};
use crate::record::{Effect, Recorder};

/// Who asks whom: what every error and every preview names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The context's name; `in-cluster` for a pod's own account, `sandbox` for the sandbox.
    pub context: String,
    /// The API server's URL.
    pub server: String,
    /// The namespace that is meant where none is named.
    pub namespace: String,
    /// The kubeconfig's user; empty if it names none.
    pub user: String,
    /// The kubeconfig files, in backticks; empty where there are none.
    pub files: String,
    /// The proxy on the way and where it is named; empty without one.
    pub proxy: String,
}

/// A connection to one cluster. Clones share it.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    client: kube::Client,
    transport: Arc<Transport>,
    recorder: Arc<Recorder>,
    request_timeout: Duration,
    dry_run: bool,
    simulated: bool,
    guard: connection::guard::Guard,
    pinned: connection::pinned::Pinned,
    imagined: DryRunState,
}

impl Cluster {
    /// The context's name.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.inner.identity.context
    }

    /// The API server's URL.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.inner.identity.server
    }

    /// The namespace that is meant where none is named: the option, else the context's, else `default`.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.inner.identity.namespace
    }

    /// The kubeconfig's user; empty if it names none.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.inner.identity.user
    }

    /// All of the above at once.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Whether changes are only judged by the server, never done.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.inner.dry_run
    }

    /// Whether this is the sandbox and no cluster.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.inner.simulated
    }

    /// How long one request and its answer may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.inner.request_timeout
    }

    /// Where changes and effects are noted.
    #[must_use]
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.inner.recorder
    }

    /// A kube client with every layer around it, for watches and attach. Its requests have no timeout; turn its
    /// errors into ours with [`Cluster::error`].
    #[must_use]
    pub fn client(&self) -> kube::Client {
        self.inner.client.clone()
    }

    /// Words an error of [`Cluster::client`].
    #[must_use]
    pub fn error(&self, operation: &Operation, error: kube::Error) -> Error {
        connection::errors::from_kube(&self.inner.identity, operation, error)
    }

    /// Gets the credentials for a request, so that a plugin's time does not count as the request's. No plugin is started
    /// for a request that would be refused.
    async fn prepare(&self, operation: &Operation, is_judgement: bool) -> Result<()> {
        if is_judgement {
            self.inner.guard.check_context()?;
        } else {
            self.inner.guard.check_operation(operation)?;
        }
        self.inner.recorder.permit(&Effect::cluster(operation.verb, &operation.full_resource()))?;
        self.inner.transport.prepare().await
    }

    /// Refuses a change before the first of many is sent.
    fn check_change(&self, verb: &str, resource: &str) -> Result<()> {
        self.inner.guard.check_change(verb, resource)?;
        self.inner.recorder.permit(&Effect::cluster(verb, resource))
    }

    /// Whether a request may be sent that the script did not ask for, and that changes nothing.
    fn may_ask(&self, verb: &str, resource: &str) -> bool {
        self.inner.recorder.allows(&Effect::cluster(verb, resource))
    }

    fn imagined(&self) -> &DryRunState {
        &self.inner.imagined
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("identity", &self.inner.identity).finish_non_exhaustive()
    }
}
