//! Adoption: what was written by hand becomes an owner's own, in one go with what is to become of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::api::{Patch, PatchParams};
use mcpctl::cluster::objects::{self, Desired, Leftovers, ObjectKind, PlannedResult, Value};
use mcpctl::error::Kind;
use mcpctl::record::Outcome;
use serde_json::json;

use super::setup::{Stage, on_both};

on_both! {
    values_change_and_keys_leave_as_in_an_object_of_ours,
    kept_keys_become_ours_and_a_second_run_writes_nothing,
    others_keep_what_is_theirs,
    a_dry_run_plans_it_and_does_nothing,
    a_change_in_between_is_planned_anew,
    without_it_the_conflict_names_the_flag,
}

const OWNER: &str = "mcpctl:prod";

fn desired(data: &[(&str, &str)]) -> Desired {
    let data: BTreeMap<String, Value> =
        data.iter().map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned()))).collect();
    Desired { adopt: true, ..Desired::new(ObjectKind::ConfigMap, "c", OWNER, data) }
}

async fn values_change_and_keys_leave_as_in_an_object_of_ours(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1", "stale": "1"})).await;
    let (cluster, recorder) = stage.recorded();
    let plan = objects::plan(&cluster, desired(&[("k", "2")])).await.unwrap();
    let adopted: Vec<(&str, &str)> =
        plan.adopted.iter().map(|key| (key.key.as_str(), key.managers[0].as_str())).collect();
    assert_eq!(adopted, [("k", "kubectl-create"), ("stale", "kubectl-create")]);
    assert!(plan.conflicts.is_empty());
    objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!(stage.map("c").await.0, json!({"k": "2"}));
    let object = objects::get(&cluster, ObjectKind::ConfigMap, "", "c").await.unwrap().unwrap();
    assert_eq!(object.managers.len(), 1, "{:?}", object.managers);
    assert_eq!((object.managers[0].name.as_str(), object.managers[0].keys.len()), (OWNER, 1));
    let changes = recorder.changes();
    assert_eq!((changes.len(), changes[0].note.as_str()), (1, "adopts k, stale"));
    assert_eq!(changes[0].outcome, Outcome::Done("configured".to_owned()));
}

async fn kept_keys_become_ours_and_a_second_run_writes_nothing(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1", "more": "1"})).await;
    let cluster = stage.cluster();
    let keep = || Desired { leftovers: Leftovers::KeepAllBut(BTreeSet::new()), ..desired(&[("k", "1")]) };
    let plan = objects::plan(&cluster, keep()).await.unwrap();
    assert_eq!((plan.result, plan.keys.len(), plan.kept.len()), (PlannedResult::Configured, 0, 1));
    objects::execute(&cluster, plan, false).await.unwrap();
    let (data, revision) = stage.map("c").await;
    assert_eq!(data, json!({"k": "1", "more": "1"}));
    let plan = objects::plan(&cluster, keep()).await.unwrap();
    assert_eq!((plan.result, plan.adopted.len()), (PlannedResult::Unchanged, 0));
    objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!(stage.map("c").await.1, revision);
}

async fn others_keep_what_is_theirs(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1"})).await;
    let apply = |manager: &str, body: serde_json::Value| {
        let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        let (maps, patch) = (stage.maps(), Patch::Merge(body));
        async move { maps.patch("c", &params, &patch).await.unwrap() }
    };
    apply("operator", json!({"data": {"theirs": "1"}})).await;
    apply("kubectl-label", json!({"metadata": {"labels": {"team": "search"}}})).await;
    let cluster = stage.cluster();
    let plan = objects::plan(&cluster, desired(&[("k", "2")])).await.unwrap();
    objects::execute(&cluster, plan, false).await.unwrap();
    let map = stage.maps().get("c").await.unwrap();
    assert_eq!(json!(map.data), json!({"k": "2", "theirs": "1"}));
    assert_eq!(map.metadata.labels.unwrap()["team"], "search");
    let error = objects::apply(&cluster, desired(&[("k", "2"), ("theirs", "2")]), false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(!error.hints.iter().any(|hint| hint.contains("--adopt")), "{:?}", error.hints);
}

async fn a_dry_run_plans_it_and_does_nothing(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1", "stale": "1"})).await;
    let before = stage.map("c").await;
    let cluster = stage.dry_run();
    let plan = objects::plan(&cluster, desired(&[("k", "2")])).await.unwrap();
    objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!(stage.map("c").await, before);
    let changes = cluster.recorder().changes();
    assert_eq!((changes.len(), &changes[0].outcome), (1, &Outcome::Planned));
    assert_eq!(changes[0].keys.len(), 2);
    let later = objects::get(&cluster, ObjectKind::ConfigMap, "", "c").await.unwrap().unwrap();
    assert_eq!(later.data.keys().collect::<Vec<_>>(), ["k"]);
}

async fn a_change_in_between_is_planned_anew(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1"})).await;
    let cluster = stage.cluster();
    let plan = objects::plan(&cluster, desired(&[("k", "2")])).await.unwrap();
    stage.merge_map("c", json!({"data": {"new": "1"}})).await;
    // a key more would be adopted, and leave: that was not shown
    let error = objects::execute(&cluster, plan, false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(stage.map("c").await.0, json!({"k": "1", "new": "1"}));
    let plan = objects::plan(&cluster, desired(&[("k", "2"), ("new", "1")])).await.unwrap();
    stage.merge_map("c", json!({"metadata": {"annotations": {"note": "x"}}})).await;
    objects::execute(&cluster, plan, false).await.unwrap();
    assert_eq!(stage.map("c").await.0, json!({"k": "2", "new": "1"}));
}

async fn without_it_the_conflict_names_the_flag(stage: Arc<Stage>) {
    stage.create_map("c", json!({"k": "1"})).await;
    let wanted = Desired { adopt: false, ..desired(&[("k", "2")]) };
    let error = objects::apply(&stage.cluster(), wanted, false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert!(
        error.hints.iter().any(|hint| hint.starts_with("`--adopt` makes what `kubectl-create` wrote")),
        "{error:?}"
    );
}
