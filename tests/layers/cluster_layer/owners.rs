//! Whose keys are whose: every rule of changing objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mcpctl::cluster::Cluster;
use mcpctl::cluster::objects::{self, AppliedResult, Desired, Leftovers, ObjectKind, PlannedResult, Value};
use mcpctl::error::Kind;
use mcpctl::record::KeyChange;
use serde_json::json;

use super::setup::{Stage, on_both};

fn texts(data: &[(&str, &str)]) -> BTreeMap<String, Value> {
    data.iter().map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned()))).collect()
}

fn map(owner: &str, data: &[(&str, &str)]) -> Desired {
    Desired::new(ObjectKind::ConfigMap, "config", owner, texts(data))
}

async fn applied(cluster: &Cluster, desired: Desired) -> objects::Applied {
    objects::apply(cluster, desired, false).await.unwrap()
}

fn added(key: &str) -> KeyChange {
    KeyChange::Added(key.to_owned())
}

fn changed(key: &str) -> KeyChange {
    KeyChange::Changed(key.to_owned())
}

fn removed(key: &str) -> KeyChange {
    KeyChange::Removed(key.to_owned())
}

async fn a_second_apply_is_unchanged_and_writes_nothing(stage: Arc<Stage>) {
    let (cluster, recorder) = stage.recorded();
    let first = applied(&cluster, map("mcpctl:a", &[("k", "1"), ("l", "2")])).await;
    assert_eq!((first.result, first.keys), (AppliedResult::Created, vec![added("k"), added("l")]));
    let (data, version) = stage.map("config").await;
    assert_eq!(data, json!({"k": "1", "l": "2"}));
    let second = applied(&cluster, map("mcpctl:a", &[("k", "1"), ("l", "2")])).await;
    assert_eq!((second.result, second.keys.len()), (AppliedResult::Unchanged, 0));
    assert_eq!(stage.map("config").await.1, version);
    assert_eq!(recorder.changes().len(), 1);
    let live = stage.maps().get("config").await.unwrap();
    assert!(live.metadata.annotations.is_none(), "no last-applied annotation");
    let labels = live.metadata.labels.unwrap();
    assert_eq!(labels["app.kubernetes.io/managed-by"], "mcp-gateway-provisioning");
    assert_eq!(labels["app.kubernetes.io/component"], "config");
    assert_eq!(labels["mcp-gateway.docker.com/purpose"], "cluster-provider");
}

async fn keys_that_leave_go_and_those_of_others_stay(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    applied(&cluster, map("mcpctl:a", &[("a", "1"), ("gone", "1"), ("shared", "1")])).await;
    let other = applied(&cluster, map("mcpctl:b", &[("b", "1"), ("shared", "1")])).await;
    assert_eq!((other.result, other.keys), (AppliedResult::Configured, vec![added("b")]));
    let second = applied(&cluster, map("mcpctl:a", &[("a", "2")])).await;
    assert_eq!(second.keys, [changed("a"), removed("gone")]);
    assert_eq!(stage.map("config").await.0, json!({"a": "2", "b": "1", "shared": "1"}));
    assert_eq!(
        applied(&cluster, map("mcpctl:b", &[("b", "1"), ("shared", "1")])).await.result,
        AppliedResult::Unchanged
    );
}

