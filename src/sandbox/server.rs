//! The sandbox on a loopback port, for clients of other programs.
//!
//! TLS with a certificate of its own, because kubectl sends no token without it; and a random token, so that nothing
//! else on the machine, such as a page in a browser, reaches it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, Response, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::body::{Body, Broken};
use super::handler::{handle, respond};
use super::status::Failure;
use super::world::World;
use crate::error::{Error, Result};

/// What cluster, user and context are called in the kubeconfig.
const NAME: &str = "sandbox";

/// How long the server rests when the system gives it no connection (too many open files).
const REST: Duration = Duration::from_millis(50);

/// A world behind a port of 127.0.0.1.
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
    /// Takes a port of 127.0.0.1, any free one if it is 0. Nobody is answered before [`run`](Self::run).
    ///
    /// # Errors
    /// The port is taken or not allowed.
    pub async fn bind(world: Arc<World>, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| Error::failed(format!("cannot listen on 127.0.0.1:{port}")).cause(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| Error::failed("no port").cause(error.to_string()))?;
        let (tls, certificate) = certify().map_err(|why| Error::failed("cannot make a certificate").cause(why))?;
        Ok(Self { world, listener, address, tls, certificate, token: token()? })
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The text of a kubeconfig that leads here. It holds the token: nobody else may read it.
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
                accepted = self.listener.accept() => match accepted {
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

/// Serves one connection. Its end, in whatever way, concerns only its client.
async fn serve(world: Arc<World>, token: Arc<String>, tls: TlsAcceptor, stream: TcpStream) {
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(move |request| answer(Arc::clone(&world), Arc::clone(&token), request));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ended = connection.with_upgrades().await;
}

async fn answer(
    world: Arc<World>,
    token: Arc<String>,
    request: Request<Incoming>,
) -> std::result::Result<Response<Body>, Broken> {
    if !knows(request.headers(), &token) {
        return Ok(respond(&world, Answer::Failure(Failure::unauthorized()), None));
    }
    handle(world, request).await
}

/// Whether the request brings the token. Takes as long for a wrong one as for a right one of that length.
fn knows(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).map_or(&[][..], http::HeaderValue::as_bytes);
    let wanted = format!("Bearer {token}");
    given.len() == wanted.len() && given.iter().zip(wanted.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// 256 bits from the system, as text.
fn token() -> Result<String> {
    let mut bytes = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| Error::failed("the system gives no random numbers"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// A new key with a certificate for the loopback address, and the certificate as PEM.
fn certify() -> std::result::Result<(TlsAcceptor, String), String> {
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
        .map_err(|error| error.to_string())?;
    let text = pem::encode(&pem::Pem::new("CERTIFICATE", made.cert.der().to_vec()));
    Ok((TlsAcceptor::from(Arc::new(config)), text))
}
