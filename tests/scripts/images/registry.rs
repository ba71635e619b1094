//! Registries asked directly: logins, errors with their next steps, and parts that are not what they claim to be.

use std::time::Duration;

use mcpctl::digest::sha256;
use mcpctl::error::Kind;
use mcpctl::images::credentials::Login;
use mcpctl::images::endpoint::DockerSettings;
use mcpctl::images::{Platform, Reference, Registry};
use mcpctl::record::Recorder;
use mcpctl::web::Web;

use crate::support::http_server::{Loopback, respond};

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

fn digest(text: &str) -> String {
    sha256(text.as_bytes())
}

/// The way out of one test.
fn web() -> &'static Web<'static> {
    let recorder: &Recorder = Box::leak(Box::default());
    Box::leak(Box::new(Web::new(recorder, Duration::from_secs(60))))
}

/// A registry with one artifact, some refusals, and layers that lie.
async fn registry() -> Loopback {
    Loopback::start(|line, before| {
        let error = |status: u16, code: &str, message: &str| {
            let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
            respond(status, &[("content-type", "application/json")], body)
        };
        match line {
            "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
            line if line.ends_with("/manifests/gone") => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            line if line.ends_with("/manifests/private") => error(401, "UNAUTHORIZED", "authentication required"),
            line if line.ends_with("/manifests/busy") => error(429, "TOOMANYREQUESTS", "slow down"),
            line if line.ends_with("/manifests/shaky") && before == 0 => respond(503, &[], ""),
            line if line.ends_with("/manifests/page") => respond(200, &[("content-type", "text/html")], "<html>"),
            line if line.contains("/manifests/") => {
                respond(200, &[("docker-content-digest", &digest(MANIFEST))], MANIFEST)
            }
            line if line.ends_with(&format!("/blobs/{}", digest("layer"))) => respond(200, &[], "layer"),
            line if line.contains("/blobs/") => respond(200, &[], "something else"),
            _ => respond(500, &[], ""),
        }
    })
    .await
}

fn at(server: &Loopback, tag: &str) -> Registry<'static> {
    let image = Reference::parse(&format!("{}/mcp/x:{tag}", server.address)).unwrap();
    Registry::with_login(web(), &image, None)
}

#[tokio::test]
async fn an_artifact_is_read_with_dockers_login() {
    let server = registry().await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"bWU6Y2FuYXJ5LXB3"}}}}}}"#, server.address);
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let docker = DockerSettings { config_folder: Some(folder.path().to_path_buf()), ..DockerSettings::default() };
    let image = Reference::parse(&format!("{}/mcp/x:1", server.address)).unwrap();
    let registry = Registry::of(web(), &image, &docker).await.unwrap();
    assert_eq!(registry.digest().await.unwrap(), digest(MANIFEST));
    let (_, found) = registry.manifest().await.unwrap();
    assert_eq!(found, digest(MANIFEST));
    assert_eq!(registry.blob(&digest("layer"), 100).await.unwrap(), b"layer");
    let asked = server.asked();
    let sent = |part: &str| asked.iter().find(|(line, _)| line.contains(part)).and_then(|(_, login)| login.clone());
    assert_eq!(sent("/manifests/1").as_deref(), Some("Basic bWU6Y2FuYXJ5LXB3"));
    assert_eq!(sent("/blobs/").as_deref(), Some("Basic bWU6Y2FuYXJ5LXB3"));
}

#[tokio::test]
async fn each_refusal_is_its_own_error_with_a_next_step() {
    let server = registry().await;
    let host = server.address.clone();
    for (tag, kind, cause, hint) in [
        ("gone", Kind::NotFound, "manifest unknown", "check the name and the tag".to_owned()),
        ("private", Kind::Forbidden, "the registry wants a login", format!("`docker login {host}`")),
        ("busy", Kind::Failed, "slow down", "raises the limit".to_owned()),
    ] {
        let error = at(&server, tag).digest().await.unwrap_err();
        assert_eq!(error.kind, kind, "{tag}: {error}");
        assert!(error.cause.as_deref().unwrap_or_default().contains(cause), "{tag}: {error}");
        assert!(error.hints[0].contains(&hint), "{tag}: {:?}", error.hints);
    }
    assert_eq!(at(&server, "page").manifest().await.unwrap_err().kind, Kind::Failed);
    let count = |part: &str| server.asked().iter().filter(|(line, _)| line.contains(part)).count();
    let asked = ["gone", "private", "busy"].map(count);
    assert_eq!(asked, [2, 2, 6], "what can pass is tried again; HEAD without an answer is followed by GET");
    assert_eq!(at(&server, "shaky").digest().await.unwrap(), digest(MANIFEST));
}

#[tokio::test]
async fn a_web_page_is_no_manifest() {
    let server = registry().await;
    at(&server, "1").digest().await.unwrap();
    let error = at(&server, "page").digest().await.unwrap_err();
    assert_eq!(error.kind, Kind::Failed);
    assert_eq!(
        error.cause.as_deref().unwrap_or_default(),
        format!("`{}` answers with a web page (HTML), which no registry does", server.address)
    );
}

#[tokio::test]
async fn a_layer_is_no_larger_than_allowed_and_what_its_digest_says() {
    let server = registry().await;
    let registry = at(&server, "1");
    let error = registry.blob(&digest("layer"), 4).await.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.to_string().contains("too large"), "{error}");
    let error = registry.blob(&digest("promised"), 100).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.as_deref()),
        (Kind::Invalid, Some("what the registry sent is not what its digest says"))
    );
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_named() {
    let address = "127.0.0.1:1";
    let image = Reference::parse(&format!("{address}/mcp/x:1")).unwrap();
    let login = Some(Login::Password { username: "me".into(), password: "canary-pw".into() });
    let error = Registry::with_login(web(), &image, login).digest().await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert!(error.hints[0].contains(address), "{:?}", error.hints);
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn an_identity_token_is_exchanged_and_an_index_knows_its_platforms() {
    let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"platform":{"os":"linux","architecture":"arm64"}}]}"#;
    let endpoint = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let named = endpoint.clone();
    let server = Loopback::start(move |line, _| match line {
        "GET /v2/" => {
            let address = named.get().cloned().unwrap_or_default();
            let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"r\"");
            respond(401, &[("www-authenticate", &challenge)], "")
        }
        "POST /token" => respond(200, &[], r#"{"access_token":"canary-access"}"#),
        line if line.contains("/manifests/") => respond(200, &[], index),
        _ => respond(404, &[], ""),
    })
    .await;
    endpoint.set(server.address.clone()).unwrap();
    let image = Reference::parse(&format!("{}/mcp/x:1", server.address)).unwrap();
    let registry = Registry::with_login(web(), &image, Some(Login::Token("canary-identity".into())));
    let has = async |platform: &str| registry.has_platform(&Platform::parse(platform).unwrap()).await.unwrap();
    assert!(has("linux/arm64").await && !has("linux/amd64").await);
    let sent = server.asked().into_iter().find(|(line, _)| line.contains("/manifests/")).unwrap().1;
    assert_eq!(sent.as_deref(), Some("Bearer canary-access"));
}