async fn a_conflict_names_key_and_manager_and_force_takes_over(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    stage.create_map("config", json!({"k": "1", "stale": "1", "same": "1"})).await;
    let wanted = || map("mcpctl:a", &[("k", "2"), ("same", "1")]);
    let plan = objects::plan(&cluster, wanted()).await.unwrap();
    assert_eq!((plan.conflicts[0].key.as_str(), plan.conflicts[0].managers[0].as_str()), ("k", "kubectl-create"));
    let error = objects::execute(&cluster, plan, false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(
        error.message,
        format!("key `k` of configmap `config` in namespace `{}` belongs to `kubectl-create`", stage.namespace)
    );
    let ways = ["--config-name", "--adopt", "--force-conflicts"];
    assert!(ways.iter().zip(&error.hints).all(|(way, hint)| hint.contains(way)), "{:?}", error.hints);
    assert_eq!(stage.map("config").await.0, json!({"k": "1", "stale": "1", "same": "1"}));
    let forced = objects::apply(&cluster, wanted(), true).await.unwrap();
    assert_eq!((forced.result, forced.keys), (AppliedResult::Configured, vec![changed("k")]));
    assert_eq!(stage.map("config").await.0, json!({"k": "2", "stale": "1", "same": "1"}));
    assert_eq!(applied(&cluster, wanted()).await.result, AppliedResult::Unchanged);
}

async fn a_conflict_that_only_the_server_sees_is_told_the_same_way(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    applied(&cluster, map("mcpctl:a", &[("k", "1")])).await;
    let plan = objects::plan(&cluster, map("mcpctl:a", &[("k", "2")])).await.unwrap();
    stage.merge_map("config", json!({"data": {"k": "3"}})).await;
    // The object was changed, so a new plan is made, which is another one than was shown.
    let error = objects::execute(&cluster, plan, false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(stage.map("config").await.0, json!({"k": "3"}));
}

async fn a_change_in_between_that_does_not_matter_is_planned_around(stage: Arc<Stage>) {
    let (cluster, recorder) = stage.recorded();
    applied(&cluster, map("mcpctl:a", &[("k", "1")])).await;
    let plan = objects::plan(&cluster, map("mcpctl:a", &[("k", "2")])).await.unwrap();
    stage.merge_map("config", json!({"data": {"foreign": "1"}})).await;
    let done = objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!(done.keys, [changed("k")]);
    assert_eq!(stage.map("config").await.0, json!({"k": "2", "foreign": "1"}));
    assert!(recorder.failure().is_none());
}

async fn ownership_alone_is_configured_and_then_unchanged(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let mut labels = serde_json::Map::new();
    labels.extend(ObjectKind::ConfigMap.labels().into_iter().map(|(key, value)| (key, json!(value))));
    stage.create_map("config", json!({"k": "1"})).await;
    stage.merge_map("config", json!({"metadata": {"labels": labels}})).await;
    let plan = objects::plan(&cluster, map("mcpctl:a", &[("k", "1")])).await.unwrap();
    assert_eq!((plan.result, plan.ownership_only, plan.keys.len()), (PlannedResult::Configured, true, 0));
    let done = objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!((done.result, done.ownership_only), (AppliedResult::Configured, true));
    assert_eq!(applied(&cluster, map("mcpctl:a", &[("k", "1")])).await.result, AppliedResult::Unchanged);
}

async fn what_an_owner_made_by_post_is_not_what_it_applies(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let made = serde_json::from_value(json!({"metadata": {"name": "config"}, "data": {"k": "1"}})).unwrap();
    let params = kube::api::PostParams { field_manager: Some("mcpctl:a".to_owned()), ..Default::default() };
    stage.maps().create(&params, &made).await.unwrap();
    let plan = objects::plan(&cluster, map("mcpctl:a", &[("k", "2")])).await.unwrap();
    assert_eq!(plan.conflicts[0].managers, ["mcpctl:a"]);
    assert_eq!(objects::execute(&cluster, plan, false).await.unwrap_err().kind, Kind::Conflict);
}

async fn leftovers_are_kept_and_named_or_removed(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    applied(&cluster, map("mcpctl:a", &[("a", "1"), ("b", "2"), ("k", "1")])).await;
    let mut wanted = map("mcpctl:a", &[("k", "2")]);
    wanted.leftovers = Leftovers::KeepAllBut(BTreeSet::new());
    let kept = applied(&cluster, wanted.clone()).await;
    assert_eq!((kept.kept, kept.keys), (vec!["a".to_owned(), "b".to_owned()], vec![changed("k")]));
    assert_eq!(stage.map("config").await.0, json!({"a": "1", "b": "2", "k": "2"}));
    assert_eq!(applied(&cluster, wanted.clone()).await.result, AppliedResult::Unchanged);
    wanted.leftovers = Leftovers::KeepThese(BTreeSet::from(["a".to_owned()]));
    assert_eq!(applied(&cluster, wanted.clone()).await.keys, [removed("b")]);
    wanted.leftovers = Leftovers::Remove;
    assert_eq!(applied(&cluster, wanted).await.keys, [removed("a")]);
    assert_eq!(stage.map("config").await.0, json!({"k": "2"}));
}

async fn a_label_of_another_manager_is_left_and_named(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let made = serde_json::from_value(json!({
        "metadata": {"name": "config", "labels": {"app.kubernetes.io/managed-by": "helm"}}, "data": {"k": "1"},
    }))
    .unwrap();
    let params = kube::api::PostParams { field_manager: Some("helm".to_owned()), ..Default::default() };
    stage.maps().create(&params, &made).await.unwrap();
    let done = applied(&cluster, map("mcpctl:a", &[("k", "1"), ("l", "1")])).await;
    assert_eq!(done.labels_left.len(), 1);
    assert_eq!(done.labels_left[0].managers, ["helm"]);
    let labels = stage.maps().get("config").await.unwrap().metadata.labels.unwrap();
    assert_eq!(labels["app.kubernetes.io/managed-by"], "helm");
    assert_eq!(labels["app.kubernetes.io/component"], "config");
    let again = applied(&cluster, map("mcpctl:a", &[("k", "1"), ("l", "1")])).await;
    assert_eq!((again.result, again.labels_left.len()), (AppliedResult::Unchanged, 1));
}

on_both!(
    a_second_apply_is_unchanged_and_writes_nothing,
    keys_that_leave_go_and_those_of_others_stay,
    a_conflict_names_key_and_manager_and_force_takes_over,
    a_conflict_that_only_the_server_sees_is_told_the_same_way,
    a_change_in_between_that_does_not_matter_is_planned_around,
    ownership_alone_is_configured_and_then_unchanged,
    what_an_owner_made_by_post_is_not_what_it_applies,
    leftovers_are_kept_and_named_or_removed,
    a_label_of_another_manager_is_left_and_named
);
