//! Clients that mean harm: other users and pages of the machine, which know the port and not the token, and requests that
//! no honest client sends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::Signal;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::support::program;
use crate::support::sandbox_serve::Serving;

/// What a kubeconfig of the server says.
struct Way {
    address: String,
    token: String,
    tls: Arc<ClientConfig>,
}

impl Way {
    fn of(kubeconfig: &Path) -> Self {
        let config: Value = serde_json::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap();
        let cluster = &config["clusters"][0]["cluster"];
        let text = STANDARD.decode(cluster["certificate-authority-data"].as_str().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(pem::parse(&text).unwrap().into_contents())).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            address: cluster["server"].as_str().unwrap().trim_start_matches("https://").to_owned(),
            token: config["users"][0]["user"]["token"].as_str().unwrap().to_owned(),
            tls: Arc::new(tls),
        }
    }

    fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(&self.tls), name).unwrap(), stream)
    }

    /// Sends bytes and gives all that comes back until the connection is closed.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // the server may close the connection before it has read all
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            answer.extend_from_slice(&piece[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status of the answer to a request with these headers; 0 if there is none.
    fn status(&self, line: &str, headers: &[&str], body: &[u8]) -> u16 {
        let mut request = format!("{line} HTTP/1.1\r\nconnection: close\r\n").into_bytes();
        for header in headers {
            request.extend_from_slice(format!("{header}\r\n").as_bytes());
        }
        if !body.is_empty() {
            request.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        let answer = self.send(&request);
        assert!(
            !answer.to_lowercase().contains("\naccess-control-"),
            "a page of another origin may read it:\n{answer}"
        );
        answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    fn bearer(&self) -> String {
        format!("authorization: Bearer {}", self.token)
    }

    #[track_caller]
    fn is_well(&self) {
        let host = format!("host: {}", self.address);
        assert_eq!(self.status("GET /api/v1/namespaces/default/pods", &[&host, &self.bearer()], b""), 200);
    }
}

/// The resident memory of a process in KiB.
fn memory(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn who_does_not_know_the_token_or_means_another_host_is_not_answered() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let way = Way::of(&serving.kubeconfig);
    let (bearer, own) = (way.bearer(), format!("host: {}", way.address));
    let list = "GET /api/v1/namespaces/default/pods";
    for host in [own.as_str(), "host: 127.0.0.1", "host: localhost:1", "host: LOCALHOST", "host: [::1]:8443"] {
        assert_eq!(way.status(list, &[host, &bearer], b""), 200, "{host}");
    }
    // DNS that leads here by another's name
    for host in
        ["host: evil.example", "host: 127.0.0.1.evil.example:80", "host: localhost.evil.example", "host: ", "x: y"]
    {
        assert!(matches!(way.status(list, &[host, &bearer], b""), 400 | 401), "{host}");
    }
    let almost = format!("{}x", way.token);
    for wrong in [
        "x: y".to_owned(),
        "authorization: ".to_owned(),
        "authorization: Bearer".to_owned(),
        "authorization: Bearer ".to_owned(),
        format!("authorization: bearer {}", way.token),
        format!("authorization: Bearer  {}", way.token),
        format!("authorization: Basic {}", way.token),
        format!("authorization: Bearer {almost}"),
        format!("cookie: token={}", way.token),
        format!("origin: https://evil.example\r\naccess-control-request-method: DELETE\r\nx-token: {}", way.token),
    ] {
        for line in [list, "OPTIONS /api/v1/pods", "DELETE /api/v1/namespaces/default/pods", "GET /version", "GET /"] {
            assert_eq!(way.status(line, &[&own, &wrong], b""), 401, "{line} {wrong}");
        }
    }
    assert_eq!(way.status(&format!("{list}?token={0}&access_token={0}", way.token), &[&own], b""), 401);
    way.is_well();
}

#[test]
fn the_token_is_in_its_file_alone() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let way = Way::of(&serving.kubeconfig);
    for file in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{}/{file}", serving.pid())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(&way.token), "{file}");
    }
    let listening = TcpStream::connect(&way.address).unwrap();
    assert!(listening.peer_addr().unwrap().ip().is_loopback());
}

#[test]
fn what_is_no_tls_gets_no_answer() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let way = Way::of(&serving.kubeconfig);
    let long = "x".repeat(1 << 20);
    for bytes in ["GET /version HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", "\x16\x03\x01\u{ff}\u{ff}", "\0", &long] {
        let mut stream = TcpStream::connect(&way.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = stream.write_all(bytes.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    }
    way.is_well();
}

#[test]
fn requests_that_no_client_sends_are_refused_and_bounded() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let way = Way::of(&serving.kubeconfig);
    way.is_well();
    let before = memory(serving.pid());
    let (bearer, own) = (way.bearer(), format!("host: {}", way.address));
    let refused = |line: &str, headers: &[&str], body: &[u8]| {
        let all: Vec<&str> = [own.as_str(), bearer.as_str()].into_iter().chain(headers.iter().copied()).collect();
        let status = way.status(line, &all, body);
        assert!((400..500).contains(&status) || status == 0, "{line}: {status}");
    };
    let pods = "/api/v1/namespaces/default/pods";
    for path in [
        "/api/v1/namespaces/../../../etc/passwd",
        "/api/v1/namespaces/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/namespaces/default/pods/..%2f..%2fetc%2fpasswd",
        "/api/v1/namespaces/default/pods/%00",
        "/api/v1/namespaces/default/pods/x%0d%0ay:%20z",
        "//etc/passwd",
        "/file:///etc/passwd",
        "/api/v1/namespaces/default/pods/x/log/../../../y",
    ] {
        refused(&format!("GET {path}"), &[], b"");
    }
    for query in ["labelSelector=%00%ff", "fieldSelector=a%3Db%3Dc", "limit=-1", "continue=%7B"] {
        refused(&format!("GET {pods}?{query}"), &[], b"");
    }
    let deep = "[".repeat(200_000);
    let deep_object = format!("{{\"metadata\":{}", "{\"a\":".repeat(100_000));
    let large = format!("{{\"metadata\":{{\"name\":\"x\"}},\"data\":{{\"a\":\"{}\"}}}}", "x".repeat(8 << 20));
    let garbage: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let protobuf = [b"k8s\0".as_slice(), &[0xFF; 4096]].concat();
    let bodies: [&[u8]; 8] =
        [b"{", b"null", b"[]", deep.as_bytes(), deep_object.as_bytes(), large.as_bytes(), &garbage, &protobuf];
    let kinds = [
        "application/json",
        "application/yaml",
        "application/vnd.kubernetes.protobuf",
        "application/apply-patch+yaml",
        "application/json-patch+json",
        "application/strategic-merge-patch+json",
        "text/x; charset=\u{1}",
    ];
    for kind in kinds {
        for body in bodies {
            let kind = format!("content-type: {kind}");
            refused(&format!("POST {pods}"), &[&kind], body);
            refused("PATCH /api/v1/namespaces/default/configmaps/x?fieldManager=m", &[&kind], body);
        }
    }
    let many: Vec<String> = (0..2_000).map(|number| format!("x-{number}: y")).collect();
    refused(&format!("GET {pods}"), &many.iter().map(String::as_str).collect::<Vec<_>>(), b"");
    let long = format!("x: {}", "y".repeat(4 << 20));
    refused(&format!("GET {pods}"), &[&long], b"");
    refused(&format!("GET {pods}?{}", "a".repeat(1 << 20)), &[], b"");
    for raw in [
        "GET / HTTP/9.9\r\n\r\n",
        "\r\n\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ] {
        let answer = way.send(raw.as_bytes());
        assert!(!answer.contains(" 200 ") && !answer.contains(" 500 "), "{raw:?}: {answer}");
    }
    way.is_well();
    let grown = memory(serving.pid()).saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} KiB more than before");
}

