//! The sandbox on a loopback port, for other programs.
//!
//! TLS with its own certificate, because kubectl sends no token without TLS; and a random token, so that other programs
//! on the machine, such as a page in a browser, cannot use it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::answer::ApiResponse;
use super::body::{Body, Broken};
use super::handler::{handle, respond};
use super::status::Failure;
use crate::error::{Error, Result};
use crate::sandbox::Sandbox;
use crate::world::World;

/// The name of cluster, user and context in the kubeconfig.
const NAME: &str = "sandbox";

/// The pause of the server when the system gives it no connection (too many open files).
const REST: Duration = Duration::from_millis(50);

/// The most connections at once; further ones wait until one of them ends.
const CONNECTIONS: usize = 512;

/// The time limit for the TLS handshake, and for the head of each request, including the idle time before it. A client
/// that sends nothing must not keep a connection from others.
const PATIENCE: Duration = Duration::from_secs(30);

/// The allowed `Host` values. A web page that reaches this port by another host name is refused.
const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// A world on a port of 127.0.0.1.
pub struct Server {
    world: Arc<World>,
    listener: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
    /// The certificate as PEM.
    certificate: String,
    token: String,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Binds a port of 127.0.0.1, any free port for 0. It answers no requests before [`run`](Self::run).
    ///
    /// # Errors
    /// The port is in use or not allowed.
    pub async fn bind(sandbox: &Sandbox, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| failed(format!("cannot listen on 127.0.0.1:{port}"), &error))?;
        let address = listener.local_addr().map_err(|error| failed("cannot read the port", &error))?;
        let (tls, certificate) = certificate()?;
        Ok(Self { world: Arc::clone(sandbox.world()), listener, address, tls, certificate, token: token()? })
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The text of a kubeconfig for this server. It contains the token: no other user may read it.
    #[must_use]
    pub fn kubeconfig(&self, namespace: &str) -> String {
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": NAME,
            "clusters": [{"name": NAME, "cluster": {
                "server": self.url(), "certificate-authority-data": STANDARD.encode(&self.certificate),
            }}],
            "users": [{"name": NAME, "user": {"token": self.token}}],
            "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": namespace}}],
        });
        // JSON is YAML: no writer that folds long lines comes near the certificate
        let mut text = serde_json::to_string_pretty(&config).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Answers until the future is dropped, and the connections with it.
    pub async fn run(self) {
        let token = Arc::new(self.token);
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(Arc::clone(&self.world), Arc::clone(&token), self.tls.clone(), stream));
                    }
                    Err(_) => tokio::time::sleep(REST).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// Serves one connection. Its end, for any reason, concerns only its client.
async fn serve(world: Arc<World>, token: Arc<String>, tls: TlsAcceptor, stream: TcpStream) {
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await else { return };
    let service = service_fn(move |request| answer(Arc::clone(&world), Arc::clone(&token), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    let _ended = connection.with_upgrades().await;
}

async fn answer(
    world: Arc<World>,
    token: Arc<String>,
    request: Request<Incoming>,
) -> std::result::Result<Response<Body>, Broken> {
    if !means_here(request.headers()) || !knows(request.headers(), &token) {
        return Ok(respond(&world, ApiResponse::Failure(Failure::unauthorized()), None));
    }
    handle(world, request).await
}

/// Whether the request is for a loopback address, at any port: it may come through a tunnel.
fn means_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    HOSTS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the request contains the token. The comparison takes constant time for a given length.
fn knows(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).map_or(&[][..], http::HeaderValue::as_bytes);
    let wanted = format!("Bearer {token}");
    given.len() == wanted.len() && given.iter().zip(wanted.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// 256 random bits from the system, as text.
fn token() -> Result<String> {
    let mut bytes = [0; 32];
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| failed("cannot create a token", &"the system has no random numbers"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// A new key with a certificate for the loopback address, and the certificate as PEM.
fn certificate() -> Result<(TlsAcceptor, String)> {
    const ACTION: &str = "cannot create a certificate";
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| failed(ACTION, &error))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .map_err(|error| failed(ACTION, &error))?;
    let text = pem::encode(&pem::Pem::new("CERTIFICATE", made.cert.der().to_vec()));
    Ok((TlsAcceptor::from(Arc::new(config)), text))
}

fn failed(action: impl Into<String>, reason: &impl ToString) -> Error {
    Error::Server { action: action.into(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// The test controls the time: it passes at once if everything waits.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_not_waited_for() {
        let server = Server::bind(&Sandbox::new(), 0).await.unwrap();
        let address = server.address;
        let running = tokio::spawn(server.run());
        for said in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said).await.unwrap();
            let mut answer = Vec::new();
            // it ends with the connection, however it was closed
            let _ = stream.read_to_end(&mut answer).await;
        }
        running.abort();
    }

    #[test]
    fn a_host_is_a_loopback_address_with_any_port() {
        let means = |host: &str| means_here(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]));
        assert!(["127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:80", "[::1]", "[::1]:1"].into_iter().all(means));
        assert!(!["", "x", "127.0.0.1.x", "localhost.x:1", "x:127.0.0.1", "localhost:a", "::1"].into_iter().any(means));
        assert!(!means_here(&HeaderMap::new()));
    }
}
