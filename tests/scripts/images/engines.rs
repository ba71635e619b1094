//! Engines that are the nodes' own, and kind with podman.
#![cfg(unix)]

use serde_json::{Value, json};

use super::clusters::{LISTED, PROVISION, as_json, cluster, engine, mcpctl, node};
use crate::support::http_server::{Loopback, respond};
use crate::support::program::Mcpctl;

/// A node with a container runtime.
fn on(name: &str, system: &str, runtime: &str, label: Option<(&str, &str)>) -> Value {
    let mut node = node(name, "", label, &[]);
    node["status"]["nodeInfo"] = json!({ "osImage": system, "containerRuntimeVersion": runtime });
    node
}

/// An engine that has every image.
async fn reporting(version: &'static str, name: &'static str, system: &'static str) -> Loopback {
    Loopback::start(move |line, _| match line {
        line if line.ends_with("/version") => as_json(&json!({ "Version": version, "ApiVersion": "1.47" })),
        line if line.ends_with("/info") => as_json(&json!({ "OperatingSystem": system, "Name": name })),
        line if line.ends_with("/json") => as_json(&json!({ "Id": "sha256:1" })),
        _ => respond(500, &[], ""),
    })
    .await
}

fn looked(engine: &Loopback) -> bool {
    engine.asked().iter().any(|(line, _)| line.contains("/images/docker.io/mcp/clock:1/json"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_run_on_the_engine_in_use_see_its_images() {
    let minikube = Some(("minikube.k8s.io/name", "minikube"));
    for (what, node, (version, name, system), own) in [
        ("OrbStack", on("orbstack", "OrbStack", "docker://27.4.0", None), ("27.4.0", "orbstack", "OrbStack"), true),
        ("Colima", on("colima", "Ubuntu 24.04", "docker://27.4.0", None), ("27.4.0", "colima", "Ubuntu 24.04"), true),
        (
            "a profile of Colima",
            on("colima-x", "Ubuntu", "docker://28.1.1", None),
            ("28.1.1", "colima-x", "Ubuntu"),
            true,
        ),
        (
            "Rancher Desktop",
            on("lima-rancher-desktop", "Alpine", "docker://26.1.5", None),
            ("26.1.5", "lima-rancher-desktop", "Alpine"),
            true,
        ),
        ("Rancher Desktop on Windows", on("pc", "Rancher", "docker://26.1.5", None), ("26.1.5", "PC", "Rancher"), true),
        (
            "an engine with another name",
            on("orbstack", "OrbStack", "docker://27.4.0", None),
            ("27.4.0", "engine", "OrbStack"),
            true,
        ),
        (
            "minikube's own",
            on("minikube", "Ubuntu", "docker://27.4.0", minikube),
            ("27.4.0", "minikube", "Ubuntu"),
            true,
        ),
        (
            "minikube without a driver",
            on("host", "Debian", "docker://27.4.0", minikube),
            ("27.4.0", "host", "Debian"),
            true,
        ),
        ("another machine's", on("vm", "Debian", "docker://24.0.7", None), ("27.4.0", "laptop", "Debian"), false),
        ("containerd", on("colima", "Ubuntu", "containerd://2.1.0", None), ("27.4.0", "colima", "Ubuntu"), false),
    ] {
        let (engine, cluster) = (reporting(version, name, system).await, cluster(Some(vec![node]), "r.corp").await);
        let run = mcpctl(&PROVISION, "any", &cluster, &engine, &[]).env("HTTPS_PROXY", "socks5h://127.0.0.1:1");
        let ran = run.run();
        assert_eq!(looked(&engine), own, "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("the nodes run on the engine in use here"), own, "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("2 present"), own, "{what}: {}", ran.stderr);
        let words = ["status", "--server", "clock", "--catalog", "catalog.yaml", "-o", "json"];
        let ran = mcpctl(&words, "any", &cluster, &engine, &[]).run().code(0);
        let state = if own { "present" } else { "unknown" };
        assert_eq!(ran.json()[0]["image"]["state"], state, "{what}: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_there_is_named_and_the_registries_are_asked() {
    let node = on("orbstack", "OrbStack", "docker://27.4.0", None);
    let (cluster, other) = (cluster(Some(vec![node]), "r.corp").await, engine().await);
    let run = mcpctl(&PROVISION, "orbstack", &cluster, &other, &[]).env("DOCKER_HOST", "unix:///none.sock");
    run.env("HTTPS_PROXY", "socks5h://127.0.0.1:1")
        .run()
        .code(0)
        .says(
            "node `orbstack` has the container runtime `docker://27.4.0`, but no docker engine at `unix:///none.sock`",
        )
        .says("2 unknown")
        .says("`--skip images`");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_without_a_network_is_one_line() {
    for message in [
        "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
        "Get \"https://registry-1.docker.io/v2/\": dial tcp 10.0.0.1:443: connect: connection refused",
        "Get \"https://registry-1.docker.io/v2/\": net/http: TLS handshake timeout",
        "Get \"https://registry-1.docker.io/v2/\": Proxy Authentication Required",
        "Get \"https://registry-1.docker.io/v2/\": x509: certificate signed by unknown authority",
        "Get \"https://registry-1.docker.io/v2/\": http: server gave HTTP response to HTTPS client",
        "Get \"https://registry-1.docker.io/v2/\": dial tcp: i/o timeout",
        "Get \"https://registry-1.docker.io/v2/\": proxyconnect tcp: dial tcp: no route to host",
    ] {
        let engine = Loopback::start(move |line, _| match line {
            line if line.ends_with("/version") => as_json(&json!({ "Version": "27.4.0", "ApiVersion": "1.47" })),
            line if line.ends_with("/info") => as_json(&json!({ "OperatingSystem": "OrbStack", "Name": "orbstack" })),
            line if line.contains("/images/create") => respond(500, &[], json!({ "message": message }).to_string()),
            _ => respond(404, &[], r#"{"message": "no such image"}"#),
        })
        .await;
        let cluster = cluster(Some(vec![on("orbstack", "OrbStack", "docker://27.4.0", None)]), "r.corp").await;
        let mut catalog = "registry:\n".to_owned();
        let names: Vec<String> = (0..30).map(|number| format!("s{number}")).collect();
        for name in &names {
            catalog.push_str(&format!("  {name}: {{image: 'mcp/{name}:1', type: server}}\n"));
        }
        let names = names.join(",");
        let words = ["provision", &names, "--base", "prod", "--only", "images", "--catalog", "many.yaml"];
        let ran = mcpctl(&words, "any", &cluster, &engine, &[]).file("many.yaml", &catalog).run();
        assert_ne!(ran.code, 0, "{message}: {}", ran.stderr);
        let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(warnings.len(), 1, "{message}: {}", ran.stderr);
        assert!(warnings[0].contains(message) && warnings[0].contains(" and 28 more: "), "{message}: {}", warnings[0]);
        let tries = engine.asked().iter().filter(|(line, _)| line.contains("/images/create")).count();
        assert!(tries <= 12, "{message}: {tries} tries for 31 images");
    }
}

/// Notes a call with the provider, and writes the archive that it is asked for.
const PODMAN: &str = "echo \"podman $1 $2 $4\" >> calls.txt; [ \"$1\" = save ] && : > \"$3\"";
const KIND: &str = "[ -e \"$3\" ] || exit 9; echo \"$KIND_EXPERIMENTAL_PROVIDER kind $1 $2 $4 $5\" >> calls.txt";

async fn on_podman(images: &[&str]) -> Loopback {
    cluster(Some(vec![node("dev-control-plane", "kind://podman/dev/dev-control-plane", None, images)]), "r.corp").await
}

fn load(cluster: &Loopback, engine: &Loopback, programs: &[(&str, &str)]) -> Mcpctl {
    mcpctl(&["eval", "images::load(\"mcp/clock:1\", #{ timeout: \"1s\" })"], "kind-dev", cluster, engine, programs)
}

#[tokio::test(flavor = "multi_thread")]
async fn images_get_into_a_kind_cluster_of_podman_by_an_archive() {
    let (engine, cluster) = (engine().await, on_podman(&LISTED).await);
    let programs = [("podman", PODMAN), ("kind", KIND)];
    let ran = mcpctl(&PROVISION, "renamed", &cluster, &engine, &programs).run().code(0);
    let ran = ran.says("images: kind cluster `dev` on podman, loaded from podman: node `dev-control-plane`");
    let ran = ran.says("2 loaded");
    assert_eq!(
        ran.read("calls.txt").unwrap(),
        "podman save --output docker.io/mcp/clock:1\npodman kind load image-archive --name dev\n\
         podman save --output docker.io/library/alpine:3.22.1\npodman kind load image-archive --name dev\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_load_from_podman_can_fail() {
    let engine = engine().await;
    let lacking = Loopback::start(|line, _| match line {
        line if line.ends_with("/version") => as_json(&json!({ "Version": "5.2.0" })),
        _ => respond(404, &[], r#"{"message": "no such image"}"#),
    })
    .await;
    let (listed, unlisted) = (on_podman(&LISTED).await, on_podman(&[]).await);
    for (what, cluster, engine, programs, reason) in [
        ("no podman", &listed, &engine, &[("kind", KIND)][..], "install `podman`"),
        ("no kind", &listed, &engine, &[("podman", PODMAN)], "install `kind`"),
        ("neither", &listed, &engine, &[], "load them yourself and use `--skip images`"),
        (
            "podman fails",
            &listed,
            &engine,
            &[("podman", "echo 'Error: image not known' >&2; exit 125"), ("kind", KIND)],
            "`podman` ended with 125: Error: image not known",
        ),
        (
            "kind fails",
            &listed,
            &engine,
            &[("podman", PODMAN), ("kind", "echo 'ERROR: no nodes found for cluster' >&2; exit 1")],
            "`kind` ended with 1: ERROR: no nodes found for cluster",
        ),
        ("no archive", &listed, &engine, &[("podman", "true"), ("kind", KIND)], "`kind` ended with 9"),
        (
            "no image",
            &listed,
            &lacking,
            &[("podman", PODMAN), ("kind", KIND)],
            "the engine does not have it; pull it first",
        ),
        ("not listed", &unlisted, &engine, &[("podman", PODMAN), ("kind", "true")], "does not list the image"),
    ] {
        let ran = load(cluster, engine, programs).run();
        assert_ne!(ran.code, 0, "{what}: {}", ran.stdout);
        assert!(ran.stdout.contains("failed mcp/clock:1: ") && ran.stdout.contains(reason), "{what}: {}", ran.stdout);
    }
    let dry = load(&listed, &engine, &[("podman", PODMAN), ("kind", KIND)]).word("--dry-run").run().code(0);
    let dry = dry.gives("program/podman save --output image.tar docker.io/mcp/clock:1");
    let dry = dry.gives("program/kind load image-archive image.tar --name dev");
    assert_eq!(dry.read("calls.txt"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn podmans_engine_is_used_for_podmans_nodes() {
    let (other, cluster) = (engine().await, on_podman(&LISTED).await);
    let run = mcpctl(&PROVISION, "kind-dev", &cluster, &other, &[("podman", PODMAN), ("kind", KIND)]);
    let runtime = run.folder().join("run");
    std::fs::create_dir_all(runtime.join("podman")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(runtime.join("podman/podman.sock")).unwrap());
    let socket = runtime.join("podman/podman.sock").display().to_string();
    run.env("DOCKER_HOST", "")
        .env("XDG_RUNTIME_DIR", runtime.display().to_string())
        .run()
        .code(1)
        .says(&format!("no docker engine at `unix://{socket}`"))
        .says("podman.socket")
        .says("`--skip images`");
}
