//! Deleting pods: the right ones, all of them, and no other.

use std::sync::Arc;
use std::time::Duration;

use mcpctl::cluster::pods::{self, DeleteOptions, Filter, Progress, Removal, Until};
use mcpctl::error::Kind;
use mcpctl::record::Outcome;
use serde_json::json;

use super::setup::{Stage, on_both};

fn of_session(session: &str) -> Filter {
    Filter { session: Some(session.to_owned()), ..Filter::default() }
}

async fn a_session_goes_and_the_unmanaged_pod_of_its_label_stays(stage: Arc<Stage>) {
    stage.settled().await;
    for name in ["a", "b"] {
        stage.pod(name, "s1", |_| {}).await;
    }
    stage.pod("other", "s2", |_| {}).await;
    stage.pod("unmanaged", "s1", |pod| pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("me")).await;
    let (cluster, recorder) = stage.recorded();
    let found = pods::list(&cluster, &of_session("s1")).await.unwrap();
    assert_eq!(found.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let options = DeleteOptions { wait: Some(Duration::from_secs(60)), ..DeleteOptions::default() };
    let mut seen = 0;
    let results = pods::delete(&cluster, found, &options, &mut |_| seen += 1).await.unwrap();
    assert!(results.iter().all(|deletion| deletion.result == Removal::Deleted), "{results:?}");
    assert_eq!(seen, 2);
    assert_eq!(stage.pod_names().await, ["other", "unmanaged"]);
    assert!(recorder.changes().iter().all(|change| change.outcome == Outcome::Done("deleted".to_owned())));
    assert!(recorder.changes()[0].note.starts_with("session s1, "));
    assert!(recorder.effects().iter().any(|effect| effect.0 == "cluster: delete pods"));
}

async fn an_unmanaged_pod_is_refused_and_nothing_is_deleted(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("ours", "s1", |_| {}).await;
    stage.pod("theirs", "s1", |pod| pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("me")).await;
    let cluster = stage.cluster();
    let found = pods::list(&cluster, &Filter { any: true, ..Filter::default() }).await.unwrap();
    let options = DeleteOptions { include_owned: true, ..DeleteOptions::default() };
    let error = pods::delete(&cluster, found, &options, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.details[0].contains("`theirs`"));
    assert_eq!(stage.pod_names().await, ["ours", "theirs"]);
}

async fn a_new_pod_of_an_old_name_is_not_deleted(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("a", "s1", |_| {}).await;
    let cluster = stage.cluster();
    let old = pods::list(&cluster, &of_session("s1")).await.unwrap();
    let now = kube::api::DeleteParams { grace_period_seconds: Some(0), ..Default::default() };
    stage.pods().delete("a", &now).await.unwrap();
    while stage.pods().get_opt("a").await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let gone = pods::delete(&cluster, old.clone(), &DeleteOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!((gone[0].result, gone[0].reason.as_str()), (Removal::Gone, ""));
    stage.pod("a", "s1", |_| {}).await;
    let results = pods::delete(&cluster, old, &DeleteOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!(
        (results[0].result, results[0].reason.as_str()),
        (Removal::Gone, "a new pod has its name now, which was left alone")
    );
    assert_eq!(stage.pod_names().await, ["a"]);
}

async fn owned_pods_are_left_alone_unless_asked_for(stage: Arc<Stage>) {
    stage.settled().await;
    let owner = stage.create_map("owner", json!({})).await;
    let reference = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid}]);
    stage.pod("owned", "s1", |pod| pod["metadata"]["ownerReferences"] = reference).await;
    let cluster = stage.cluster();
    let found = pods::list(&cluster, &of_session("s1")).await.unwrap();
    let results = pods::delete(&cluster, found.clone(), &DeleteOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!(results[0].result, Removal::Kept);
    assert_eq!(stage.pod_names().await, ["owned"]);
    let options =
        DeleteOptions { include_owned: true, wait: Some(Duration::from_secs(60)), ..DeleteOptions::default() };
    let results = pods::delete(&cluster, found, &options, &mut |_| {}).await.unwrap();
    assert_eq!(results[0].result, Removal::Deleted);
    assert!(stage.pod_names().await.is_empty());
}

async fn a_pod_that_does_not_go_is_a_failure_of_the_wait(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("stuck", "s1", |pod| pod["metadata"]["finalizers"] = json!(["example.com/held"])).await;
    let cluster = stage.cluster();
    let found = pods::list(&cluster, &of_session("s1")).await.unwrap();
    let options = DeleteOptions { wait: Some(Duration::from_secs(3)), ..DeleteOptions::default() };
    let mut reported = Vec::new();
    let mut report = |progress: Progress<'_>| {
        if let Progress::Waiting(line) = progress {
            reported.push(line.to_owned());
        }
    };
    let results = pods::delete(&cluster, found, &options, &mut report).await.unwrap();
    let held = "waiting for pod `stuck`: terminating, held by example.com/held";
    assert_eq!(reported, [held], "it is reported while the wait lasts, and once");
    assert_eq!(results[0].result, Removal::Terminating);
    assert_eq!(results[0].reason, "not gone after 3s: terminating, held by example.com/held");
    let listed = pods::list(&cluster, &of_session("s1")).await.unwrap();
    assert_eq!(listed[0].standing(), "terminating, held by example.com/held");
    // without waiting, and by force, the object that the server answers with says the same
    let forced = DeleteOptions { force: true, ..DeleteOptions::default() };
    let results = pods::delete(&cluster, listed, &forced, &mut |_| {}).await.unwrap();
    assert_eq!(
        (results[0].result, results[0].reason.as_str()),
        (Removal::Terminating, "terminating, held by example.com/held")
    );
    let mut reported = Vec::new();
    let mut report = |line: &str| reported.push(line.to_owned());
    let session = of_session("s1");
    let gone = pods::wait(&cluster, &session, Until::Gone, Duration::from_secs(3), &mut report);
    let error = gone.await.unwrap_err();
    assert_eq!(reported, [held]);
    assert_eq!(error.kind, Kind::Timeout);
    // the garbage collector of a real cluster ends a pod that no node has and that was deleted
    let seen = ["Terminating", "Failed"].map(|status| format!("last seen: 1 {status}"));
    assert!(seen.contains(error.cause.as_ref().unwrap()), "{error}");
    assert!(error.message.contains("mcp-gateway.docker.com/session=s1"));
    let free = kube::api::Patch::Merge(json!({"metadata": {"finalizers": null}}));
    stage.pods().patch("stuck", &Default::default(), &free).await.unwrap();
    pods::wait(&cluster, &of_session("s1"), Until::Gone, Duration::from_secs(60), &mut |_| {}).await.unwrap();
}

on_both!(
    a_session_goes_and_the_unmanaged_pod_of_its_label_stays,
    an_unmanaged_pod_is_refused_and_nothing_is_deleted,
    a_new_pod_of_an_old_name_is_not_deleted,
    owned_pods_are_left_alone_unless_asked_for,
    a_pod_that_does_not_go_is_a_failure_of_the_wait
);
