//! A plain HTTP server on loopback that passes requests on to the real API server and remembers them, so that a
//! test sees what was really sent, or makes it slow.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::client::Body;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::cluster_namespace::{client, wait};

/// Requests as `METHOD /path?query`.
type Log = Arc<Mutex<Vec<String>>>;

/// A proxy that lives as long as this does.
pub(crate) struct Proxy {
    folder: TempDir,
    log: Log,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts one that passes requests on as the administrator's.
    pub(crate) fn new() -> Self {
        Self::slow("", Duration::ZERO)
    }

    /// Starts one that lets requests of a method wait.
    pub(crate) fn slow(method: &'static str, pause: Duration) -> Self {
        let log = Log::default();
        let known = Arc::clone(&log);
        let (server, address) = wait(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            (tokio::spawn(serve(listener, client(), known, method, pause)), address)
        });
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: proxied\n\
             clusters: [{{name: test, cluster: {{server: 'http://{address}'}}}}]\n\
             contexts: [{{name: proxied, context: {{cluster: test, user: ''}}}}]\n"
        );
        std::fs::write(folder.path().join("config"), kubeconfig).unwrap();
        Self { folder, log, server }
    }

    /// A kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// What was asked so far that changes something: access reviews do not.
    pub(crate) fn changes(&self) -> Vec<String> {
        let reads = |request: &String| request.starts_with("GET ") || request.contains("selfsubject");
        self.requests().into_iter().filter(|request| !reads(request)).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, client: Client, log: Log, slow: &'static str, pause: Duration) {
    while let Ok((stream, _)) = listener.accept().await {
        let (client, log) = (client.clone(), Arc::clone(&log));
        let answer = move |request: Request<Incoming>| {
            let (client, log) = (client.clone(), Arc::clone(&log));
            async move {
                log.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
                if request.method() == slow {
                    tokio::time::sleep(pause).await;
                }
                Ok::<_, Infallible>(pass_on(&client, request).await)
            }
        };
        tokio::spawn(async move {
            // a client that goes away in the middle is no matter of the proxy's
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer))
                .await;
        });
    }
}

async fn pass_on(client: &Client, request: Request<Incoming>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    for name in [header::HOST, header::ACCEPT_ENCODING, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let response = client.send(Request::from_parts(parts, Body::from(bytes.to_vec()))).await.unwrap();
    let (mut parts, body) = response.into_parts();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING, header::CONNECTION] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::from(body.collect().await.unwrap().to_bytes().to_vec()))
}
