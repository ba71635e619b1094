//! The real catalog, in both shapes and from everywhere that it can be had: always the same servers.

use mcpctl::provision::catalog::ARTIFACT_TYPE;
use mcpctl::provision::catalog::origin::sha256;
use serde_json::{Value, json};

use crate::cluster::push::push;
use crate::support::https_server::{Server, response};
use crate::support::program::Mcpctl;

/// The legacy catalog at `$MCPCTL_CATALOG_TEST`, else beside the repository.
fn legacy() -> String {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/catalog/docker-mcp.yaml");
    let path = std::env::var_os("MCPCTL_CATALOG_TEST").unwrap_or_else(|| beside.into());
    std::fs::read_to_string(path).expect("the real catalog")
}

/// The same servers as Docker's clients push them now.
fn current(legacy: &str) -> Vec<u8> {
    let legacy: Value = serde_saphyr::from_str(legacy).unwrap();
    let servers = legacy["registry"].as_object().unwrap().iter().map(|(name, entry)| {
        let mut server = entry.clone();
        server["name"] = json!(name);
        let (kind, place) = if entry["type"] == "remote" { ("remote", "endpoint") } else { ("image", "image") };
        let at = if kind == "remote" { &entry["remote"]["url"] } else { &entry["image"] };
        json!({"type": kind, place: at, "snapshot": {"server": server}})
    });
    json!({"title": "docker-mcp", "servers": servers.collect::<Vec<_>>()}).to_string().into_bytes()
}

/// The manifest of a catalog.
fn manifest(layer: &[u8]) -> Vec<u8> {
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": ARTIFACT_TYPE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2},
        "layers": [{"mediaType": "application/json", "digest": sha256(layer), "size": layer.len()}],
    })
    .to_string()
    .into_bytes()
}

/// Takes the artifact away again, as far as the registry lets anybody.
async fn remove(registry: &str, name: &str, digest: &str) {
    let address = format!("http://{registry}/v2/{name}/manifests/{digest}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.delete(address).send().await.unwrap();
}

/// What a run says of all servers, and of how many sources; without the sources themselves.
fn servers(run: Mcpctl) -> Vec<Value> {
    let Value::Array(mut servers) = run.run().code(0).stderr("").json() else { panic!("no list") };
    for server in &mut servers {
        for field in ["source", "digest"] {
            server.as_object_mut().unwrap().remove(field).unwrap();
        }
    }
    servers
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn file_https_and_registry_give_the_same_servers() {
    let legacy = legacy();
    let run = |place: &str| Mcpctl::new(&format!("servers -o json --catalog {place}"));
    let from_file = servers(run("docker-mcp.yaml").file("docker-mcp.yaml", &legacy));
    assert!(from_file.len() >= 232, "{}", from_file.len());

    let body = legacy.clone();
    let server = Server::tls(move |_| response("200 OK", &[("ETag", "\"1\"")], body.as_bytes()));
    let authority = server.authority().to_str().unwrap().to_owned();
    let address = server.address("/docker-mcp.yaml");
    assert_eq!(servers(run(&address).env("SSL_CERT_FILE", authority)), from_file);

    let registry = std::env::var("MCPCTL_E2E_REGISTRY").expect("a registry");
    let name = format!("mcpctl-test/catalog-{}", std::process::id());
    let layer = current(&legacy);
    let manifest = manifest(&layer);
    push(&registry, &name, "1", &[b"{}", &layer], &manifest).await;
    let digest = sha256(&manifest);
    let by_tag = servers(run(&format!("oci://{registry}/{name}:1")));
    let by_digest = servers(run(&format!("oci://{registry}/{name}@{digest}")));
    let wrong = format!("oci://{registry}/{name}@{}", sha256(b"another"));
    let wrong = run(&wrong).run();
    remove(&registry, &name, &digest).await;
    assert_eq!(by_tag, from_file);
    assert_eq!(by_digest, from_file);
    wrong.code(1).stdout("");

    let layer = String::from_utf8(layer).unwrap();
    assert_eq!(servers(run("current.json").file("current.json", &layer)), from_file);
}
