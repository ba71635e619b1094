//! SOCKS proxies that resolve names themselves (`socks5h`), and hosts without TLS.
#![cfg(unix)]

use super::clusters::{cluster, engine, mcpctl, node};
use crate::program::network::fixtures;
use crate::support::http_server::respond;
use crate::support::program::Mcpctl;
use crate::support::socks_proxy::{Far, Socks};

async fn far() -> Far {
    let manifest = fixtures::manifest(fixtures::CATALOG.as_bytes());
    Far::start(move |line, _| match line {
        "GET /v2/" => respond(200, &[], "{}"),
        line if line.contains("/manifests/") => respond(200, &[], manifest.clone()),
        _ => respond(200, &[], fixtures::CATALOG),
    })
    .await
}

fn servers(catalog: &str) -> Mcpctl {
    Mcpctl::of(["servers", "-o", "name", "--request-timeout", "5s", "--catalog", catalog])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socks_proxy_gets_the_name_and_resolves_it() {
    for (catalog, variable, scheme) in [
        ("oci://registry.test/x/c:1", "HTTPS_PROXY", "socks5h"),
        ("oci://registry.test/x/c:1", "https_proxy", "socks5h"),
        ("oci://registry.test/x/c:1", "ALL_PROXY", "socks5h"),
        ("oci://registry.test/x/c:1", "all_proxy", "socks5h"),
        ("oci://other.test:5000/x/c:1", "HTTPS_PROXY", "socks5h"),
        ("https://web.test/c.json", "HTTPS_PROXY", "socks5h"),
        ("https://web.test:8443/c.json", "ALL_PROXY", "socks5h"),
        ("oci://registry.test/x/c:1", "HTTPS_PROXY", "socks5h://me:canary-pw@"),
    ] {
        let far = far().await;
        let run = far.reached_by(servers(catalog), variable, scheme);
        let run = match scheme.contains('@') {
            true => run.env(variable, format!("{scheme}{}", far.proxy.address)),
            false => run,
        };
        let ran = run.run();
        assert_eq!((ran.code, ran.stdout.as_str()), (0, fixtures::NAMES), "{catalog} {variable}: {}", ran.stderr);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
        let host = catalog.split("://").nth(1).unwrap().split('/').next().unwrap();
        let place = if host.contains(':') { host.to_owned() } else { format!("{host}:443") };
        let asked = far.proxy.asked();
        assert!(!asked.is_empty() && asked.iter().all(|name| *name == place), "{catalog} {variable}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_reached_through_a_socks_proxy_by_its_name() {
    let (cluster, engine) = (cluster(Some(vec![node("n", "gce://n", None, &[])]), "r.corp").await, engine().await);
    for (configured, variable) in [
        (Some("socks5h"), None),
        (Some("SOCKS5H"), None),
        (Some("socks5"), None),
        (Some("Socks5"), None),
        (None, Some(("HTTP_PROXY", "socks5h"))),
        (None, Some(("http_proxy", "socks5h"))),
        (None, Some(("HTTP_PROXY", "socks5"))),
        (Some("socks5h"), Some(("HTTP_PROXY", "http"))),
    ] {
        let proxy = Socks::start(Some(cluster.address.clone())).await;
        let own = configured.map(|scheme| format!(", proxy-url: '{scheme}://{}'", proxy.address)).unwrap_or_default();
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: far\n\
             clusters: [{{name: c, cluster: {{server: 'http://k8s.test:8080'{own}}}}}]\n\
             users: [{{name: u, user: {{token: canary-token}}}}]\n\
             contexts: [{{name: far, context: {{cluster: c, user: u, namespace: default}}}}]\n"
        );
        let mut run = mcpctl(&["eval", "images::strategy().name"], "far", &cluster, &engine, &[]);
        run = run.file("kubeconfig", &kubeconfig);
        if let Some((variable, scheme)) = variable {
            let to = if configured.is_some() { "127.0.0.1:1" } else { &proxy.address };
            run = run.env(variable, format!("{scheme}://{to}"));
        }
        let ran = run.run();
        assert_eq!((ran.code, ran.stdout.trim()), (0, "other"), "{configured:?} {variable:?}: {}", ran.stderr);
        assert!(proxy.asked().iter().all(|name| name == "k8s.test:8080") && !proxy.asked().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_answers_in_plain_http_is_named_as_one() {
    let (cluster, engine) = (cluster(Some(vec![node("n", "gce://n", None, &[])]), "r.corp").await, engine().await);
    for (what, answer) in [
        ("a refusal", &b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..]),
        ("a success", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        ("HTTP/1.0", b"HTTP/1.0 400 Bad request\r\n\r\n"),
        ("a redirect", b"HTTP/1.1 301 Moved\r\nLocation: https://registry.test/\r\n\r\n"),
        ("nginx's words", b"HTTP/1.1 400 Bad Request\r\n\r\n<html>The plain HTTP request was sent</html>"),
        ("a failure", b"HTTP/1.1 503 Service Unavailable\r\n\r\n"),
        ("a login", b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n"),
        ("a method", b"HTTP/1.1 405 Method Not Allowed\r\n\r\n"),
    ] {
        let far = Far::without_tls(answer).await;
        for catalog in ["oci://registry.test/x/c:1", "https://web.test/c.json"] {
            let ran = far.reached(servers(catalog)).run().code(1);
            ran.says("the server answers in plain HTTP or another protocol, not in HTTPS");
        }
        let script = "images::available(\"registry.test/x:1\")";
        let ran = far.reached(mcpctl(&["eval", script], "prod", &cluster, &engine, &[])).run();
        assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        ran.gives(
            "unknown registry.test/x:1: `registry.test` could not be asked from here: the server answers in plain HTTP",
        );
    }
}
