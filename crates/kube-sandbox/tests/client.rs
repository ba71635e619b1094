//! What a program's tests do with a sandbox: time, faults, refusals, snapshots.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use serde_json::{Value, json};

use kube_sandbox::{Error, Sandbox};

fn configs(world: &Sandbox) -> Api<ConfigMap> {
    Api::default_namespaced(world.client())
}

fn pods(world: &Sandbox) -> Api<Pod> {
    Api::default_namespaced(world.client())
}

fn config(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"k": "v"}})).unwrap()
}

fn pod(name: &str, image: &str) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": name}, "spec": {"containers": [{"name": "a", "image": image}]},
    }))
    .unwrap()
}

fn status(error: kube::Error) -> kube::core::Status {
    match error {
        kube::Error::Api(status) => *status,
        other => panic!("{other}"),
    }
}

/// A sandbox from another one's snapshot, by way of JSON.
fn restored(world: &Sandbox) -> Sandbox {
    let text = serde_json::to_string(&world.snapshot()).unwrap();
    Sandbox::from_snapshot(serde_json::from_str(&text).unwrap()).unwrap()
}

fn phase(pod: &Pod) -> String {
    pod.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_typed_client_works_and_its_requests_are_recorded() {
    let world = Sandbox::new();
    let api = configs(&world);
    api.create(&PostParams { dry_run: true, ..PostParams::default() }, &config("a")).await.unwrap();
    api.patch(
        "a",
        &PatchParams::apply("m"),
        &Patch::Apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"},
        })),
    )
    .await
    .unwrap();
    api.delete("a", &DeleteParams { dry_run: true, ..DeleteParams::default() }).await.unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert_eq!(api.get_opt("a").await.unwrap(), None);
    let seen: Vec<(String, String, bool)> = world.requests().into_iter().map(|r| (r.verb, r.name, r.dry_run)).collect();
    let expected = [
        ("create", "", true),
        ("patch", "a", false),
        ("delete", "a", true),
        ("delete", "a", false),
        ("get", "a", false),
    ];
    assert_eq!(seen, expected.map(|(verb, name, dry)| (verb.to_owned(), name.to_owned(), dry)));
    assert_eq!(world.requests()[1].media_type, "application/apply-patch+yaml");
}

#[tokio::test]
async fn time_passes_when_told_to() {
    let world = Sandbox::new();
    let before = world.now();
    let made = pods(&world).create(&PostParams::default(), &pod("a", "x")).await.unwrap();
    assert_eq!(phase(&made), "Pending");
    world.advance(Duration::from_secs(3600));
    assert_eq!(phase(&pods(&world).get("a").await.unwrap()), "Running");
    assert!(world.now().duration_since(before).as_secs() >= 3600);
}

#[tokio::test]
async fn a_pod_whose_image_cannot_be_pulled_does_not_start() {
    let world = Sandbox::new();
    pods(&world).create(&PostParams::default(), &pod("a", "missing/image")).await.unwrap();
    world.advance(Duration::from_secs(1));
    let pod = pods(&world).get("a").await.unwrap();
    let waiting = pod.status.unwrap().container_statuses.unwrap()[0].state.clone().unwrap().waiting.unwrap();
    assert_eq!(waiting.reason.unwrap(), "ImagePullBackOff");
    assert!(waiting.message.unwrap().contains("pull access denied for missing/image"));
}

#[tokio::test]
async fn ordered_failures_come_once_and_in_their_turn() {
    let world = Sandbox::new();
    world.fail(2, "get", "configmaps", 503);
    world.fail(1, "list", "*", 429);
    let api = configs(&world);
    assert!(api.get_opt("a").await.unwrap().is_none());
    assert_eq!(status(api.get_opt("a").await.unwrap_err()).code, 503);
    assert!(api.get_opt("a").await.unwrap().is_none());
    let failure = status(api.list(&ListParams::default()).await.unwrap_err());
    assert_eq!((failure.code, failure.details.unwrap().retry_after_seconds), (429, 1));
    api.list(&ListParams::default()).await.unwrap();
}