#[test]
fn clients_that_say_nothing_keep_no_other_from_being_served() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let way = Way::of(&serving.kubeconfig);
    let silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(&way.address).unwrap()).collect();
    way.is_well();
    let mut half = way.connect();
    half.write_all(b"GET /version HTTP/1.1\r\nhost: 127.").unwrap();
    way.is_well();
    drop((silent, half));
}

/// A kubeconfig is left behind, and leads nowhere: the port is closed, and whoever takes it has not its certificate.
#[test]
fn a_server_that_was_killed_leaves_nothing_that_lets_anybody_in() {
    let run = Serving::run("--sandbox=world.json");
    let serving = Serving::start(&run);
    let kubeconfig = serving.kubeconfig.clone();
    let old = Way::of(&kubeconfig);
    let (code, ..) = serving.end(Signal::SIGKILL);
    assert_eq!(code, -1);
    assert!(TcpStream::connect(&old.address).is_err());
    // the world is free again, and another server has another token and certificate
    let next = run.start();
    let mut serving = next;
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serving.stdout.take().unwrap()), &mut line).unwrap();
    let new = Way::of(Path::new(line.trim().strip_prefix("export KUBECONFIG=").unwrap()));
    assert_ne!(old.token, new.token);
    let mixed = Way { address: new.address.clone(), token: new.token.clone(), tls: Arc::clone(&old.tls) };
    assert_eq!(
        mixed.status("GET /version", &["host: 127.0.0.1", &new.bearer()], b""),
        0,
        "the old certificate was taken"
    );
    new.is_well();
    program::signal(&serving, Signal::SIGINT);
    serving.wait().unwrap();
}
