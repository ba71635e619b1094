//! Registries that are asked in place of the nodes: each once, all at once, and one reason in one line.
#![cfg(unix)]

use serde_json::{Value, json};

use super::clusters::{base64_text, cluster, engine, mcpctl, node};
use crate::support::http_server::{Loopback, respond};
use crate::support::program::{Mcpctl, Ran};
use crate::support::socks_proxy::{Far, Socks};

/// How many servers the catalog has at each registry.
const SERVERS: usize = 30;

fn elsewhere() -> Value {
    node("node-1", "aws:///eu/i-1", None, &[])
}

/// A catalog of servers at these registries.
fn catalog(registries: &[&str]) -> String {
    let mut catalog = "registry:\n".to_owned();
    for (at, registry) in registries.iter().enumerate() {
        for number in 0..SERVERS {
            catalog.push_str(&format!("  s{at}-{number}: {{image: '{registry}/mcp/s{number}:1', type: server}}\n"));
        }
    }
    catalog
}

fn provision(cluster: &Loopback, engine: &Loopback, registries: &[&str]) -> Mcpctl {
    let names: Vec<String> =
        (0..registries.len()).flat_map(|at| (0..SERVERS).map(move |number| format!("s{at}-{number}"))).collect();
    let names = names.join(",");
    let words = ["provision", &names, "--base", "prod", "--only", "images", "--catalog", "many.yaml"];
    // the image of the sidecar comes from elsewhere
    mcpctl(&words, "prod", cluster, engine, &[]).file("many.yaml", &catalog(registries))
}