#[tokio::test]
async fn a_broken_connection_leaves_the_change_undone_or_done() {
    let world = Sandbox::new();
    let api = configs(&world);
    for (name, done) in [("a", false), ("b", true)] {
        world.break_connection(1, "create", "configmaps", done);
        assert!(matches!(api.create(&PostParams::default(), &config(name)).await, Err(kube::Error::Service(_))));
        assert_eq!(api.get_opt(name).await.unwrap().is_some(), done);
    }
}

#[tokio::test]
async fn a_refusal_is_worded_as_rbac_words_it() {
    let world = Sandbox::new();
    world.deny("list", "pods");
    world.deny("create", "configmaps");
    let failure = status(pods(&world).list(&ListParams::default()).await.unwrap_err());
    assert_eq!((failure.code, failure.reason.as_str()), (403, "Forbidden"));
    assert_eq!(
        failure.message,
        "pods is forbidden: User \"sandbox\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
    );
    let everywhere: Api<Pod> = Api::all(world.client());
    let failure = status(everywhere.list(&ListParams::default()).await.unwrap_err());
    assert!(failure.message.ends_with("in API group \"\" at the cluster scope"), "{}", failure.message);
    let apply = Patch::Apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}));
    let failure = status(configs(&world).patch("a", &PatchParams::apply("m"), &apply).await.unwrap_err());
    assert!(failure.message.contains("cannot create resource \"configmaps\""), "{}", failure.message);
    let attributes = json!({"namespace": "default", "verb": "list", "resource": "pods"});
    let review = json!({"spec": {"resourceAttributes": attributes}}).to_string();
    let request = http::Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .body(review.into_bytes())
        .unwrap();
    let answer: Value = world.client().request(request).await.unwrap();
    assert_eq!(answer["status"]["allowed"], false);
}

