//! Hosts elsewhere, played on loopback: a SOCKS proxy leads every name to one server, with TLS before it.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::http_server::{Answer, Loopback};
use super::program::Mcpctl;

/// The names that the certificate is for.
const NAMES: [&str; 3] = ["registry.test", "other.test", "web.test"];

/// A SOCKS5 proxy that connects everybody with one server.
pub(crate) struct Socks {
    /// Host and port.
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Socks {
    /// Starts one for as long as the test's runtime lives. Without a target it refuses to connect.
    pub(crate) async fn start(target: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, target.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, asked }
    }

    /// What it was asked to connect to: `registry.test:443`. An address that was resolved before is no name.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, target: Option<String>, seen: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.ok()?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods).await.ok()?;
    let login = methods.contains(&2);
    stream.write_all(&[5, if login { 2 } else { 0 }]).await.ok()?;
    if login {
        stream.read_exact(&mut head).await.ok()?;
        let mut name = vec![0; usize::from(head[1]) + 1];
        stream.read_exact(&mut name).await.ok()?;
        let mut password = vec![0; usize::from(name[name.len() - 1])];
        stream.read_exact(&mut password).await.ok()?;
        stream.write_all(&[1, 0]).await.ok()?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await.ok()?;
    let host = match request[3] {
        3 => {
            let mut name = vec![0; usize::from(stream.read_u8().await.ok()?)];
            stream.read_exact(&mut name).await.ok()?;
            String::from_utf8(name).ok()?
        }
        1 => format!("{:?}", stream.read_u32().await.ok()?.to_be_bytes()),
        _ => format!("{:?}", stream.read_u128().await.ok()?.to_be_bytes()),
    };
    let port = stream.read_u16().await.ok()?;
    seen.lock().unwrap().push(format!("{host}:{port}"));
    let Some(target) = target else {
        stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
        return None;
    };
    let mut server = TcpStream::connect(target).await.ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    copy_bidirectional(&mut stream, &mut server).await.ok().map(|_| ())
}

/// A server at `registry.test`, `other.test` and `web.test`, reached through a proxy.
pub(crate) struct Far {
    /// What it was asked.
    pub(crate) server: Loopback,
    /// The proxy.
    pub(crate) proxy: Socks,
    certificate: String,
}

impl Far {
    /// One that speaks HTTPS.
    pub(crate) async fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        let server = Loopback::start(answer).await;
        let (acceptor, certificate) = certified();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, behind) = (listener.local_addr().unwrap().to_string(), server.address.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await.ok()?;
                    let mut server = TcpStream::connect(behind).await.ok()?;
                    copy_bidirectional(&mut stream, &mut server).await.ok()
                });
            }
        });
        Self { server, proxy: Socks::start(Some(address)).await, certificate }
    }

    /// One that answers in plain HTTP whatever is asked.
    pub(crate) async fn without_tls(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut part = [0; 64];
                let _ = stream.read(&mut part).await;
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        });
        let server = Loopback::start(|_, _| super::http_server::respond(500, &[], "")).await;
        Self { server, proxy: Socks::start(Some(address)).await, certificate: certified().1 }
    }

    /// A run that reaches it by the variable `proxy`, with this scheme.
    pub(crate) fn reached_by(&self, run: Mcpctl, variable: &str, scheme: &str) -> Mcpctl {
        let run = run.file("far.pem", &self.certificate);
        let certificate = run.folder().join("far.pem").display().to_string();
        run.env("SSL_CERT_FILE", certificate).env(variable, format!("{scheme}://{}", self.proxy.address))
    }

    /// A run that reaches it.
    pub(crate) fn reached(&self, run: Mcpctl) -> Mcpctl {
        self.reached_by(run, "HTTPS_PROXY", "socks5h")
    }
}

fn certified() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(NAMES.map(str::to_owned)).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    mcpctl::web::tls::install();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", made.cert.der().to_vec()));
    (TlsAcceptor::from(Arc::new(config)), certificate)
}
