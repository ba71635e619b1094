//! The files that a gateway is started with: copies in a private folder of this run.

use std::path::{Path, PathBuf};

use crate::cluster::Cluster;
use crate::error::Result;
use crate::files::RuntimeFolder;
use crate::gateway::command::GatewayRun;
use crate::gateway::launch::Log;

/// The files that only this run of the gateway uses.
pub(super) struct Copies {
    /// The kubeconfig with only the pinned context; none inside a cluster.
    pub(super) kubeconfig: Option<PathBuf>,
    /// The derived catalog.
    pub(super) catalog: PathBuf,
    /// The file for the gateway's stderr.
    pub(super) log: Log,
    /// Removed when dropped.
    pub(super) folder: RuntimeFolder,
}

impl Copies {
    /// Writes the copies, and removes those of killed runs. The gateway inherits the folder's lock: the copies exist as
    /// long as it runs.
    ///
    /// # Errors
    /// The folder or a file cannot be written; the cluster's kubeconfig is not known.
    pub(super) fn write(run: &GatewayRun, cluster: &Cluster, catalog: &str) -> Result<Self> {
        let folder = RuntimeFolder::new("gateway")?;
        let kubeconfig = match cluster.pinned_kubeconfig()? {
            Some(text) => Some(folder.put("kubeconfig".as_ref(), &text)?),
            None => None,
        };
        let name = run.catalog.as_deref().and_then(Path::file_name).unwrap_or("catalog.yaml".as_ref());
        let catalog = folder.put(name, catalog)?;
        let (writer, reader) = folder.growing_file("stderr.log".as_ref())?;
        Ok(Self { kubeconfig, catalog, log: Log { writer, reader }, folder })
    }
}