#[tokio::test]
async fn a_forgotten_history_is_410_for_pages_and_watches() {
    let world = Sandbox::new();
    let api = configs(&world);
    for name in ["a", "b", "c"] {
        api.create(&PostParams::default(), &config(name)).await.unwrap();
    }
    let page = api.list(&ListParams::default().limit(2)).await.unwrap();
    let revision = page.metadata.resource_version.unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    world.compact();
    let next = ListParams::default().limit(2).continue_token(&page.metadata.continue_.unwrap());
    let failure = status(api.list(&next).await.unwrap_err());
    assert_eq!((failure.code, failure.reason.as_str()), (410, "Expired"));
    let mut events = api.watch(&WatchParams::default(), &revision).await.unwrap().boxed();
    match events.try_next().await.unwrap() {
        Some(WatchEvent::Error(failure)) => assert_eq!(failure.code, 410),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_watch_sees_what_happens_while_it_waits() {
    let world = Sandbox::new();
    let api = pods(&world);
    let start = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    let mut events = api.watch(&WatchParams::default(), &start).await.unwrap().boxed();
    api.create(&PostParams::default(), &pod("a", "x")).await.unwrap();
    let mut phases = Vec::new();
    while phases.last().map(String::as_str) != Some("Running") {
        match events.try_next().await.unwrap().unwrap() {
            WatchEvent::Added(pod) | WatchEvent::Modified(pod) => phases.push(phase(&pod)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(phases, ["Pending", "Running"]);
    api.delete("a", &DeleteParams::default()).await.unwrap();
    while !matches!(events.try_next().await.unwrap().unwrap(), WatchEvent::Deleted(_)) {}
}

#[tokio::test]
async fn what_was_under_way_continues_after_a_snapshot() {
    let world = Sandbox::new();
    pods(&world).create(&PostParams::default(), &pod("starting", "x")).await.unwrap();
    let again = restored(&world);
    again.advance(Duration::from_secs(1));
    assert_eq!(phase(&pods(&again).get("starting").await.unwrap()), "Running");
    pods(&again).delete("starting", &DeleteParams::foreground()).await.unwrap();
    let last = restored(&again);
    last.advance(Duration::from_secs(1));
    assert!(pods(&last).get_opt("starting").await.unwrap().is_none());
}

#[tokio::test]
async fn a_snapshot_keeps_everything() {
    let world = Sandbox::new();
    configs(&world).create(&PostParams::default(), &config("kept")).await.unwrap();
    world.images().add("app:1");
    world.advance(Duration::from_secs(86_400));
    let again = restored(&world);
    assert_eq!(again.objects(), world.objects());
    assert_eq!(again.images().list(), ["app:1"]);
    assert!(again.now().duration_since(jiff::Timestamp::now()).as_secs() > 86_000);
}

#[tokio::test]
async fn a_snapshot_replaces_a_sandbox_that_clients_use() {
    let world = Sandbox::new();
    let api = configs(&world);
    api.create(&PostParams::default(), &config("before")).await.unwrap();
    let revision = world.revision();
    let other = Sandbox::new();
    configs(&other).create(&PostParams::default(), &config("after")).await.unwrap();
    world.replace(other.snapshot()).unwrap();
    let names: Vec<_> =
        api.list(&ListParams::default()).await.unwrap().items.into_iter().filter_map(|o| o.metadata.name).collect();
    assert_eq!(names, ["after", "kube-root-ca.crt"]);
    assert!(world.revision() > revision);
    let mut unknown = other.snapshot();
    unknown.objects.push(json!({"kind": "Job", "metadata": {"name": "x"}}));
    assert_eq!(world.replace(unknown), Err(Error::UnknownKind("Job".to_owned())));
    assert!(api.get_opt("after").await.unwrap().is_some());
}

#[tokio::test]
async fn an_object_can_be_put_in_as_it_is_to_be() {
    let world = Sandbox::new();
    let status = json!({"phase": "Running", "containerStatuses": [
        {"name": "a", "restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
    ]});
    world
        .insert(json!({
            "kind": "Pod", "metadata": {"name": "a", "namespace": "mcp", "creationTimestamp": "2026-01-02T03:04:05Z"},
            "spec": {"containers": [{"name": "a", "image": "x"}]}, "status": status,
        }))
        .unwrap();
    world.advance(Duration::from_secs(60));
    let pod: Api<DynamicObject> = Api::namespaced_with(world.client(), "mcp", &ApiResource::erase::<Pod>(&()));
    let pod = pod.get("a").await.unwrap();
    assert_eq!(pod.data["status"], status);
    assert_eq!(serde_json::to_value(pod.metadata.creation_timestamp).unwrap(), "2026-01-02T03:04:05Z");
    assert_eq!(world.requests().len(), 1);
    assert_eq!(world.insert(json!({"kind": "Job"})), Err(Error::UnknownKind("Job".to_owned())));
    assert_eq!(world.insert(json!({"kind": "Pod"})), Err(Error::MissingName));
}

#[tokio::test]
async fn an_object_of_no_known_type_can_be_listed() {
    let world = Sandbox::new();
    let resource = ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&());
    let api: Api<DynamicObject> = Api::all_with(world.client(), &resource);
    let names: Vec<String> =
        api.list(&ListParams::default()).await.unwrap().items.into_iter().filter_map(|o| o.metadata.name).collect();
    assert_eq!(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
}

/// Thousands of pods are listed in pages without any of them being looked at twice.
#[tokio::test]
async fn many_pods_are_listed_in_pages() {
    let world = Sandbox::new();
    let api = pods(&world);
    let creations = (0..1_500).map(|n| {
        let api = api.clone();
        async move { api.create(&PostParams::default(), &pod(&format!("pod-{n:05}"), "x")).await.map(drop) }
    });
    futures::stream::iter(creations).buffer_unordered(16).try_collect::<Vec<()>>().await.unwrap();
    world.advance(Duration::from_secs(1));
    let mut names = Vec::new();
    let mut asked = ListParams::default().limit(500);
    loop {
        let page = api.list(&asked).await.unwrap();
        names.extend(page.items.into_iter().filter_map(|p| p.metadata.name));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => asked = ListParams::default().limit(500).continue_token(&token),
            None => break,
        }
    }
    assert_eq!(names.len(), 1_500);
    assert!(names.is_sorted());
}
