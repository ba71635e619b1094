//! An API server on this machine that notes who asks, and kubeconfigs that lead to it.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mcpctl::cluster::{Cluster, ConnectOptions, access};
use mcpctl::error::{Error, Result};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

type Verified<T> = std::result::Result<T, rustls::Error>;

/// Who asked, as far as one request says: its headers, and `certificate` where there was one.
pub(super) type Seen = Arc<Mutex<Vec<Vec<String>>>>;

/// A server.
pub(super) struct Server {
    /// `https://127.0.0.1:PORT`
    pub(super) url: String,
    /// Its certificate as PEM.
    pub(super) certificate: String,
    /// Who asked.
    pub(super) seen: Seen,
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A certificate as PEM.
pub(super) fn pem_of(certificate: &CertificateDer<'_>) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate.to_vec()))
}

/// A private key as PEM.
pub(super) fn key_pem(key: &KeyPair) -> String {
    pem::encode(&pem::Pem::new("PRIVATE KEY", key.serialize_der()))
}

/// Takes every client certificate whose key its owner has.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Verified<ClientCertVerified> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Verified<rustls::client::danger::HandshakeSignatureValid> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Verified<rustls::client::danger::HandshakeSignatureValid> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl Server {
    /// A server with a certificate of its own for the loopback address.
    pub(super) async fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self::showing(vec![certificate.der().clone()], &key).await
    }

    /// A server that shows these certificates.
    pub(super) async fn showing(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        let certificate = pem_of(&chain[0]);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(Arc::new(AnyClient(provider())))
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let certificate = stream.get_ref().1.peer_certificates().is_some();
                    let answer = service_fn(move |request: Request<Incoming>| {
                        noted.lock().unwrap().push(asker(&request, certificate));
                        let body = Full::new(Bytes::from_static(
                            b"{\"gitVersion\": \"v1.34.4\", \"kind\": \"PodList\", \"apiVersion\": \"v1\", \
                              \"metadata\": {}, \"items\": []}",
                        ));
                        let response = Response::builder().header("content-type", "application/json").body(body);
                        async move { Ok::<_, Infallible>(response.unwrap()) }
                    });
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { url, certificate, seen }
    }

    /// `server` and the server's certificate as its authority.
    pub(super) fn entry(&self) -> String {
        format!("server: '{}', certificate-authority-data: {}", self.url, STANDARD.encode(&self.certificate))
    }

    /// Asks with a kubeconfig, and gives what the server saw.
    pub(super) async fn asked(&self, kubeconfig: PathBuf) -> Result<Vec<String>> {
        self.seen.lock().unwrap().clear();
        access::version(&connect(kubeconfig)?).await?;
        Ok(self.seen.lock().unwrap().last().cloned().unwrap())
    }
}

fn asker(request: &Request<Incoming>, certificate: bool) -> Vec<String> {
    let mut seen: Vec<String> = request
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str() == "authorization" || name.as_str().starts_with("impersonate"))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()).trim()))
        .collect();
    if certificate {
        seen.push("certificate".to_owned());
    }
    seen.sort();
    seen
}

pub(super) fn connect(kubeconfig: PathBuf) -> Result<Cluster> {
    Cluster::connect(ConnectOptions { kubeconfig: Some(kubeconfig), ..ConnectOptions::default() })
}

/// A kubeconfig with one cluster and one user, in a folder.
pub(super) fn kubeconfig(folder: &Path, cluster: &str, user: &str) -> PathBuf {
    let file = folder.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         contexts: [{{name: here, context: {{cluster: c, user: ci}}}}]\n\
         clusters: [{{name: c, cluster: {{{cluster}}}}}]\nusers: [{{name: ci, user: {{{user}}}}}]\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// All of an error, as a user could see it.
pub(super) fn shown(error: &Error) -> String {
    format!("{error}\n{}\n{}", error.details.join("\n"), error.hints.join("\n"))
}
