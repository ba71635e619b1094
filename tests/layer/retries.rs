//! What is sent again, and what is not.

use std::time::Duration;

use http::Request;
use mcpctl::cluster::objects::{self, Desired, ObjectKind};
use mcpctl::cluster::pods::{self, Filter};
use mcpctl::error::Kind;
use serde_json::json;

use super::fake::{Fake, Say};

fn no_pods() -> Say {
    Say::ok(&json!({"items": []}))
}

/// Paused time passes at once when all wait, so pauses cost nothing.
#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_after_the_time_it_names() {
    let fake = Fake::saying([Say::no(429, "TooManyRequests").header("retry-after", "3"), no_pods()]);
    let start = tokio::time::Instant::now();
    pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap();
    assert_eq!(fake.count(), 2);
    assert!(start.elapsed() >= Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_endless_retry_after_is_capped_and_the_servers_no_is_told() {
    let fake = Fake::saying([Say::no(429, "TooManyRequests").header("retry-after", "86400")]);
    let start = tokio::time::Instant::now();
    let error = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap_err();
    assert_eq!((error.kind, error.cause.as_deref()), (Kind::Unreachable, Some("429 Too Many Requests")));
    assert_eq!(error.hints, ["try again in 1d, as it asks"]);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(fake.count() >= 2);
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_after_500_and_changes_are_not() {
    let fake = Fake::saying([Say::no(500, "InternalError"), Say::no(503, "Unavailable"), no_pods()]);
    pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap();
    assert_eq!(fake.count(), 3);

    let fake = Fake::saying([Say::no(404, "NotFound"), Say::no(500, "InternalError")]);
    let desired = Desired::new(ObjectKind::ConfigMap, "c", "mcpctl:a", [].into());
    let error = objects::apply(&fake.cluster(|_| {}), desired, false).await.unwrap_err();
    assert_eq!((error.kind, fake.count()), (Kind::Failed, 2));
}

#[tokio::test(start_paused = true)]
async fn a_creation_is_repeated_after_429_only() {
    for (status, expected) in [(429, 7), (503, 1), (504, 1), (500, 1)] {
        let fake = Fake::saying([Say::no(status, "No")]);
        let cluster = fake.cluster(|options| options.request_timeout = Duration::from_secs(600));
        let request = Request::post("/api/v1/namespaces/mcp/pods").body(b"{}".to_vec()).unwrap();
        assert_eq!(cluster.exchange(request).await.unwrap().status.as_u16(), status);
        assert_eq!(fake.count(), expected, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn watches_are_never_repeated() {
    let fake = Fake::saying([Say::no(429, "TooManyRequests")]);
    let cluster = fake.cluster(|_| {});
    let request = Request::get("/api/v1/pods?watch=true").body(Vec::new()).unwrap();
    assert!(cluster.call(request).await.is_err());
    assert_eq!(fake.count(), 1);
}
