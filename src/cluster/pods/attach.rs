//! Attaches to a container's stdin and stdout over the API server's websocket.
//!
//! kube's streams end only when the server says so: a connection that breaks leaves them open for ever, stderr that
//! nobody reads stops stdout, and a status that nobody holds fails the task behind. So stderr is drained, the status
//! held, and [`Attached::closed`] tells of every end; whoever reads or writes selects with it.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{ReadHalf, SimplexStream, WriteHalf};
use tokio::task::JoinHandle;

use super::Created;
use crate::cluster::connection::verbs::Operation;
use crate::cluster::{Cluster, names};
use crate::error::{Error, Result};

/// Bytes that a stream holds until they are read.
const BUFFER: usize = 64 * 1024;

/// A container's streams. Dropping it closes the connection.
pub struct Attached {
    /// Dropped with this, which ends the task behind the streams.
    _process: AttachedProcess,
    stdin: Option<WriteHalf<SimplexStream>>,
    stdout: Option<ReadHalf<SimplexStream>>,
    /// Ready when that task has ended, with nothing where the connection broke.
    status: BoxFuture<'static, End>,
    end: Option<End>,
    drained: Option<JoinHandle<()>>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The container's process ended, or was gone already.
    Ended,
    /// The connection broke.
    Broken,
}

impl Attached {
    /// The container's stdout and stdin; `None` the second time.
    pub fn streams(&mut self) -> Option<(ReadHalf<SimplexStream>, WriteHalf<SimplexStream>)> {
        self.stdout.take().zip(self.stdin.take())
    }

    /// Waits until the connection is closed, from whichever side.
    pub async fn closed(&mut self) -> End {
        match self.end {
            Some(end) => end,
            None => *self.end.insert((&mut self.status).await),
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if let Some(drained) = &self.drained {
            drained.abort();
        }
    }
}

/// Attaches to a pod's only container. A read-only run and a dry run refuse it.
///
/// # Errors
/// The server cannot be asked or says no.
pub async fn attach(cluster: &Cluster, pod: &Created) -> Result<Attached> {
    names::check_namespace(&pod.namespace)?;
    names::check_name("pod", &pod.name)?;
    let pods: Api<Pod> = Api::namespaced(cluster.client(), &pod.namespace);
    let parameters = AttachParams {
        stdin: true,
        stdout: true,
        stderr: true,
        max_stdin_buf_size: Some(BUFFER),
        max_stdout_buf_size: Some(BUFFER),
        ..AttachParams::default()
    };
    let asked = http::Request::get(format!("/api/v1/namespaces/{}/pods/{}/attach", pod.namespace, pod.name)).body(());
    let operation = Operation::of(&asked.map_err(|_| Error::failed("the request to attach could not be written"))?);
    let mut process = pods.attach(&pod.name, &parameters).await.map_err(|error| cluster.error(&operation, error))?;
    let (stdin, stdout, stderr) = (process.stdin(), process.stdout(), process.stderr());
    let status = process.take_status();
    let drained = stderr.map(|mut stderr| {
        tokio::spawn(async move {
            // what is said there is in the log, too
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        })
    });
    let status = async move {
        match status {
            Some(status) => status.await.map_or(End::Broken, |_| End::Ended),
            None => End::Broken,
        }
    };
    Ok(Attached { _process: process, stdin, stdout, status: status.boxed(), end: None, drained })
}
