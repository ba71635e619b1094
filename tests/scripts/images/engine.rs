//! What the engine is asked, seen from a fake one on a socket, and what is said when there is none.
#![cfg(unix)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use mcpctl::error::Kind;
use mcpctl::images::endpoint::DockerSettings;
use mcpctl::images::{DockerEngine, ImageOutcome, Images, News, Platform, PullOptions};
use mcpctl::record::Recorder;

type Log = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// An engine that holds what it was asked to pull, but for images whose name has `liar` in it.
fn answer(log: &Log, request: &Request<hyper::body::Incoming>) -> Response<UnsyncBoxBody<Bytes, std::io::Error>> {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let login = request.headers().get("x-registry-auth").map(|value| value.to_str().unwrap().to_owned());
    let name = path.trim_start_matches("/images/").split(':').next().unwrap().replace('/', "%2F");
    let pulled = log.lock().unwrap().iter().any(|(path, _)| path.contains(&format!("fromImage={name}&")));
    log.lock().unwrap().push((path.clone(), login));
    let respond = |status: u16, body: &str| {
        let body = Full::new(Bytes::from(body.to_owned())).map_err(|never| match never {}).boxed_unsync();
        Response::builder().status(status).body(body).unwrap()
    };
    // the beginning of an answer, and what comes after it
    let begun = |body: &str, then: Option<std::io::Error>| {
        let first = futures::stream::iter([Ok(Frame::data(Bytes::from(body.to_owned())))]);
        let rest = match then {
            Some(error) => futures::stream::iter([Err(error)]).boxed(),
            None => futures::stream::pending().boxed(),
        };
        Response::builder().body(StreamBody::new(first.chain(rest)).boxed_unsync()).unwrap()
    };
    if path.ends_with("/version") {
        return respond(200, r#"{"Version":"20.10.24","ApiVersion":"1.41"}"#);
    }
    if path.contains("/images/create") {
        if path.contains("private") {
            return respond(404, r#"{"message":"pull access denied for mcp/private, repository does not exist"}"#);
        }
        let told = [
            ("limited", 500, "toomanyrequests: You have reached your unauthenticated pull rate limit"),
            ("full", 500, "write /var/lib/docker/tmp/blob: no space left on device"),
            ("offline", 500, "Get \"https://r/v2/\": dial tcp: lookup r: no such host"),
            ("flaky", 503, "received unexpected HTTP status: 503 Service Unavailable"),
            ("foreign", 404, "no matching manifest for linux/amd64 in the manifest list entries"),
            ("outside", 500, "Get \"https://r/v2/\": Proxy Authentication Required"),
            ("untrusted", 500, "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        ];
        let before = log.lock().unwrap().iter().filter(|(asked, _)| *asked == path).count();
        for (name, status, message) in told {
            if path.contains(name) && !(name == "flaky" && before > 1) {
                return respond(status, &serde_json::json!({ "message": message }).to_string());
            }
        }
        let error = if path.contains("lost") { "{\"errorDetail\":{\"message\":\"manifest unknown\"}}\r\n" } else { "" };
        let news =
            "{\"status\":\"Downloading\",\"id\":\"l1\",\"progressDetail\":{\"current\":1048576,\"total\":3145728}}\r\n";
        if path.contains("breaks") || path.contains("shaky") && before == 1 {
            return begun(news, Some(std::io::Error::other("broken")));
        }
        if path.contains("stalls") {
            return begun(news, None);
        }
        return respond(200, &format!("{news}{error}"));
    }
    if pulled && !path.contains("liar") {
        respond(200, r#"{"Id":"sha256:1","Os":"linux","Architecture":"arm64"}"#)
    } else {
        respond(404, r#"{"message":"no such image"}"#)
    }
}

/// Serves until the test ends.
fn serve(socket: &Path) -> Log {
    let log = Log::default();
    let listener = tokio::net::UnixListener::bind(socket).unwrap();
    let seen = log.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = seen.clone();
            let service = service_fn(move |request| {
                let response = answer(&seen, &request);
                async move { Ok::<_, std::convert::Infallible>(response) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    log
}

fn images(folder: &Path) -> Images {
    let settings = DockerSettings {
        host: Some(format!("unix://{}/d.sock", folder.display())),
        config_folder: Some(folder.to_path_buf()),
        ..DockerSettings::default()
    };
    Images::new(Arc::new(DockerEngine::new(settings)), false, false, Arc::new(Recorder::default()))
}

async fn pull_one(images: &Images, image: &str) -> mcpctl::images::ImageResult {
    images.pull(&[image.to_owned()], &PullOptions::default(), &|_| {}).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_pull_names_one_tag_and_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("config.json"),
        r#"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cHc="}}}"#,
    )
    .unwrap();
    let log = serve(&folder.path().join("d.sock"));
    let told = Mutex::new(Vec::new());
    let images = images(folder.path());
    let results = images
        .pull(&["mcp/time".to_owned()], &PullOptions::default(), &|news| told.lock().unwrap().push(news.news))
        .await
        .unwrap();
    assert_eq!((results[0].result, results[0].image.as_str()), (ImageOutcome::Pulled, "mcp/time:latest"));
    let told = told.lock().unwrap().clone();
    let News::Amount(amount) = &told[1] else { panic!("{told:?}") };
    assert_eq!((amount.bytes, amount.total_bytes, amount.total_layers), (1 << 20, 3 << 20, 1));
    assert_eq!((told.first(), told.last()), (Some(&News::Begun), Some(&News::Pulled)));
    let log = log.lock().unwrap();
    let (create, login) = log.iter().find(|(path, _)| path.contains("/images/create")).unwrap();
    assert!(create.contains("fromImage=docker.io%2Fmcp%2Ftime") && create.contains("tag=latest"), "{create}");
    assert!(login.as_ref().is_some_and(|login| !login.is_empty()));
    assert!(log.last().unwrap().0.contains("/images/docker.io/mcp/time:latest/json"), "looked at after the pull");
}

#[tokio::test]
async fn the_engines_refusals_are_told_with_a_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let _log = serve(&folder.path().join("d.sock"));
    let images = images(folder.path());
    for (image, part) in [
        ("mcp/private", "repository does not exist; check the name; if it is private: `docker login docker.io`"),
        ("mcp/lost:9", "manifest unknown; check the name and the tag"),
        ("mcp/liar", "the image is missing; `docker pull docker.io/mcp/liar:latest` shows more"),
    ] {
        let result = pull_one(&images, image).await;
        assert_eq!(result.result, ImageOutcome::Failed, "{image}");
        assert!(result.reason.contains(part), "{}", result.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn each_way_to_fail_has_its_own_next_step_and_only_some_are_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = serve(&folder.path().join("d.sock"));
    let images = images(folder.path());
    let mut steps = std::collections::BTreeSet::new();
    for (image, part, tries) in [
        ("mcp/limited", "`docker login docker.io` raises the limit", 1),
        ("mcp/full", "`docker system df` shows what takes the space", 1),
        ("mcp/offline", "look at the network and the proxy: `docker.io` does not answer", 3),
        ("mcp/foreign", "choose one of them with `--platform`", 1),
        ("mcp/outside", "the proxy wants a login", 1),
        ("mcp/untrusted", "trust the certificate of `docker.io`", 1),
    ] {
        let result = pull_one(&images, image).await;
        assert_eq!(result.result, ImageOutcome::Failed, "{image}");
        assert!(result.reason.contains(part), "{}", result.reason);
        let name = image.replace('/', "%2F");
        let asked = |path: &str| path.contains("/images/create") && path.contains(&name);
        assert_eq!(log.lock().unwrap().iter().filter(|(path, _)| asked(path)).count(), tries, "{image}");
        steps.insert(result.reason.rsplit("; ").next().unwrap().to_owned());
    }
    assert_eq!(steps.len(), 6);
    assert_eq!(pull_one(&images, "mcp/flaky").await.result, ImageOutcome::Pulled);
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_breaks_off_or_stalls_is_tried_again_and_not_blamed_on_a_missing_engine() {
    let folder = tempfile::tempdir().unwrap();
    let log = serve(&folder.path().join("d.sock"));
    let images = images(folder.path());
    for (image, part) in [("mcp/breaks", "the engine broke off: "), ("mcp/stalls", "no progress in 300 s; ")] {
        let result = pull_one(&images, image).await;
        assert_eq!(result.result, ImageOutcome::Failed, "{image}");
        assert!(result.reason.starts_with(part) && !result.reason.contains("start Docker"), "{}", result.reason);
        let name = image.replace('/', "%2F");
        let asked = |path: &str| path.contains("/images/create") && path.contains(&name);
        assert_eq!(log.lock().unwrap().iter().filter(|(path, _)| asked(path)).count(), 3, "{image}");
    }
    assert_eq!(pull_one(&images, "mcp/shaky").await.result, ImageOutcome::Pulled);
}

#[tokio::test]
async fn a_platform_is_asked_for_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let log = serve(&folder.path().join("d.sock"));
    let images = images(folder.path());
    let pull =
        |platform: &str| PullOptions { platform: Some(Platform::parse(platform).unwrap()), ..PullOptions::default() };
    let asked = ["mcp/time".to_owned()];
    let results = images.pull(&asked, &pull("linux/arm64"), &|_| {}).await.unwrap();
    assert_eq!(results[0].result, ImageOutcome::Pulled);
    let create = log.lock().unwrap().iter().find(|(path, _)| path.contains("/images/create")).unwrap().0.clone();
    assert!(create.contains("platform=linux%2Farm64"), "{create}");
    let results = images.pull(&asked, &pull("linux/s390x"), &|_| {}).await.unwrap();
    assert_eq!(results[0].result, ImageOutcome::Failed, "the engine gave another one");
    assert!(results[0].reason.contains("missing for linux/s390x"), "{}", results[0].reason);
}

#[tokio::test]
async fn no_engine_is_told_by_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let error = images(folder.path()).pull(&["a".to_owned()], &PullOptions::default(), &|_| {}).await.unwrap_err();
    assert_eq!((error.kind, error.cause.as_deref()), (Kind::Unreachable, Some("there is no such socket")));
    assert!(error.message.contains("d.sock") && error.hints[0].contains("DOCKER_HOST"));
    drop(std::os::unix::net::UnixListener::bind(folder.path().join("d.sock")).unwrap());
    let error = images(folder.path()).pull(&["a".to_owned()], &PullOptions::default(), &|_| {}).await.unwrap_err();
    assert_eq!((error.kind, error.cause.as_deref()), (Kind::Unreachable, Some("no process listens on it")));
}
