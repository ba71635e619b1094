//! What a gateway is started on: copies in a folder for this run alone.

use std::path::{Path, PathBuf};

use crate::cluster::Cluster;
use crate::error::Result;
use crate::files::RuntimeFolder;
use crate::gateway::command::GatewayRun;
use crate::gateway::launch::Log;

/// What only this run of the gateway sees.
pub(super) struct Copies {
    /// The kubeconfig of the pinned context alone; none inside a cluster.
    pub(super) kubeconfig: Option<PathBuf>,
    /// The derived catalog.
    pub(super) catalog: PathBuf,
    /// Where the gateway's stderr goes.
    pub(super) log: Log,
    /// Removed when dropped.
    pub(super) folder: RuntimeFolder,
}

impl Copies {
    /// Writes them, and removes those that killed runs have left behind. The gateway inherits the folder's lock: while
    /// it is alive, they stay.
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
