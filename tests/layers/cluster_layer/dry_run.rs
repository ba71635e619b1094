//! Dry runs: the server judges everything, nothing moves, and later steps see what earlier ones would have made.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use mcpctl::cluster::objects::{self, AppliedResult, Desired, ObjectFilter, ObjectKind, Value};
use mcpctl::cluster::pods::{self, DeleteOptions, Filter, Removal};
use mcpctl::error::Kind;
use mcpctl::record::{Action, Outcome};
use serde_json::json;

use super::setup::{Stage, in_test, on_both};

fn map(name: &str, data: &[(&str, &str)]) -> Desired {
    let data: BTreeMap<_, _> =
        data.iter().map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned()))).collect();
    Desired::new(ObjectKind::ConfigMap, name, "mcpctl:a", data)
}

/// Every resource version and name in the namespace.
async fn state(stage: &Stage) -> Vec<String> {
    let all = ListParams::default();
    let maps = stage.maps().list(&all).await.unwrap().items.into_iter().map(|map| map.metadata);
    let pods = stage.pods().list(&all).await.unwrap().items.into_iter().map(|pod| pod.metadata);
    maps.chain(pods).map(|meta| format!("{} {}", meta.name.unwrap(), meta.resource_version.unwrap())).collect()
}

async fn nothing_moves_and_later_steps_see_the_earlier_ones(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("a", "s1", |_| {}).await;
    stage.pod("b", "s1", |_| {}).await;
    objects::apply(&stage.cluster(), map("there", &[("k", "1")]), false).await.unwrap();
    let before = state(&stage).await;
    let cluster = stage.dry_run();

    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let results = pods::delete(&cluster, found[..1].to_vec(), &DeleteOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!(results[0].result, Removal::Deleted);
    let left = pods::list(&cluster, &Filter::default()).await.unwrap();
    assert_eq!(left.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(pods::get(&cluster, "", "a").await.unwrap_err().kind, Kind::NotFound);

    let done = objects::apply(&cluster, map("there", &[("k", "2")]), false).await.unwrap();
    assert_eq!(done.result, AppliedResult::Configured);
    let seen = objects::get(&cluster, ObjectKind::ConfigMap, "", "there").await.unwrap().unwrap();
    assert_eq!(seen.data["k"], Value::Text("2".to_owned()));
    let again = objects::apply(&cluster, map("there", &[("k", "2")]), false).await.unwrap();
    assert_eq!(again.result, AppliedResult::Unchanged);
    let third = objects::apply(&cluster, map("there", &[("l", "1")]), false).await.unwrap();
    assert_eq!((third.result, third.keys.len()), (AppliedResult::Configured, 2));

    assert_eq!(
        objects::apply(&cluster, map("new", &[("k", "1")]), false).await.unwrap().result,
        AppliedResult::Created
    );
    assert_eq!(
        objects::apply(&cluster, map("new", &[("k", "1")]), false).await.unwrap().result,
        AppliedResult::Unchanged
    );
    let names = |objects: Vec<objects::Object>| objects.into_iter().map(|object| object.name).collect::<Vec<_>>();
    let listed = objects::list(&cluster, ObjectKind::ConfigMap, &ObjectFilter::default()).await.unwrap();
    assert_eq!(names(listed), ["new", "there"]);
    let deleted = objects::delete(&cluster, ObjectKind::ConfigMap, "", "new").await.unwrap();
    assert_eq!(deleted.result, Removal::Deleted);
    assert_eq!(objects::delete(&cluster, ObjectKind::ConfigMap, "", "there").await.unwrap().result, Removal::Deleted);
    let listed = objects::list(&cluster, ObjectKind::ConfigMap, &ObjectFilter::default()).await.unwrap();
    assert_eq!(names(listed), [""; 0]);

    let changes = cluster.recorder().changes();
    assert!(changes.iter().all(|change| change.outcome == Outcome::Planned), "{changes:?}");
    assert_eq!(changes[0].action, Action::Delete);
    assert_eq!(state(&stage).await, before);
}

async fn each_verb_is_only_judged_with_and_without_a_body(stage: Arc<Stage>) {
    stage.settled().await;
    stage.pod("a", "s1", |_| {}).await;
    stage.create_map("m", json!({"k": "1"})).await;
    let before = state(&stage).await;
    let client = stage.dry_run().client();
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &stage.namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), &stage.namespace);
    let new: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "n"}})).unwrap();
    maps.create(&PostParams::default(), &new).await.unwrap();
    let patch = Patch::Merge(json!({"data": {"k": "2"}}));
    maps.patch("m", &PatchParams::default(), &patch).await.unwrap();
    let mut live = maps.get("m").await.unwrap();
    live.data = Some([("k".to_owned(), "3".to_owned())].into());
    maps.replace("m", &PostParams::default(), &live).await.unwrap();
    pods.delete("a", &DeleteParams::background()).await.unwrap();
    pods.delete("a", &DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() }).await.unwrap();
    let bare =
        http::Request::delete(format!("/api/v1/namespaces/{}/pods/a", stage.namespace)).body(Vec::new()).unwrap();
    client.request_text(bare).await.unwrap();
    maps.delete_collection(&DeleteParams::default(), &ListParams::default()).await.unwrap();
    assert_eq!(state(&stage).await, before);
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_conflict_and_a_missing_right_fail_a_dry_run_too() {
    in_test(|stage| async move {
        stage.create_map("m", json!({"k": "1"})).await;
        let error = objects::apply(&stage.dry_run(), map("m", &[("k", "2")]), false).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        let stranger = std::env::var_os("MCPCTL_E2E_STRANGER_KUBECONFIG").expect("a stranger");
        let cluster = stage.connect(|options| {
            options.dry_run = true;
            options.kubeconfig = Some(stranger.into());
        });
        let error = objects::apply(&cluster, map("n", &[("k", "1")]), false).await.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
    })
    .await;
}

on_both!(nothing_moves_and_later_steps_see_the_earlier_ones, each_verb_is_only_judged_with_and_without_a_body);
