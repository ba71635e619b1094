//! Catalogs that are artifacts of a registry: the built program, and a registry of a few lines on loopback.

use mcpctl::provision::catalog::ARTIFACT_TYPE;
use mcpctl::provision::catalog::origin::sha256;
use serde_json::{Value, json};

use crate::support::https_server::{Request, Server, response};
use crate::support::program::{Mcpctl, Ran};

const NAMES: &str = "server/clock\nserver/grafana\n";

/// What Docker's clients push: the current shape.
fn catalog() -> Vec<u8> {
    let server =
        |name: &str| json!({"type": "image", "image": format!("mcp/{name}"), "snapshot": {"server": {"name": name}}});
    json!({"title": "Far", "servers": [server("clock"), server("grafana")]}).to_string().into_bytes()
}

fn manifest(layer: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": ARTIFACT_TYPE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2},
        "layers": [{"mediaType": "application/json", "digest": sha256(layer), "size": layer.len()}],
    })
}

/// A registry that has one artifact under every tag, and gives `layer` whatever the manifest says.
fn registry(manifest: &Value, layer: Vec<u8>) -> Server {
    let manifest = manifest.to_string().into_bytes();
    Server::plain(move |request| answer(request, &manifest, &layer))
}

fn answer(request: &Request, manifest: &[u8], layer: &[u8]) -> Vec<u8> {
    let kind = ("Content-Type", "application/vnd.oci.image.manifest.v1+json");
    if request.target == "/v2/" {
        return response("200 OK", &[], b"{}");
    }
    if request.target.contains("/blobs/") {
        return response("200 OK", &[], layer);
    }
    response("200 OK", &[kind, ("Docker-Content-Digest", &sha256(manifest))], manifest)
}

fn servers(server: &Server, tag: &str) -> Mcpctl {
    Mcpctl::new(&format!("servers -o name --catalog oci://{}/mcp/catalog{tag}", server.host()))
}

fn blobs(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.target.contains("/blobs/")).count()
}

fn refused(manifest: &Value) -> Ran {
    servers(&registry(manifest, catalog()), ":1").run().code(1)
}

#[test]
fn an_artifact_is_a_catalog_by_tag_and_by_digest() {
    let manifest = manifest(&catalog());
    let server = registry(&manifest, catalog());
    let digest = sha256(manifest.to_string().as_bytes());
    servers(&server, ":1").run().code(0).stdout(NAMES).stderr("");
    servers(&server, "").run().code(0).stdout(NAMES);
    servers(&server, &format!("@{digest}")).run().code(0).stdout(NAMES);
    let line = format!("servers grafana -o json --catalog oci://{}/mcp/catalog:1", server.host());
    let found = Mcpctl::new(&line).run().code(0).json();
    assert_eq!(found[0]["digest"], digest);
    assert_eq!(found[0]["source"], format!("oci://{}/mcp/catalog:1", server.host()));
    assert_eq!(found[0]["image"], "mcp/grafana:latest");
}

#[test]
fn an_artifact_that_did_not_change_is_not_read_again_and_serves_without_a_network() {
    let manifest = manifest(&catalog());
    let server = registry(&manifest, catalog());
    let digest = sha256(manifest.to_string().as_bytes());
    let ran = servers(&server, ":1").run().code(0);
    let ran = servers(&server, ":1").after(ran).run().code(0).stdout(NAMES);
    assert_eq!(blobs(&server), 1);
    let ran = servers(&server, &format!("@{digest}")).after(ran).run().code(0);
    let asked = server.requests().len();
    let ran = servers(&server, &format!("@{digest}")).after(ran).run().code(0).stdout(NAMES);
    assert_eq!(server.requests().len(), asked, "a digest never means anything else");
    let host = server.host();
    drop(server);
    let line = format!("servers -o name --catalog oci://{host}/mcp/catalog:1");
    let ran = Mcpctl::new(&line).after(ran).run().code(0).stdout(NAMES);
    ran.says(&format!("warning: the catalog `oci://{host}/mcp/catalog:1` is a copy, "));
}

#[test]
fn a_layer_that_is_not_what_the_manifest_says_is_refused() {
    let tampered = String::from_utf8(catalog()).unwrap().replace("mcp/clock", "mcp/c1ock").into_bytes();
    let server = registry(&manifest(&catalog()), tampered);
    let ran = servers(&server, ":1").run().code(1).stdout("");
    ran.says("digest");
}

#[test]
fn a_manifest_that_is_not_the_one_named_is_refused() {
    let server = registry(&manifest(&catalog()), catalog());
    servers(&server, &format!("@{}", sha256(b"another"))).run().code(1).stdout("");
}

#[test]
fn an_image_and_other_artifacts_are_no_catalogs() {
    let mut image = manifest(&catalog());
    image.as_object_mut().unwrap().remove("artifactType");
    refused(&image).says("mcp/catalog:1` is not a catalog: it is an image");
    let mut chart = manifest(&catalog());
    chart["artifactType"] = json!("application/vnd.helm\u{1b}[31m");
    refused(&chart).says("is not a catalog: it is an artifact of type `application/vnd.helm␛[31m`");
    let mut layers = manifest(&catalog());
    layers["layers"] = json!([]);
    refused(&layers).says("is not a catalog: it is an artifact of 0 layers, where a catalog has one");
}

#[test]
fn dockers_login_for_the_registry_is_used() {
    let manifest = manifest(&catalog()).to_string().into_bytes();
    let server = Server::plain(move |request| match request.headers.get("authorization").map(String::as_str) {
        Some("Basic bWU6Y2FuYXJ5LXB3") => answer(request, &manifest, &catalog()),
        _ => response("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"r\"")], b"{}"),
    });
    servers(&server, ":1").run().code(1).stdout("");
    let login = json!({"auths": {server.host(): {"auth": "bWU6Y2FuYXJ5LXB3"}}}).to_string();
    let ran = servers(&server, ":1").file("home/.docker/config.json", &login).run().code(0).stdout(NAMES);
    assert!(!ran.stderr.contains("canary"));
}
