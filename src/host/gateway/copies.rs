//! What a gateway is started on: copies in a folder of the run's own, gone with it.
//!
//! A run that was killed leaves its folder, with the cluster's credentials in it. The folder is locked as long as the run
//! or its gateway lives, whose lock ends with them however they end, so the next run knows what nobody needs any more.

use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::error::{Error, Result};
use crate::gateway::command::GatewayRun;

/// What the names of the folders begin with.
const PREFIX: &str = "mcpctl-gateway-";
/// How old a folder that nobody has locked must be: between its making and its lock lies a moment.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// What only this run of the gateway sees.
pub(super) struct Copies {
    /// The kubeconfig of the pinned context alone; none inside a cluster.
    pub(super) kubeconfig: Option<PathBuf>,
    /// The derived catalog.
    pub(super) catalog: PathBuf,
    _lock: File,
    _folder: TempDir,
}

impl Copies {
    /// Writes them, and removes those that were left behind.
    ///
    /// # Errors
    /// The folder or a file cannot be written; the cluster's kubeconfig cannot be told.
    pub(super) fn write(run: &GatewayRun, cluster: &Cluster, catalog: &str) -> Result<Self> {
        let parent = runtime_folder();
        remove_left_behind(&parent);
        let failed = |cause: std::io::Error| Error::io("cannot write into", &parent, &cause);
        let mut builder = tempfile::Builder::new();
        let folder =
            builder.prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir_in(&parent).map_err(failed)?;
        let lock = lock(folder.path()).map_err(failed)?;
        let put = |name: &Path, text: &str| -> Result<PathBuf> {
            let path = folder.path().join(name);
            write_private(&path, text).map_err(|cause| Error::io("cannot write", &path, &cause))?;
            Ok(path)
        };
        let kubeconfig = match cluster.pinned_kubeconfig()? {
            Some(text) => Some(put(Path::new("kubeconfig"), &text)?),
            None => None,
        };
        let name = run.catalog.as_deref().and_then(Path::file_name).unwrap_or("catalog.yaml".as_ref());
        let catalog = put(Path::new(name), catalog)?;
        Ok(Self { kubeconfig, catalog, _lock: lock, _folder: folder })
    }
}

/// Where files of a running program belong: in memory where the system has such a folder, else among temporary files.
fn runtime_folder() -> PathBuf {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_dir());
    own.unwrap_or_else(std::env::temp_dir)
}

/// Locks a folder for this process and those that it starts. A file system that knows no locks is no reason to fail: it has
/// none to ask for later, either.
fn lock(folder: &Path) -> std::io::Result<File> {
    let file = File::open(folder)?;
    let _ = file.try_lock();
    fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))?;
    Ok(file)
}

/// Removes the folders of runs that were killed. What cannot be looked at or removed is another user's, or the next run's.
fn remove_left_behind(parent: &Path) {
    let Ok(entries) = parent.read_dir() else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_left_behind(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left_behind(folder: &Path) -> bool {
    let Ok(file) = File::open(folder) else { return false };
    let made = file.metadata().and_then(|metadata| metadata.modified());
    let age = made.map(|made| SystemTime::now().duration_since(made).unwrap_or_default());
    age.is_ok_and(|age| age > LEFT_BEHIND) && file.try_lock().is_ok()
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
