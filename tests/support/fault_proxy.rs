//! A proxy on loopback, over TLS, between the program and an API server: it remembers what was sent, and lets things
//! go wrong at the requests that a test chose.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube_sandbox::Fault;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::inject_fault;
use super::inject_fault::{Body, Broken};
use super::tls::certified;
use crate::program::adversity::setup::wait;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// What a test has ordered, and what came.
#[derive(Default)]
pub(crate) struct State {
    sent: Vec<Sent>,
    /// Faults by the number of the request that they strike, from 1.
    orders: Vec<(usize, Fault)>,
    latency: Duration,
    /// The history that lists in pages go on from is forgotten.
    pub(crate) forgotten: bool,
    /// Watches end at random moments, some by breaking.
    pub(crate) cuts: Option<fastrand::Rng>,
    /// What is added to the date of answers.
    pub(crate) seconds_ahead: i64,
}

/// A proxy that lives as long as this does.
pub(crate) struct FaultProxy {
    folder: TempDir,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts one that passes requests on through this client.
    pub(crate) fn before(client: Client, namespace: &str) -> Self {
        let (tls, certificate) = certified();
        let state: Arc<Mutex<State>> = Arc::default();
        let known = Arc::clone(&state);
        let (server, address) = wait(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            (tokio::spawn(serve(listener, tls, client, known)), address)
        });
        let folder = tempfile::tempdir().unwrap();
        for (name, authority) in [("config", certificate), ("of-another-authority", certified().1)] {
            let config = json!({
                "apiVersion": "v1", "kind": "Config", "current-context": "proxied",
                "clusters": [{"name": "test", "cluster": {
                    "server": format!("https://{address}"), "certificate-authority-data": STANDARD.encode(authority),
                }}],
                "users": [{"name": "tester", "user": {"token": "canary-token-of-the-proxy"}}],
                "contexts": [{"name": "proxied", "context": {
                    "cluster": "test", "user": "tester", "namespace": namespace,
                }}],
            });
            std::fs::write(folder.path().join(name), config.to_string()).unwrap();
        }
        Self { folder, state, server }
    }

    /// A kubeconfig that leads here.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// One whose authority has not signed the proxy's certificate.
    pub(crate) fn kubeconfig_of_another_authority(&self) -> PathBuf {
        self.folder.path().join("of-another-authority")
    }

    /// Orders a fault for the `nth` request from now on, from 1.
    pub(crate) fn order(&self, nth: usize, fault: Fault) {
        let mut state = lock(&self.state);
        let number = state.sent.len() + nth;
        state.orders.push((number, fault));
    }

    /// Takes back all that has not happened yet, and sets the date right.
    pub(crate) fn clear(&self) {
        let mut state = lock(&self.state);
        state.orders.clear();
        state.forgotten = false;
        state.cuts = None;
        state.seconds_ahead = 0;
    }

    /// Lets every request take so much longer.
    pub(crate) fn latency(&self, latency: Duration) {
        lock(&self.state).latency = latency;
    }

    /// Lets every watch end at a random moment.
    pub(crate) fn cut_watches(&self, seed: u64) {
        lock(&self.state).cuts = Some(fastrand::Rng::with_seed(seed));
    }

    /// Lets the server's clock differ.
    pub(crate) fn set_clock(&self, seconds_ahead: i64) {
        lock(&self.state).seconds_ahead = seconds_ahead;
    }

    /// What came so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        lock(&self.state).sent.clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, client: Client, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, tls.clone(), client.clone(), Arc::clone(&state)));
    }
}

/// Serves one connection; however it ends, no other one minds.
async fn converse(stream: TcpStream, tls: TlsAcceptor, client: Client, state: Arc<Mutex<State>>) {
    // a connection that breaks is reset, as by a server that has died
    stream.set_zero_linger().unwrap();
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = hyper::service::service_fn(move |request| answer(client.clone(), Arc::clone(&state), request));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    client: Client,
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let (fault, latency) = {
        let mut state = lock(&state);
        state.sent.push(Sent {
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            headers: format!("{:?}", parts.headers),
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        let number = state.sent.len();
        let fault = state.orders.iter().find(|(nth, _)| *nth == number).map(|(_, fault)| *fault);
        (fault, state.latency)
    };
    tokio::time::sleep(latency).await;
    inject_fault::answer(&client, &state, fault, parts, body).await
}
