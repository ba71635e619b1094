//! Servers of a test's own on loopback: over TLS, with a certificate of an authority that only the test trusts, or
//! plain, as registries and proxies on this machine are.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The host names of the certificate.
pub(crate) const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "catalog.example"];

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The path that was asked for.
    pub(crate) target: String,
    /// The headers, their names in small letters.
    pub(crate) headers: BTreeMap<String, String>,
}

type Answer = Arc<dyn Fn(&Request) -> Vec<u8> + Send + Sync>;

/// A server that answers until it is dropped.
pub(crate) struct Server {
    port: u16,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
    folder: tempfile::TempDir,
}

impl Server {
    /// Over TLS. The answers are whole HTTP responses, so that they can be broken ones, too.
    pub(crate) fn tls(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = HOSTS.map(str::to_owned).to_vec();
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        Self::with_certificate(authority.as_ref(), &leaf, &key, answer)
    }

    /// Over TLS with an authority's certificate as the server's own, as `openssl req -x509` makes it.
    pub(crate) fn tls_of_an_authority(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(HOSTS.map(str::to_owned).to_vec()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self::with_certificate(&certificate, &certificate, &key, answer)
    }

    fn with_certificate(
        authority: &Certificate,
        leaf: &Certificate,
        key: &KeyPair,
        answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let config = Arc::new(config);
        let server = Self::start(
            "https",
            move |stream, serve| {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                serve(&mut stream);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            },
            answer,
        );
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", authority.der().to_vec()));
        std::fs::write(server.authority(), pem).unwrap();
        server
    }

    /// Without TLS.
    pub(crate) fn plain(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start("http", |mut stream, serve| serve(&mut stream), answer)
    }

    fn start(
        scheme: &'static str,
        wrap: impl Fn(TcpStream, &dyn Fn(&mut dyn ReadWrite)) + Send + Sync + 'static,
        answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            scheme,
            requests: Arc::default(),
            over: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
        };
        let (requests, over) = (Arc::clone(&server.requests), Arc::clone(&server.over));
        let (answer, wrap): (Answer, _) = (Arc::new(answer), Arc::new(wrap));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (requests, answer, wrap) = (Arc::clone(&requests), Arc::clone(&answer), Arc::clone(&wrap));
                let Ok(stream) = stream else { continue };
                std::thread::spawn(move || wrap(stream, &|stream| serve(stream, &requests, &answer)));
            }
        });
        server
    }

    /// The address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.port)
    }

    /// `localhost:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The file with the authority's certificate, for `SSL_CERT_FILE`.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // the listener wakes up, sees that it is over, and closes its port
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::yield_now();
        }
    }
}

/// Both directions of a connection.
pub(crate) trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

/// One request and its answer; then the connection ends, whether or not the answer was whole.
fn serve(stream: &mut dyn ReadWrite, requests: &Mutex<Vec<Request>>, answer: &Answer) {
    let Some(request) = read(stream) else { return };
    requests.lock().unwrap().push(request.clone());
    // a client that has read enough goes away
    let _ = stream.write_all(&answer(&request)).and_then(|()| stream.flush());
}

fn read(stream: &mut dyn ReadWrite) -> Option<Request> {
    let mut lines = BufReader::with_capacity(1, stream).lines();
    let first = lines.next()?.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Some(Request { target, headers })
}

/// A whole response with some further header lines.
pub(crate) fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.into_bytes(), body.to_vec()].concat()
}
