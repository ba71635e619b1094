//! The faults themselves: each is what it says it is, to a client that does nothing about it.

use std::time::Duration;

use futures::TryStreamExt as _;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube_sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

const PODS: &str = "/api/v1/namespaces/default/pods";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// Sends a request; `None` if no whole answer comes.
async fn send(client: &kube::Client, method: &str, uri: &str, body: Option<Value>) -> Option<(StatusCode, Value)> {
    let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
    let request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
    let answer = client.send(request.body(Body::from(bytes)).unwrap()).await.ok()?;
    let status = answer.status();
    let text = answer.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&text).unwrap()))
}

async fn make(client: &kube::Client, name: &str) -> Option<StatusCode> {
    let map = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}});
    send(client, "POST", MAPS, Some(map)).await.map(|(status, _)| status)
}

fn has(world: &Sandbox, name: &str) -> bool {
    world.objects().iter().any(|object| object["metadata"]["name"] == name)
}

#[tokio::test]
async fn a_connection_that_breaks_gives_no_answer_and_may_have_done_its_work() {
    for (fault, done) in [(Fault::BreakBefore, false), (Fault::BreakAfter, true), (Fault::HalfAnswer, true)] {
        let world = Sandbox::new();
        let client = world.client();
        world.order(1, "create", "configmaps", fault);
        assert_eq!(make(&client, "flags").await, None, "{fault:?}");
        assert_eq!(has(&world, "flags"), done, "{fault:?}");
        let again = make(&client, "flags").await.unwrap();
        assert_eq!(again, if done { StatusCode::CONFLICT } else { StatusCode::CREATED }, "{fault:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_whole() {
    let world = Sandbox::new();
    let client = world.client();
    world.order(1, "create", "*", Fault::SlowAnswer(Duration::from_millis(40)));
    assert_eq!(make(&client, "flags").await, Some(StatusCode::CREATED));
}

#[tokio::test]
async fn a_black_hole_does_nothing() {
    let world = Sandbox::new();
    let client = world.client();
    world.order(1, "create", "*", Fault::BlackHole);
    assert!(tokio::time::timeout(Duration::from_millis(50), make(&client, "flags")).await.is_err());
    assert!(!has(&world, "flags"));
}

#[tokio::test]
async fn a_forgotten_history_ends_a_list_in_pages() {
    let world = Sandbox::new();
    let client = world.client();
    for name in ["a", "b", "c"] {
        make(&client, name).await.unwrap();
    }
    let page = format!("{MAPS}?limit=2");
    let (_, first) = send(&client, "GET", &page, None).await.unwrap();
    let next = format!("{page}&continue={}", first["metadata"]["continue"].as_str().unwrap());
    world.order(1, "list", "*", Fault::Forgotten);
    let (status, gone) = send(&client, "GET", &next, None).await.unwrap();
    assert_eq!((status, &gone["reason"]), (StatusCode::GONE, &json!("Expired")));
    let (status, _) = send(&client, "GET", &page, None).await.unwrap();
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_watch_is_closed_or_breaks() {
    let world = Sandbox::new();
    let client = world.client();
    let uri = format!("{PODS}?watch=true");
    let closed = |client: kube::Client| {
        let uri = uri.clone();
        async move {
            let request = Request::get(uri).body(Body::from(Vec::new())).unwrap();
            let answer = client.send(request).await.unwrap();
            answer.into_body().into_data_stream().try_collect::<Vec<_>>().await
        }
    };
    world.order(1, "watch", "pods", Fault::ClosedWatch);
    world.order(2, "watch", "pods", Fault::HalfAnswer);
    assert!(closed(client.clone()).await.unwrap().is_empty());
    assert!(closed(client).await.is_err());
}

#[tokio::test]
async fn the_clients_clock_is_not_the_servers() {
    let world = Sandbox::new();
    world.set_client_clock(7_200);
    let ahead = world.client_now().duration_since(world.now()).as_secs();
    assert!((7_199..=7_200).contains(&ahead));
    let client = world.client();
    make(&client, "flags").await.unwrap();
    let made = world.objects().into_iter().find(|object| object["metadata"]["name"] == "flags").unwrap();
    let made: jiff::Timestamp = made["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    assert!(made <= world.now());
}
