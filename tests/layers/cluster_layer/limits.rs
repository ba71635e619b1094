//! Timeouts, clocks and answers that are none.

use std::time::Duration;

use mcpctl::cluster::pods::{self, Filter, Until};
use mcpctl::error::Kind;
use serde_json::json;

use crate::support::function_server::{Fake, Say};

fn pods_of(names: &[&str]) -> serde_json::Value {
    let pod = |name: &&str| {
        json!({"metadata": {"name": name, "namespace": "mcp", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app.kubernetes.io/managed-by": "mcp-gateway"}}, "status": {"phase": "Pending"}})
    };
    json!({"items": names.iter().map(pod).collect::<Vec<_>>()})
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_ends_with_the_request_timeout() {
    let fake = Fake::saying([Say::ok(&pods_of(&["a"])).stalled()]);
    let start = tokio::time::Instant::now();
    let error = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert_eq!(error.message, "no answer from `fake` (context `sandbox`) within 30s");
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn ages_are_by_the_servers_clock() {
    let answer = Say::ok(&pods_of(&["a"])).header("date", "Thu, 01 Jan 2026 01:00:01 GMT");
    let fake = Fake::saying([answer]);
    let cluster = fake.cluster(|_| {});
    assert_eq!(pods::list(&cluster, &Filter::default()).await.unwrap()[0].age, 3601);
    let older = |seconds| Filter { older_than: Some(Duration::from_secs(seconds)), ..Filter::default() };
    assert_eq!(pods::list(&cluster, &older(3600)).await.unwrap().len(), 1);
    assert_eq!(pods::list(&cluster, &older(3601)).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_page_that_is_no_answer_of_the_api_is_told() {
    let fake = Fake::saying([Say::ok(&json!("<html>log in</html>"))]);
    let error = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap_err();
    assert!(error.message.starts_with("the answer to `list pods`"), "{error}");
    assert!(!format!("{error:?}").contains("html"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_while_nothing_is_there_yet() {
    let fake = Fake::saying([Say::ok(&pods_of(&[])), Say::ok(&pods_of(&[])), Say::ok(&pods_of(&["a", "b"]))]);
    let cluster = fake.cluster(|_| {});
    let found =
        pods::wait(&cluster, &Filter::default(), Until::Count(2), Duration::from_secs(60), &mut |_| {}).await.unwrap();
    assert_eq!((found.len(), fake.count()), (2, 3));
    let error = pods::wait(&cluster, &Filter::default(), Until::Running(1), Duration::from_secs(9), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "waited 9s for pods `app.kubernetes.io/managed-by=mcp-gateway` in namespace `mcp`: wanted 1 running: last seen: 2 Pending"
    );
    assert_eq!(error.details, ["a  Pending", "b  Pending"]);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_does_not_wait() {
    let fake = Fake::saying([Say::ok(&pods_of(&[]))]);
    let cluster = fake.cluster(|options| options.dry_run = true);
    pods::wait(&cluster, &Filter::default(), Until::Count(2), Duration::from_secs(60), &mut |_| {}).await.unwrap();
    assert_eq!(fake.count(), 1);
}
