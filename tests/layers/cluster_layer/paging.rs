//! Lists in pages: whole, or an error.

use mcpctl::cluster::objects::{self, ObjectFilter, ObjectKind};
use mcpctl::cluster::pods::{self, Filter};
use mcpctl::error::Kind;
use serde_json::json;

use crate::support::function_server::{Fake, Say};

fn page(name: &str, next: &str) -> Say {
    let metadata = json!({"name": name, "namespace": "mcp", "uid": name});
    Say::ok(&json!({"metadata": {"continue": next}, "items": [{"metadata": metadata, "status": {"phase": "Running"}}]}))
}

fn names(pods: Vec<pods::Pod>) -> Vec<String> {
    pods.into_iter().map(|pod| pod.name).collect()
}

#[tokio::test]
async fn pages_follow_each_other() {
    let fake = Fake::saying([page("a", "t&1"), page("b", "t2"), page("c", "")]);
    let found = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap();
    assert_eq!(names(found), ["a", "b", "c"]);
    let seen = fake.seen();
    assert!(seen[0].uri.contains("limit=500&labelSelector=app.kubernetes.io%2Fmanaged-by%3Dmcp-gateway"));
    assert!(seen[1].uri.ends_with("&continue=t%261") && seen[2].uri.ends_with("&continue=t2"));
}

#[tokio::test]
async fn a_list_that_goes_stale_starts_again_once() {
    let gone = || Say::no(410, "Expired");
    let fake = Fake::saying([page("a", "1"), gone(), page("x", "2"), page("y", "")]);
    let found = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap();
    assert_eq!(names(found), ["x", "y"]);

    let fake = Fake::saying([page("a", "1"), gone(), page("x", "2"), gone()]);
    let error = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap_err();
    assert_eq!((error.message.contains("stale twice"), fake.count()), (true, 4));

    let fake = Fake::saying([page("a", "1"), gone(), page("x", "")]);
    let found = objects::list(&fake.cluster(|_| {}), ObjectKind::ConfigMap, &ObjectFilter::default()).await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str()), (1, "x"));
}

#[tokio::test]
async fn a_failing_page_fails_the_list() {
    let fake = Fake::saying([page("a", "1"), Say::no(403, "Forbidden")]);
    let error = pods::list(&fake.cluster(|_| {}), &Filter::default()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden);
}
