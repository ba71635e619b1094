//! The way that images take to the nodes, with stub clusters, engines and programs: what is recognised, run, looked at
//! and said.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::http_server::{Answer, Loopback, respond};
use crate::support::program::Mcpctl;
use crate::support::socks_proxy::{Far, Socks};

pub(super) const CATALOG: &str = "registry:\n  clock:\n    image: mcp/clock:1\n    type: server\n";
pub(super) const LISTED: [&str; 2] = ["docker.io/mcp/clock:1", "alpine:3.22.1"];

pub(super) fn as_json(value: &Value) -> Answer {
    respond(200, &[("content-type", "application/json")], value.to_string())
}

pub(super) fn node(name: &str, provider: &str, label: Option<(&str, &str)>, images: &[&str]) -> Value {
    let labels: serde_json::Map<_, _> = label.into_iter().map(|(k, v)| (k.to_owned(), json!(v))).collect();
    let images: Vec<Value> = images.iter().map(|image| json!({ "names": [image] })).collect();
    json!({
        "metadata": { "name": name, "labels": labels },
        "spec": { "providerID": provider },
        "status": { "images": images },
    })
}

/// An API server with these nodes; `None` forbids to list them. It has one pull secret, for `registry`.
pub(super) async fn cluster(nodes: Option<Vec<Value>>, registry: &str) -> Loopback {
    let config = json!({ "auths": { registry: { "username": "puller", "password": "canary-pull" } } });
    let config = base64_text(&config.to_string());
    Loopback::start(move |line, _| match line.split('?').next().unwrap() {
        "GET /api/v1/nodes" => match &nodes {
            Some(nodes) => as_json(&json!({ "kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": nodes })),
            None => respond(
                403,
                &[("content-type", "application/json")],
                json!({ "kind": "Status", "code": 403, "reason": "Forbidden", "message": "nodes is forbidden" })
                    .to_string(),
            ),
        },
        "GET /api/v1/namespaces/default/pods" => {
            as_json(&json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [] }))
        }
        "GET /api/v1/namespaces/default/serviceaccounts/default" => {
            as_json(&json!({ "metadata": { "name": "default" }, "imagePullSecrets": [{ "name": "pull" }] }))
        }
        "GET /api/v1/namespaces/default/secrets/pull" => as_json(&json!({
            "kind": "Secret", "apiVersion": "v1", "type": "kubernetes.io/dockerconfigjson",
            "metadata": {
                "name": "pull", "namespace": "default", "uid": "1", "resourceVersion": "1",
                "creationTimestamp": "2026-01-01T00:00:00Z"
            },
            "data": { ".dockerconfigjson": config },
        })),
        _ => respond(404, &[], ""),
    })
    .await
}

pub(super) fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// An engine that has every image, and is not Docker Desktop's.
pub(super) async fn engine() -> Loopback {
    Loopback::start(|line, _| match line {
        line if line.ends_with("/version") => as_json(&json!({ "Version": "28.0.0", "ApiVersion": "1.48" })),
        line if line.ends_with("/info") => as_json(&json!({ "OperatingSystem": "Debian" })),
        line if line.ends_with("/json") => as_json(&json!({ "Id": "sha256:1" })),
        _ => respond(500, &[], ""),
    })
    .await
}

/// A run against them, with stub programs in the folder's `bin`.
pub(super) fn mcpctl(
    words: &[&str],
    context: &str,
    cluster: &Loopback,
    engine: &Loopback,
    programs: &[(&str, &str)],
) -> Mcpctl {
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {context}\n\
         clusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
         users: [{{name: u, user: {{token: canary-token}}}}]\n\
         contexts: [{{name: {context}, context: {{cluster: c, user: u, namespace: default}}}}]\n",
        cluster.address
    );
    let mut run = Mcpctl::of(words.iter().copied()).file("kubeconfig", &kubeconfig).file("catalog.yaml", CATALOG);
    run = run.env("KUBECONFIG", "kubeconfig").env("DOCKER_HOST", format!("tcp://{}", engine.address));
    run = run.file("bin/none", "");
    for (name, text) in programs {
        run = run.file(&format!("bin/{name}"), &format!("#!/bin/sh\n{text}\n"));
        let path = run.folder().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", run.folder().join("bin").display());
    run.env("PATH", path)
}

