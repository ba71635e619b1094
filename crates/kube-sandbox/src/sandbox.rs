//! The entry point: a simulated cluster and its clients.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::Result;
use crate::http::connection;
use crate::world::World;
use crate::world::snapshot::Snapshot;

/// A Kubernetes API server in memory. Clones share one cluster.
///
/// Its state and its test controls (faults, permissions, time) are methods of [`World`], to which it dereferences.
///
/// ```
/// use k8s_openapi::api::core::v1::Namespace;
/// use kube::Api;
/// use kube_sandbox::Sandbox;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let client = Sandbox::new().client();
/// let namespaces: Api<Namespace> = Api::all(client);
/// assert_eq!(namespaces.list(&Default::default()).await?.items.len(), 4);
/// # Ok::<(), kube::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<World>);

impl Sandbox {
    /// A new cluster: the namespaces `default`, `kube-node-lease`, `kube-public` and `kube-system`, and no other
    /// objects.
    #[must_use]
    pub fn new() -> Self {
        Self(World::empty())
    }

    /// The cluster of a snapshot. Running operations, such as the start of a pod, continue.
    ///
    /// # Errors
    /// An object of a kind that the sandbox does not have.
    pub fn from_snapshot(snapshot: Snapshot) -> Result<Self> {
        World::from_snapshot(snapshot).map(Self)
    }

    /// A client whose default namespace is the cluster's [current one](World::namespace). Call this and use the client
    /// within a tokio runtime.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        self.client_in(&self.namespace())
    }

    /// A client with this default namespace.
    #[must_use]
    pub fn client_in(&self, default_namespace: &str) -> kube::Client {
        connection::client(&self.0, default_namespace)
    }

    /// The cluster that clones and servers share.
    #[cfg(feature = "server")]
    pub(crate) fn world(&self) -> &Arc<World> {
        &self.0
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Sandbox {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}
