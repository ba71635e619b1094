//! What is sent again, and what is not.

use std::time::Duration;

use http::Request;
use mcpctl::cluster::objects::{self, Desired, ObjectKind};
use mcpctl::cluster::pods::{self, Filter};
use mcpctl::error::Kind;
use serde_json::json;

use crate::support::function_server::{Fake, Say};

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
async fn a_retry_after_beyond_the_limit_fails_at_once_and_is_named() {
    let table = [
        ("a day", 429, "86400", "1d", 1),
        ("just too long", 429, "11", "11s", 1),
        ("an hour, unavailable", 503, "3600", "1h", 1),
        ("a gateway's timeout", 504, "60", "1m", 1),
        ("a watch", 429, "120", "2m", 1),
        ("a watch, unavailable", 503, "120", "2m", 1),
        ("the limit itself", 429, "10", "10s", 3),
        ("short", 503, "1", "1s", 7),
        ("none", 503, "", "", 7),
    ];
    for (name, status, seconds, named, most) in table {
        let say = Say::no(status, "No");
        let fake = Fake::saying([if seconds.is_empty() { say } else { say.header("retry-after", seconds) }]);
        let watch = if name.starts_with("a watch") { "?watch=true" } else { "" };
        let request = Request::get(format!("/api/v1/namespaces/mcp/pods{watch}")).body(Vec::new()).unwrap();
        let start = tokio::time::Instant::now();
        let error = fake.cluster(|_| {}).call(request).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unreachable, "{name}");
        assert!(fake.count() <= most, "{name}: {}", fake.count());
        if most == 1 {
            assert_eq!(start.elapsed(), Duration::ZERO, "{name}");
            assert!(error.hints[0].starts_with(&format!("try again in {named}, as it asks")), "{name}: {error:?}");
        } else {
            assert!(fake.count() > 1, "{name}");
        }
        let cause = error.cause.clone().unwrap_or_default();
        assert_eq!(cause.contains(&format!("Retry-After: {named}")), !named.is_empty(), "{name}: {cause}");
    }
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
async fn watches_logs_and_channels_survive_what_lists_survive() {
    let pod = "/api/v1/namespaces/mcp/pods/p";
    let table = [
        ("GET", "/api/v1/pods?watch=true".to_owned(), 429, 2),
        ("GET", "/api/v1/pods?watch=true".to_owned(), 500, 2),
        ("GET", "/api/v1/pods?watch=true".to_owned(), 503, 2),
        ("GET", "/api/v1/pods?watch=true".to_owned(), 504, 2),
        ("GET", format!("{pod}/log?follow=true"), 429, 2),
        ("GET", format!("{pod}/log?follow=true"), 500, 2),
        ("GET", format!("{pod}/attach?stdin=true"), 429, 2),
        ("GET", format!("{pod}/attach?stdin=true"), 500, 2),
        ("GET", format!("{pod}/attach?stdin=true"), 503, 2),
        ("POST", format!("{pod}/exec?command=ls"), 500, 1),
        ("GET", "/api/v1/pods?watch=true".to_owned(), 403, 1),
        ("GET", format!("{pod}/attach?stdin=true"), 404, 1),
    ];
    for (method, uri, status, expected) in table {
        let fake = Fake::saying([Say::no(status, "No"), no_pods()]);
        let request = Request::builder().method(method).uri(&uri).body(Vec::new()).unwrap();
        let answer = fake.cluster(|_| {}).exchange(request).await.unwrap();
        assert_eq!(fake.count(), expected, "{method} {uri} {status}");
        assert_eq!(answer.status.is_success(), expected == 2, "{method} {uri} {status}");
    }
}
