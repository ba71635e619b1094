//! A watch goes on whatever happens to it, and asks for nothing twice.

use std::time::Duration;

use kube_sandbox::{Fault, Sandbox};
use mcpctl::cluster::objects::{KeyWatch, Keys, ObjectKind};
use mcpctl::cluster::pods::{Created, Filter, PodWatch, watch_state};
use mcpctl::error::Kind;
use serde_json::json;

use super::{connect, ended, pod};

fn names(watch: &PodWatch) -> Vec<String> {
    watch.seen().into_iter().map(|seen| seen.pod.name).collect()
}

/// Waits until the watch has told what is wished.
async fn until(watch: &mut PodWatch, wish: impl Fn(&PodWatch) -> bool) {
    let waiting = async {
        while !wish(watch) {
            watch.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it was never seen");
}

fn requests(world: &Sandbox, verb: &str) -> usize {
    world.requests().iter().filter(|request| request.verb == verb && request.resource == "pods").count()
}

#[tokio::test]
async fn what_comes_changes_and_goes_is_seen_by_one_list_and_one_watch() {
    let world = Sandbox::new();
    world.insert(pod("a", &json!({}))).unwrap();
    let mut watch = PodWatch::new(&connect(&world), Filter::default());
    watch.changed().await.unwrap();
    assert_eq!(names(&watch), ["a"]);
    world.insert(pod("b", &json!({}))).unwrap();
    until(&mut watch, |watch| names(watch) == ["a", "b"]).await;
    let mut stranger = pod("c", &json!({}));
    stranger["metadata"]["labels"] = json!({});
    world.insert(stranger).unwrap();
    world.insert(ended("d", 2)).unwrap();
    until(&mut watch, |watch| names(watch) == ["a", "b", "d"]).await;
    let failure = watch.seen()[2].failure.clone().unwrap();
    assert_eq!((failure.reason.as_str(), failure.exit_code), ("Error", Some(2)));
    assert_eq!((requests(&world, "list"), requests(&world, "watch")), (1, 1));
}

#[tokio::test]
async fn a_forgotten_version_begins_anew() {
    let world = Sandbox::new();
    world.insert(pod("a", &json!({}))).unwrap();
    let mut watch = PodWatch::new(&connect(&world), Filter::default());
    watch.changed().await.unwrap();
    world.insert(pod("b", &json!({}))).unwrap();
    world.compact();
    until(&mut watch, |watch| names(watch) == ["a", "b"]).await;
    assert_eq!(requests(&world, "list"), 2);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_of_and_asked_again() {
    let world = Sandbox::new();
    world.insert(pod("a", &json!({}))).unwrap();
    let mut watch = PodWatch::new(&connect(&world), Filter::default());
    watch.changed().await.unwrap();
    // away for good: a trouble that passes at once could be over before it is looked at
    for nth in 1..=100 {
        world.break_connection(nth, "watch", "pods", false);
    }
    until(&mut watch, |watch| watch.trouble().is_some()).await;
    assert_eq!(names(&watch), ["a"]);
    world.clear_faults();
    until(&mut watch, |watch| watch.trouble().is_none()).await;
    world.insert(pod("b", &json!({}))).unwrap();
    until(&mut watch, |watch| names(watch) == ["a", "b"]).await;
}

#[tokio::test]
async fn a_wait_that_is_given_up_asks_for_nothing_twice() {
    let world = Sandbox::new();
    let mut watch = PodWatch::new(&connect(&world), Filter::default());
    watch.changed().await.unwrap();
    world.order(1, "watch", "pods", Fault::BlackHole);
    for _ in 0..20 {
        // its answer never comes, and something else is always more urgent
        assert!(tokio::time::timeout(Duration::from_millis(2), watch.changed()).await.is_err());
    }
    assert_eq!(requests(&world, "watch"), 1);
}

#[tokio::test]
async fn a_retry_after_beyond_the_limit_ends_a_watch_and_is_named() {
    for status in [429, 503] {
        let busy = |world: &Sandbox| {
            world.order(1, "watch", "pods", Fault::Answer { status, retry_after: Some(120) });
        };
        let world = Sandbox::new();
        world.insert(pod("a", &json!({}))).unwrap();
        let cluster = connect(&world);
        let mut watch = PodWatch::new(&cluster, Filter::default());
        watch.changed().await.unwrap();
        busy(&world);
        let all = watch.changed().await.unwrap_err();
        busy(&world);
        let created = Created {
            namespace: "default".to_owned(),
            name: "a".to_owned(),
            uid: "uid-a".to_owned(),
            resource_version: "1".to_owned(),
        };
        let one = watch_state(&cluster, &created, |_| false).await.unwrap_err();
        for error in [all, one] {
            assert_eq!(error.kind, Kind::Unreachable, "{status}");
            assert!(error.cause.as_ref().unwrap().ends_with("Retry-After: 2m"), "{status}: {error}");
        }
        assert_eq!(requests(&world, "watch"), 2, "{status}: it is not asked again");
    }
}

#[tokio::test]
async fn no_right_to_watch_is_an_error_and_no_loop() {
    let world = Sandbox::new();
    world.deny("watch", "pods");
    let mut watch = PodWatch::new(&connect(&world), Filter::default());
    watch.changed().await.unwrap();
    assert_eq!(watch.changed().await.unwrap_err().kind, Kind::Forbidden);
    assert_eq!(requests(&world, "watch"), 1);
}

#[tokio::test]
async fn keys_are_seen_as_they_come_and_go_and_never_their_values() {
    let world = Sandbox::new();
    let cluster = connect(&world);
    let mut watch = KeyWatch::new(&cluster, ObjectKind::Secret, "", "s").unwrap();
    watch.changed().await.unwrap();
    assert_eq!(*watch.keys(), Keys::Absent);
    let secret = json!({"kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "type": "Opaque",
        "data": {"a": "Y2FuYXJ5LWE="}});
    world.insert(secret).unwrap();
    tokio::time::timeout(Duration::from_secs(60), watch.changed()).await.unwrap().unwrap();
    assert_eq!(*watch.keys(), Keys::There { keys: ["a".to_owned()].into(), absent: [].into() });
    assert!(!format!("{:?}", watch.keys()).contains("canary"));
    world.deny("get", "secrets");
    let mut denied = KeyWatch::new(&cluster, ObjectKind::Secret, "", "s").unwrap();
    denied.changed().await.unwrap();
    assert!(matches!(denied.keys(), Keys::Unknown(_)));
}
