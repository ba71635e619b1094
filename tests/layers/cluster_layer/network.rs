//! Connections on this machine: credentials that expire, proxies, servers that never say a word.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mcpctl::cluster::objects::{self, ObjectKind};
use mcpctl::cluster::{Cluster, ConnectOptions, access};
use mcpctl::error::Kind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::program::executable;

/// A kubeconfig with one cluster and one user, in a folder.
fn kubeconfig(folder: &Path, cluster: &str, user: &str) -> PathBuf {
    let file = folder.join("config");
    let text = format!(
        "current-context: here\ncontexts: [{{name: here, context: {{cluster: c, user: ci}}}}]\n\
         clusters: [{{name: c, cluster: {{{cluster}}}}}]\nusers: [{{name: ci, user: {{{user}}}}}]\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn connect(file: PathBuf) -> Cluster {
    Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap()
}

/// A program in a folder.
fn program(folder: &Path, name: &str, script: &str) {
    executable(&folder.join(name), &format!("#!/bin/sh\n{script}\n"));
}

/// A server that knows one token and notes those it is shown.
async fn server(known: &'static str, shown: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let shown = Arc::clone(&shown);
            let answer = service_fn(move |request: Request<Incoming>| {
                let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
                let token = header.unwrap_or_default().replace("Bearer ", "");
                let status = if token == known { 200 } else { 401 };
                shown.lock().unwrap().push(token);
                let body = Full::new(Bytes::from_static(b"{\"gitVersion\": \"v1.34.4\"}"));
                async move { Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap()) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    format!("http://{address}")
}

const PLUGIN: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}";

/// A plugin that counts its runs and names its token after them.
const COUNTING: &str = r#"cd "$(dirname "$0")"; echo x >> runs; n=$(($(wc -l < runs)))
echo "{\"status\": {\"token\": \"token-$n\"}}""#;

#[tokio::test]
async fn a_refused_token_is_had_anew_once_and_then_kept() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), "plugin", COUNTING);
    let shown = Arc::default();
    let url = server("token-2", Arc::clone(&shown)).await;
    let cluster = connect(kubeconfig(folder.path(), &format!("server: '{url}'"), PLUGIN));
    assert!(!folder.path().join("runs").exists(), "connecting runs no plugin");
    assert_eq!(access::version(&cluster).await.unwrap(), "v1.34.4");
    assert_eq!(access::version(&cluster).await.unwrap(), "v1.34.4");
    assert_eq!(*shown.lock().unwrap(), ["token-1", "token-2", "token-2"]);
}

#[tokio::test]
async fn a_plugin_that_cannot_help_is_asked_once_more_only() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), "plugin", COUNTING);
    let shown = Arc::default();
    let url = server("never", Arc::clone(&shown)).await;
    let cluster = connect(kubeconfig(folder.path(), &format!("server: '{url}'"), PLUGIN));
    let error = access::version(&cluster).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unauthorized);
    assert_eq!(error.message, format!("`{url}` does not know user `ci`"));
    assert_eq!(shown.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_expired_token_is_had_anew_before_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    program(
        folder.path(),
        "plugin",
        &COUNTING.replace("\\\"}}", "\\\", \\\"expirationTimestamp\\\": \\\"2000-01-01T00:00:00Z\\\"}}"),
    );
    let shown = Arc::default();
    let url = server("token-1", Arc::clone(&shown)).await;
    let cluster = connect(kubeconfig(folder.path(), &format!("server: '{url}'"), PLUGIN));
    let _ = access::version(&cluster).await;
    assert_ne!(shown.lock().unwrap().last().unwrap(), "token-1");
}

#[tokio::test]
async fn a_failing_plugin_is_told_and_shows_nothing_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), "plugin", "echo canary-output; echo 'please log in' >&2; exit 7");
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never, \
                  args: [canary-argument], env: [{name: A, value: canary-environment}]}";
    let cluster = connect(kubeconfig(folder.path(), "server: 'http://127.0.0.1:1'", plugin));
    let error = access::version(&cluster).await.unwrap_err();
    assert_eq!((error.kind, error.cause.as_deref()), (Kind::Unauthorized, Some("exit code 7")));
    assert!(error.message.ends_with("of user `ci` failed"), "{error}");
    assert_eq!(error.details, ["please log in"]);
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn the_proxy_of_the_kubeconfig_is_asked_for_a_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = vec![0; 1024];
        let length = stream.read(&mut text).await.unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&text[..length]).into_owned()
    });
    let folder = tempfile::tempdir().unwrap();
    let entry = format!("server: 'https://k8s.invalid:6443', proxy-url: 'http://me:pw@{proxy}'");
    let cluster = connect(kubeconfig(folder.path(), &entry, "token: canary-token"));
    let error = access::version(&cluster).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("CONNECT k8s.invalid:6443 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("proxy-authorization: basic "), "{asked}");
    assert!(!asked.contains("canary"));
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_sent_again_and_a_change_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = vec![0; 4096];
            let length = stream.read(&mut text).await.unwrap();
            let line = String::from_utf8_lossy(&text[..length]).lines().next().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(line);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let cluster = connect(kubeconfig(folder.path(), &format!("server: 'http://{address}'"), "token: t"));
    let error = access::version(&cluster).await.unwrap_err();
    assert!(error.message.ends_with("broke off its answer"), "{error}");
    assert_eq!(requests.lock().unwrap().len(), 3);
    let error = objects::delete(&cluster, ObjectKind::ConfigMap, "", "c").await.unwrap_err();
    assert_eq!((error.kind, requests.lock().unwrap().len()), (Kind::Unreachable, 6));
    let change = Request::delete("/api/v1/namespaces/a/configmaps/c").body(Vec::new()).unwrap();
    assert!(cluster.exchange(change).await.is_err());
    assert_eq!(requests.lock().unwrap().len(), 7);
}

/// Its handshake hangs: the kernel takes the connection, and nobody speaks TLS with it. Paused time passes at
/// once when nothing else is to do.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_says_a_word_ends_after_five_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cluster = connect(kubeconfig(folder.path(), &format!("server: 'https://{address}'"), "token: t"));
    let start = tokio::time::Instant::now();
    let error = access::version(&cluster).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(error.kind, Kind::Unreachable);
    assert_eq!(error.message, format!("cannot reach `https://{address}` (context `here`)"));
    drop(listener);
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("", "the cluster of context `here` has no `server`"),
        ("server: 'https://a b'", "the cluster of context `here` has a `server` that contains a blank"),
        ("server: 'https://a', certificate-authority: none.crt", "cannot read the certificate authority"),
    ];
    for (entry, message) in wrong {
        let file = kubeconfig(folder.path(), entry, "token: canary-token");
        let error =
            Cluster::connect(ConnectOptions { kubeconfig: Some(file), ..ConnectOptions::default() }).unwrap_err();
        assert!(error.message.starts_with(message), "{error}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
