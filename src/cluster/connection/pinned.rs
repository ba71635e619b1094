//! A kubeconfig of the chosen context alone, as it was read: for a program that must reach the same cluster even if
//! the user's files change while it runs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use kube::config::{Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};
use zeroize::Zeroizing;

use super::kubeconfig::{Chosen, is_pipe, read_file};
use crate::cluster::Cluster;
use crate::encoding;
use crate::error::{Error, Result};
use crate::files::RuntimeFolder;

/// The name of the one cluster and of the one user.
const NAME: &str = "pinned";

/// The path of a kubeconfig for a command line that is run later. A pipe is gone by then: a name stands for the file in
/// which its content must be saved first.
#[must_use]
pub fn lasting(kubeconfig: &Path) -> PathBuf {
    if is_pipe(kubeconfig) { "KUBECONFIG_FILE".into() } else { kubeconfig.to_owned() }
}

/// `$KUBECONFIG` for a program that is started now: a pipe in it can be read only once, so a file with its content takes
/// its place. None if there is no pipe in it. The folder is removed when it is dropped.
///
/// # Errors
/// The pipe cannot be read as text, or its content cannot be written.
pub(crate) fn without_pipes(variable: &OsStr) -> Result<Option<(RuntimeFolder, OsString)>> {
    let mut paths: Vec<PathBuf> = std::env::split_paths(variable).collect();
    if !paths.iter().any(|path| is_pipe(path)) {
        return Ok(None);
    }
    let folder = RuntimeFolder::new("kubeconfig")?;
    for (number, path) in paths.iter_mut().enumerate().filter(|(_, path)| is_pipe(path)) {
        let content = read_file("kubeconfig", path)?;
        let text = encoding::decode(&content, &path.display().to_string())?.text;
        *path = folder.put(format!("config-{number}").as_ref(), &text)?;
    }
    let joined = std::env::join_paths(paths).map_err(|_| Error::failed("`$KUBECONFIG` cannot be handed on"))?;
    Ok(Some((folder, joined)))
}

/// What a connection was made from.
#[derive(Clone, Default)]
pub(in crate::cluster) struct Pinned {
    /// The context, its cluster and its user; none for a pod's own account and for the sandbox.
    pub(in crate::cluster) chosen: Option<Box<Chosen>>,
    /// The files that were read.
    pub(in crate::cluster) files: Vec<PathBuf>,
    /// What is odd in them and does no harm.
    pub(in crate::cluster) warnings: Vec<String>,
}

impl Cluster {
    /// A kubeconfig that holds the connection's context and nothing else, credentials included: for a file that only
    /// its owner can read. `None` where there is no kubeconfig behind the connection.
    ///
    /// # Errors
    /// None that is known; writing JSON is fallible by its signature.
    pub fn pinned_kubeconfig(&self) -> Result<Option<Zeroizing<String>>> {
        let Some(chosen) = self.inner.pinned.chosen.as_deref() else { return Ok(None) };
        let context = Context {
            cluster: NAME.to_owned(),
            user: Some(NAME.to_owned()),
            namespace: chosen.namespace.clone(),
            ..Context::default()
        };
        let config = Kubeconfig {
            api_version: Some("v1".to_owned()),
            kind: Some("Config".to_owned()),
            current_context: Some(chosen.context.clone()),
            contexts: vec![NamedContext {
                name: chosen.context.clone(),
                context: Some(context),
                ..NamedContext::default()
            }],
            clusters: vec![NamedCluster {
                name: NAME.to_owned(),
                cluster: Some(chosen.cluster.clone()),
                ..NamedCluster::default()
            }],
            auth_infos: vec![NamedAuthInfo {
                name: NAME.to_owned(),
                auth_info: Some(chosen.auth.clone()),
                ..NamedAuthInfo::default()
            }],
            ..Kubeconfig::default()
        };
        // JSON is YAML, too
        let text = serde_json::to_string(&config).map_err(|_| Error::failed("the kubeconfig cannot be written"))?;
        Ok(Some(Zeroizing::new(text)))
    }

    /// Whether a program of the user's gives the credentials: it may need variables of the environment.
    #[must_use]
    pub fn has_credential_plugin(&self) -> bool {
        self.inner.pinned.chosen.as_ref().is_some_and(|chosen| chosen.auth.exec.is_some())
    }

    /// What is odd in the kubeconfig and does no harm, such as a key that appears twice.
    #[must_use]
    pub fn kubeconfig_warnings(&self) -> &[String] {
        &self.inner.pinned.warnings
    }

    /// The kubeconfig file that the connection was made from; `None` where there are several, or none.
    #[must_use]
    pub fn kubeconfig_file(&self) -> Option<&Path> {
        match self.inner.pinned.files.as_slice() {
            [file] => Some(file),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::{Cluster, ConnectOptions};

    const TEXT: &str = "
current-context: other
contexts:
- {name: dev, context: {cluster: a, user: me, namespace: mcp}}
- {name: other, context: {cluster: b, user: you}}
clusters:
- {name: a, cluster: {server: 'https://first:6443', certificate-authority: ca.pem, insecure-skip-tls-verify: false}}
- {name: b, cluster: {server: 'https://second:6443'}}
users:
- {name: me, user: {token: canary-token}}
- {name: you, user: {token: canary-other}}
";

    #[tokio::test]
    async fn what_was_chosen_stays_when_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        // read when connecting, but nobody is connected to
        std::fs::write(folder.path().join("ca.pem"), "").unwrap();
        std::fs::write(&file, TEXT).unwrap();
        let options =
            ConnectOptions { kubeconfig: Some(file.clone()), context: Some("dev".into()), ..ConnectOptions::default() };
        let cluster = Cluster::connect(options).unwrap();
        std::fs::write(&file, TEXT.replace("first", "evil")).unwrap();
        let text = cluster.pinned_kubeconfig().unwrap().unwrap();
        assert!(text.contains("https://first:6443") && text.contains("canary-token"), "{}", *text);
        assert!(!text.contains("evil") && !text.contains("canary-other") && !text.contains("second"));
        let pinned = folder.path().join("pinned");
        std::fs::write(&pinned, text.as_bytes()).unwrap();
        let again =
            ConnectOptions { kubeconfig: Some(pinned), context: Some("dev".into()), ..ConnectOptions::default() };
        let again = Cluster::connect(again).unwrap();
        assert_eq!((again.server(), again.namespace()), ("https://first:6443", "mcp"));
        assert_eq!(cluster.kubeconfig_file(), Some(file.as_path()));
    }
}