pub(super) const PROVISION: [&str; 8] =
    ["provision", "clock", "--base", "prod", "--only", "images", "--catalog", "catalog.yaml"];
pub(super) const LOG: &str = "echo \"$(basename \"$0\") $*\" >> calls.txt";

#[tokio::test(flavor = "multi_thread")]
async fn images_are_loaded_by_the_clusters_own_command_and_looked_for_on_the_nodes() {
    let engine = engine().await;
    let minikube = Some(("minikube.k8s.io/name", "team"));
    for (context, node, program, reason, calls) in [
        (
            "kind-dev",
            node("dev-control-plane", "kind://docker/dev/dev-control-plane", None, &LISTED),
            "kind",
            "images: kind cluster `dev`, loaded from the engine: context `kind-dev`, and node `dev-control-plane` has",
            "kind load docker-image mcp/clock:1 --name dev\nkind load docker-image alpine:3.22.1 --name dev\n",
        ),
        (
            "team",
            node("team", "", minikube, &LISTED),
            "minikube",
            "images: minikube profile `team`, loaded from the engine: node `team` has the label",
            "minikube image load --daemon=true --profile team mcp/clock:1\n\
             minikube image load --daemon=true --profile team alpine:3.22.1\n",
        ),
        (
            "k3d-dev",
            node("k3d-dev-server-0", "k3s://k3d-dev-server-0", None, &LISTED),
            "k3d",
            "images: k3d cluster `dev`, loaded from the engine",
            "k3d image import mcp/clock:1 --cluster dev\nk3d image import alpine:3.22.1 --cluster dev\n",
        ),
    ] {
        let cluster = cluster(Some(vec![node]), "r.corp").await;
        let run = mcpctl(&PROVISION, context, &cluster, &engine, &[(program, LOG)]).run().code(0);
        let run = run.says(reason).says("mcp/clock:1   alpine:3.22.1   2 loaded");
        assert_eq!(run.read("calls.txt").unwrap(), calls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_only_says_that_it_went_well_is_a_failure() {
    let (engine, listed) = (engine().await, ["docker.io/mcp/clock:2"]);
    let nodes = vec![
        node("dev-control-plane", "kind://docker/dev/dev-control-plane", None, &LISTED),
        node("dev-worker", "kind://docker/dev/dev-worker", None, &listed),
    ];
    let cluster = cluster(Some(nodes), "r.corp").await;
    let load = ["eval", "images::load([\"mcp/clock:1\"], #{ timeout: \"1s\" })"];
    mcpctl(&load, "kind-dev", &cluster, &engine, &[("kind", LOG)])
        .run()
        .code(3)
        .gives("failed mcp/clock:1: the command succeeded, but node `dev-worker` does not list the image");
    mcpctl(&load, "kind-dev", &cluster, &engine, &[("kind", "echo 'ERROR: no such node' >&2; exit 1")])
        .run()
        .code(3)
        .gives("failed mcp/clock:1: `kind` ended with 1: ERROR: no such node");
    mcpctl(&load, "kind-dev", &cluster, &engine, &[])
        .run()
        .code(1)
        .gives("failed mcp/clock:1: no such program on the PATH; install `kind`, or choose images that the nodes can");
    let dry = mcpctl(&load, "kind-dev", &cluster, &engine, &[("kind", LOG)]).word("--dry-run").run().code(0);
    let dry = dry.gives("program/kind load docker-image mcp/clock:1 --name dev");
    assert_eq!(dry.read("calls.txt"), None);
    mcpctl(&load, "kind-dev", &cluster, &engine, &[("kind", LOG)])
        .word("--read-only")
        .run()
        .code(1)
        .says("refusing to run `kind`");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_nodes_may_not_be_listed_the_contexts_name_decides_nothing() {
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        _ => respond(200, &[("docker-content-digest", &format!("sha256:{}", "0".repeat(64)))], ""),
    })
    .await;
    let (engine, cluster) = (engine().await, cluster(None, "r.corp").await);
    for context in
        ["kind-dev", "k3d-dev", "docker-desktop", "docker-for-desktop", "minikube", "orbstack", "colima", "prod"]
    {
        let run = mcpctl(&PROVISION, context, &cluster, &engine, &[("kind", LOG), ("k3d", LOG), ("minikube", LOG)]);
        let ran = far.reached(run.word("--rewrite").word("mcp/=registry.test/mcp/")).run();
        let ran = ran
            .says("images: it is not known how images get to the nodes, so only the registries are asked: the nodes");
        for product in ["Desktop", "kind cluster", "k3d", "minikube profile", "OrbStack", "Colima"] {
            assert!(!ran.stderr.contains(product), "{context}: {}", ran.stderr);
        }
        assert_eq!(ran.read("calls.txt"), None, "{context}");
    }
    assert!(engine.asked().iter().all(|(line, _)| !line.contains("/images/")), "{:?}", engine.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_nodes_may_not_be_listed_a_container_of_the_engine_shows_the_cluster() {
    let cluster = cluster(None, "r.corp").await;
    let port: u16 = cluster.address.rsplit(':').next().unwrap().parse().unwrap();
    for (label, program, reason, call) in [
        ("io.x-k8s.kind.cluster", "kind", "kind cluster `dev`", "kind load docker-image mcp/clock:1 --name dev"),
        ("k3d.cluster", "k3d", "k3d cluster `dev`", "k3d image import mcp/clock:1 --cluster dev"),
        (
            "name.minikube.sigs.k8s.io",
            "minikube",
            "minikube profile `dev`",
            "minikube image load --daemon=true --profile dev mcp/clock:1",
        ),
    ] {
        let engine = Loopback::start(move |line, _| match line {
            line if line.ends_with("/version") => as_json(&json!({ "Version": "28.0.0" })),
            line if line.contains("/containers/json") => {
                as_json(&json!([{ "Labels": null }, { "Labels": { label: "dev" }, "Ports": [{ "PublicPort": port }] }]))
            }
            _ => as_json(&json!({ "Id": "sha256:1" })),
        })
        .await;
        let ran = mcpctl(&PROVISION, "renamed", &cluster, &engine, &[(program, LOG)]).run().code(0);
        let ran = ran.says(&format!("images: {reason}, loaded from the engine: the API server is in a container"));
        let ran = ran.says("mcp/clock:1, alpine:3.22.1: not looked for: the nodes may not be listed").says("2 loaded");
        assert!(ran.read("calls.txt").unwrap().starts_with(&format!("{call}\n")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn elsewhere_the_registry_is_asked_with_the_clusters_pull_secrets() {
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        line if line.contains("/gone/") => {
            respond(404, &[], r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
        }
        line if line.contains("/private/") => respond(401, &[], ""),
        line if line.starts_with("HEAD ") => {
            respond(200, &[("docker-content-digest", &format!("sha256:{}", "0".repeat(64)))], "")
        }
        _ => respond(500, &[], ""),
    })
    .await;
    let (engine, host) = (engine().await, "registry.test");
    let nodes = vec![node("node-1", "aws:///eu/i-1", None, &["r.corp/held:1", "r.corp/held:latest"])];
    let cluster = cluster(Some(nodes), host).await;
    let images = ["x:1", "gone:1", "private:1"].map(|image| format!("\"{host}/{image}\"")).join(", ");
    let script = format!("print(images::strategy().reason); images::available([{images}, \"r.corp/held:1\"])");
    let ran = far.reached(mcpctl(&["eval", &script], "kind-dev", &cluster, &engine, &[])).run().code(1);
    let ran = ran
        .gives(
            "the nodes pull for themselves: the context `kind-dev` is named as those of kind are, but no node is of it",
        )
        .gives(&format!("available {host}/x:1\n"))
        .gives(&format!("failed {host}/gone:1: manifest unknown; check the name and the tag"))
        .gives(&format!("failed {host}/private:1: the registry wants a login, or does not accept the one it got"))
        .gives("no pull secret of the service account `default` in namespace `default` opens it")
        .gives("present r.corp/held:1\n");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary"));
    let asked = far.server.asked();
    let login = asked.iter().find(|(line, _)| line == "HEAD /v2/x/manifests/1").unwrap().1.clone();
    assert_eq!(login, Some(format!("Basic {}", base64_text("puller:canary-pull"))));
    assert_eq!(asked.iter().filter(|(line, _)| line == "GET /v2/").count(), 1, "{asked:?}");
    assert!(engine.asked().is_empty(), "no engine is needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_found_out_from_here_is_no_failure() {
    let proxy = Socks::start(None).await;
    let (engine, cluster) = (engine().await, cluster(Some(vec![node("n", "gce://n", None, &[])]), "r.corp").await);
    let script = "images::available(\"registry.test/x:1\")";
    mcpctl(&["eval", script], "prod", &cluster, &engine, &[])
        .env("HTTPS_PROXY", format!("socks5h://{}", proxy.address))
        .run()
        .code(0)
        .gives("unknown registry.test/x:1: `registry.test` could not be asked from here: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_waited_for_as_long_as_told() {
    // connections are made, and nobody reads them
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Socks::start(Some(listener.local_addr().unwrap().to_string())).await;
    let (engine, cluster) = (engine().await, cluster(Some(vec![node("n", "gce://n", None, &[])]), "r.corp").await);
    let script = "images::available([\"registry.test/x:1\", \"registry.test/y:1\"])";
    mcpctl(&["eval", script, "--request-timeout", "3s"], "prod", &cluster, &engine, &[])
        .env("HTTPS_PROXY", format!("socks5h://{}", proxy.address))
        .run()
        .code(0)
        .gives("unknown registry.test/x:1: `registry.test` gives no answer from here within 3s\n")
        .gives("unknown registry.test/y:1: `registry.test` gives no answer from here within 3s\n");
    assert_eq!(proxy.asked(), ["registry.test:443"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_of_a_registry_is_no_image() {
    let far = Far::start(|line, _| match line {
        "GET /v2/" => respond(200, &[], ""),
        _ => respond(200, &[("content-type", "text/html")], "<html>log in first</html>"),
    })
    .await;
    let (engine, cluster) = (engine().await, cluster(Some(vec![node("n", "gce://n", None, &[])]), "r.corp").await);
    let script = "images::available(\"registry.test/x:1\")";
    far.reached(mcpctl(&["eval", script], "prod", &cluster, &engine, &[]))
        .run()
        .code(0)
        .gives("answers with a web page (HTML), which no registry does");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_knows_an_image_that_the_engine_or_the_nodes_have() {
    let desktop = Loopback::start(|line, _| match line {
        line if line.ends_with("/version") => as_json(&json!({ "Version": "28.0.0", "ApiVersion": "1.48" })),
        line if line.ends_with("/info") => as_json(&json!({ "OperatingSystem": "Docker Desktop" })),
        line if line.ends_with("/json") => as_json(&json!({ "Id": "sha256:1" })),
        _ => respond(500, &[], ""),
    })
    .await;
    let other = engine().await;
    let kind = |images: &[&str]| node("dev-control-plane", "kind://docker/dev/dev-control-plane", None, images);
    let mut of_desktop = node("docker-desktop", "", None, &[]);
    of_desktop["status"]["nodeInfo"] = json!({ "osImage": "Docker Desktop" });
    for (nodes, engine, state) in [
        (Some(vec![of_desktop.clone()]), &desktop, "present"),
        (Some(vec![of_desktop]), &other, "unknown"),
        (Some(vec![kind(&LISTED)]), &other, "present"),
        (Some(vec![kind(&LISTED), kind(&[])]), &other, "unknown"),
        (None, &other, "unknown"),
    ] {
        let cluster = cluster(nodes.clone(), "r.corp").await;
        let words = ["status", "--server", "clock", "--catalog", "catalog.yaml", "-o", "json"];
        let ran = mcpctl(&words, "admin@test", &cluster, engine, &[]).run().code(0);
        assert_eq!(ran.json()[0]["image"]["state"], state, "{nodes:?}: {}", ran.stderr);
    }
}
