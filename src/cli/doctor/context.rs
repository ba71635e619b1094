//! What the groups share: the run, and what is found out once for all of them.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, access};
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::provision::catalog::Catalog;

use super::finding::Finding;

/// What the command line says.
pub(super) struct Asked {
    /// `--base`.
    pub(super) base: Option<String>,
    /// `--config-name`.
    pub(super) config_name: String,
    /// `--secret-name`.
    pub(super) secret_name: String,
    /// How long one question may take.
    pub(super) limit: Duration,
}

/// An API server that answers.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its version, like `v1.34.4`.
    pub(super) version: String,
    /// How long it took to answer once the connection was there.
    pub(super) latency: Duration,
}

/// What the groups share.
pub(super) struct DoctorContext {
    pub(super) host: Arc<Host>,
    pub(super) asked: Asked,
    server: OnceLock<Result<Server>>,
    catalog: OnceLock<Result<Arc<Catalog>>>,
}

impl DoctorContext {
    pub(super) fn new(host: Arc<Host>, asked: Asked) -> Self {
        Self { host, asked, server: OnceLock::new(), catalog: OnceLock::new() }
    }

    /// Waits for the answer to one question, and not too long.
    pub(super) fn wait<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        self.host.wait(self.limited(question))
    }

    /// The answer to one question, if it comes in time.
    pub(super) async fn limited<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.asked.limit;
        tokio::time::timeout(limit, question).await.unwrap_or_else(|_| {
            Err(Error::new(Kind::Timeout, format!("no answer within {}", duration::exact(limit)))
                .hint("is it up? `--timeout 30s` allows more time"))
        })
    }

    /// Whether and how the API server answers: asked once, whoever wants to know.
    pub(super) fn server(&self) -> Result<Server> {
        self.server.get_or_init(|| self.ask()).clone()
    }

    fn ask(&self) -> Result<Server> {
        let cluster = self.host.cluster()?;
        self.wait(access::version(cluster))?;
        let start = Instant::now();
        let version = self.wait(access::version(cluster))?;
        Ok(Server { version, latency: start.elapsed() })
    }

    /// The cluster, for checks that need it to answer.
    ///
    /// # Errors
    /// The line that says that it does not.
    pub(super) fn cluster(&self, check: &'static str) -> Result<&Cluster, Finding> {
        match self.server().and_then(|_| self.host.cluster()) {
            Ok(cluster) => Ok(cluster),
            Err(_) => Err(Finding::unknown(check)),
        }
    }

    /// The namespace that is looked at, as far as it is known.
    pub(super) fn namespace(&self) -> String {
        self.host.cluster().map_or_else(|_| "NAMESPACE".to_owned(), |cluster| cluster.namespace().to_owned())
    }

    /// The catalog, read once.
    pub(super) fn catalog(&self) -> Result<Arc<Catalog>> {
        self.catalog.get_or_init(|| self.host.catalog()).clone()
    }
}