/// Lines with a warning about images of a host.
fn warnings<'a>(ran: &'a Ran, host: &str) -> Vec<&'a str> {
    ran.stderr.lines().filter(|line| line.starts_with("warning: ") && line.contains(&format!("{host}/"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_fails_is_one_line_and_is_not_asked_for_each_image() {
    let (engine, cluster) = (engine().await, cluster(Some(vec![elsewhere()]), "r.corp").await);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|address| (silent, address.to_string())).unwrap();
    let closed = "127.0.0.1:1".to_owned();
    for (what, proxy, reason) in [
        ("a proxy that refuses", Socks::start(None).await, "could not be asked from here"),
        ("a proxy without a way out", Socks::start(Some(closed)).await, "could not be asked from here"),
        ("no answer", Socks::start(Some(silent.1.clone())).await, "gives no answer from here within 2s"),
        ("plain HTTP", Far::without_tls(b"HTTP/1.1 200 OK\r\n\r\n").await.proxy, "plain HTTP"),
        ("an end", Far::without_tls(b"").await.proxy, "could not be asked from here"),
        ("another protocol", Far::without_tls(b"SSH-2.0-OpenSSH_9.6\r\n").await.proxy, "could not be asked from here"),
    ] {
        // what fails by itself has all the time that a busy machine needs for it
        let patience = if reason.ends_with("within 2s") { "2s" } else { "60s" };
        let run = provision(&cluster, &engine, &["registry.test", "other.test"]);
        let run = run.word("--request-timeout").word(patience);
        let ran = run.env("HTTPS_PROXY", format!("socks5h://{}", proxy.address)).run().code(0);
        for host in ["registry.test", "other.test"] {
            let lines = warnings(&ran, host);
            assert_eq!(lines.len(), 1, "{what}: {}", ran.stderr);
            assert!(lines[0].contains(" and 27 more: ") && lines[0].contains(reason), "{what}: {}", lines[0]);
            let asked = proxy.asked().iter().filter(|name| name.starts_with(host)).count();
            assert!((1..=3).contains(&asked), "{what}: {asked} connections for {SERVERS} images");
        }
        assert!(ran.stderr.contains("`--skip images`"), "{what}: {}", ran.stderr);
        assert!(ran.stderr.lines().count() < 12, "{what}: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_stops_answering_is_left_for_all_its_images() {
    let (engine, cluster) = (engine().await, cluster(Some(vec![elsewhere()]), "r.corp").await);
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        _ => crate::support::http_server::respond_slowly(
            &bytes::Bytes::from_static(b"{}"),
            1,
            std::time::Duration::from_secs(60),
        ),
    })
    .await;
    let run = provision(&cluster, &engine, &["registry.test"]).word("--request-timeout").word("2s");
    let ran = far.reached(run).run().code(0);
    assert_eq!(warnings(&ran, "registry.test").len(), 1, "{}", ran.stderr);
    let asked = far.server.asked();
    let images = asked.iter().filter(|(line, _)| line.contains("/mcp/s")).count();
    assert!(images <= 16, "{images} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_answers_is_greeted_once_for_all_images_and_each_has_its_own_result() {
    let (engine, cluster) = (engine().await, cluster(Some(vec![elsewhere()]), "r.corp").await);
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        line if line.contains("/s7/") => respond(404, &[], ""),
        _ => respond(200, &[("docker-content-digest", &format!("sha256:{}", "0".repeat(64)))], ""),
    })
    .await;
    let images: Vec<String> = (0..SERVERS).map(|number| format!("\"registry.test/mcp/s{number}:1\"")).collect();
    let script = format!("images::available([{}])", images.join(", "));
    let ran = far.reached(mcpctl(&["eval", &script], "prod", &cluster, &engine, &[])).run().code(1);
    let results: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(results.len(), SERVERS, "{}", ran.stdout);
    for (number, result) in results.iter().enumerate() {
        let outcome = if number == 7 { "failed" } else { "available" };
        assert!(
            result.starts_with(&format!("{outcome} registry.test/mcp/s{number}:1")),
            "in the order asked: {result}"
        );
    }
    let asked = far.server.asked();
    assert_eq!(asked.iter().filter(|(line, _)| line == "GET /v2/").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_on_loopback_is_not_that_of_other_machines() {
    let registry = Loopback::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        _ => respond(200, &[("docker-content-digest", &format!("sha256:{}", "0".repeat(64)))], ""),
    })
    .await;
    let port = registry.address.rsplit(':').next().unwrap();
    let microk8s = node("n", "", Some(("microk8s.io/cluster", "true")), &[]);
    let listed = node("n", "gce://n", None, &[&format!("127.0.0.1:{port}/mcp/x:1")]);
    let mut another = elsewhere();
    another["status"]["nodeInfo"] = json!({ "machineID": "0123456789abcdef0123456789abcdef" });
    let engine = engine().await;
    for (what, image, nodes, result) in [
        ("an address", "127.0.0.1:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("a name", "localhost:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("a name in capitals", "LOCALHOST:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("a short address", "127.1:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("a number", "0x7f.0.0.1:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("no port", "localhost/mcp/x:1", Some(elsewhere()), "failed"),
        ("another address of loopback", "127.0.0.2:PORT/mcp/x:1", Some(elsewhere()), "failed"),
        ("a node with another machine's id", "127.0.0.1:PORT/mcp/x:1", Some(another), "failed"),
        ("nodes that serve it themselves", "localhost:PORT/mcp/x:1", Some(microk8s), "unknown"),
        ("nodes that cannot be read", "localhost:PORT/mcp/x:1", None, "unknown"),
        ("nodes that have it", "127.0.0.1:PORT/mcp/x:1", Some(listed), "present"),
    ] {
        let cluster = cluster(nodes.map(|node| vec![node]), "r.corp").await;
        let image = image.replace("PORT", port);
        let script = format!("images::available(\"{image}\")");
        let ran = mcpctl(&["eval", &script], "prod", &cluster, &engine, &[]).run();
        assert_eq!(ran.code, i32::from(result == "failed"), "{what}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.starts_with(&format!("{result} ")), "{what}: {}", ran.stdout);
        if result != "present" {
            assert!(ran.stdout.contains("on a node is the node itself"), "{what}: {}", ran.stdout);
        }
    }
    assert!(registry.asked().is_empty(), "what answers here says nothing of the nodes: {:?}", registry.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_on_loopback_is_asked_where_the_node_is_this_machine() {
    let Ok(id) = std::fs::read_to_string("/etc/machine-id") else { return };
    let registry = Loopback::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        _ => respond(200, &[("docker-content-digest", &format!("sha256:{}", "0".repeat(64)))], ""),
    })
    .await;
    let mut here = node("here", "", None, &[]);
    here["status"]["nodeInfo"] = json!({ "machineID": id.trim() });
    let (engine, cluster) = (engine().await, cluster(Some(vec![here]), "r.corp").await);
    let script = format!("images::available(\"{}/x:1\")", registry.address);
    let ran = mcpctl(&["eval", &script], "prod", &cluster, &engine, &[]).run().code(0);
    ran.gives(&format!("available {}/x:1\n", registry.address));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_secret_that_cannot_be_used_is_named() {
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        _ => respond(401, &[], ""),
    })
    .await;
    for (config, reason) in [
        ("canary no json".to_owned(), "is not JSON in the form of docker's `config.json`"),
        (r#"{"auths": "canary"}"#.to_owned(), "is not JSON in the form"),
        (r#"{"auths": {"registry.test": {"auth": "%%%"}}}"#.to_owned(), "whose `auth` is not valid base64"),
        (
            format!(r#"{{"auths": {{"registry.test": {{"auth": "{}"}}}}}}"#, base64_text("canary")),
            "is not `NAME:PASSWORD` in base64",
        ),
        (
            format!(r#"{{"auths": {{"https://registry.test/v2/": {{"auth": "{}"}}}}}}"#, base64_text(":canary")),
            "an entry `https://registry.test/v2/` whose `auth` is not `NAME:PASSWORD`",
        ),
        (r#"{"registry.test": {"auth": "canary!"}}"#.to_owned(), "whose `auth` is not valid base64"),
        (r#"{"auths": {"*.test": {"auth": "canary!"}}}"#.to_owned(), "an entry `*.test` whose `auth`"),
        (r#"{"auths": {"registry.test/x": {"auth": "/w=="}}}"#.to_owned(), "is not UTF-8 text in base64"),
    ] {
        let (engine, cluster) = (engine().await, with_pull_secret(&config).await);
        let script = "images::available(\"registry.test/x:1\")";
        let ran = far.reached(mcpctl(&["eval", script], "prod", &cluster, &engine, &[])).run().code(1);
        let ran = ran.gives("failed registry.test/x:1: the registry wants a login").gives("pull secret `pull` ");
        let ran = ran.gives(reason);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary"), "{}", ran.stdout);
    }
}

async fn with_pull_secret(config: &str) -> Loopback {
    let config = base64_text(config);
    Loopback::start(move |line, _| {
        let answer = match line.split('?').next().unwrap() {
            "GET /api/v1/nodes" => {
                json!({ "kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": [elsewhere()] })
            }
            "GET /api/v1/namespaces/default/serviceaccounts/default" => {
                json!({ "metadata": { "name": "default" }, "imagePullSecrets": [{ "name": "pull" }] })
            }
            "GET /api/v1/namespaces/default/secrets/pull" => json!({
                "kind": "Secret", "apiVersion": "v1", "type": "kubernetes.io/dockerconfigjson",
                "metadata": {
                    "name": "pull", "namespace": "default", "uid": "1", "resourceVersion": "1",
                    "creationTimestamp": "2026-01-01T00:00:00Z"
                },
                "data": { ".dockerconfigjson": config },
            }),
            _ => return respond(404, &[], ""),
        };
        super::clusters::as_json(&answer)
    })
    .await
}
