//! ConfigMaps and Secrets themselves: creating, secrets, limits, immutable ones, missing rights, deleting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use mcpctl::cluster::objects::{self, AppliedResult, Desired, Leftovers, ObjectFilter, ObjectKind, Value};
use mcpctl::cluster::pods::Removal;
use mcpctl::error::Kind;
use mcpctl::record::{Action, KeyChange, Outcome};
use mcpctl::secret::Secret;
use serde_json::json;

use super::setup::{Stage, in_test, on_both};

fn map(data: &[(&str, &str)]) -> Desired {
    let data = data.iter().map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned()))).collect();
    Desired::new(ObjectKind::ConfigMap, "config", "mcpctl:a", data)
}

fn secret(data: &[(&str, &str)]) -> Desired {
    let data = data.iter().map(|(key, value)| ((*key).to_owned(), Value::Secret(Secret::new(*value)))).collect();
    Desired::new(ObjectKind::Secret, "keys", "mcpctl:a", data)
}

async fn create_refuses_what_exists_and_is_changed_by_a_later_apply(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let mut wanted = map(&[("k", "1")]);
    wanted.create_only = true;
    assert_eq!(objects::apply(&cluster, wanted.clone(), false).await.unwrap().result, AppliedResult::Created);
    let error = objects::apply(&cluster, wanted, false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Exists);
    // Created by apply, so the same owner's apply does not conflict with it.
    assert_eq!(objects::apply(&cluster, map(&[("k", "2")]), false).await.unwrap().result, AppliedResult::Configured);
}

async fn a_secrets_keys_leave_and_its_type_stays(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let done = objects::apply(&cluster, secret(&[("a", "canary-a"), ("b", "canary-b")]), false).await.unwrap();
    assert_eq!(done.result, AppliedResult::Created);
    assert_eq!(
        objects::apply(&cluster, secret(&[("a", "canary-a"), ("b", "canary-b")]), false).await.unwrap().result,
        AppliedResult::Unchanged
    );
    let done = objects::apply(&cluster, secret(&[("a", "canary-c")]), false).await.unwrap();
    assert_eq!(done.keys, [KeyChange::Changed("a".to_owned()), KeyChange::Removed("b".to_owned())]);
    assert!(!format!("{done:?}").contains("canary"));
    let live = stage.secrets().get("keys").await.unwrap();
    assert_eq!(live.type_.as_deref(), Some("Opaque"));
    let data = live.data.unwrap();
    assert_eq!((data.len(), data["a"].0.as_slice()), (1, b"canary-c".as_slice()));
    let read = objects::get(&cluster, ObjectKind::Secret, "", "keys").await.unwrap().unwrap();
    assert!(!format!("{read:?}").contains("canary"));
    assert_eq!(read.data["a"], Value::Text("canary-c".to_owned()));
}

async fn another_type_of_secret_is_kept_as_it_is(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let made = serde_json::from_value(json!({
        "metadata": {"name": "keys"}, "type": "example.com/own", "data": {"old": "/w=="},
    }))
    .unwrap();
    stage.secrets().create(&Default::default(), &made).await.unwrap();
    objects::apply(&cluster, secret(&[("a", "canary-a")]), false).await.unwrap();
    let live = stage.secrets().get("keys").await.unwrap();
    assert_eq!(live.type_.as_deref(), Some("example.com/own"));
    assert_eq!(live.data.unwrap().len(), 2);
    assert_eq!(
        objects::apply(&cluster, secret(&[("a", "canary-a")]), false).await.unwrap().result,
        AppliedResult::Unchanged
    );
}

async fn an_immutable_object_is_told_with_the_way_on(stage: Arc<Stage>) {
    let cluster = stage.cluster();
    let made =
        serde_json::from_value(json!({"metadata": {"name": "config"}, "immutable": true, "data": {"k": "1"}})).unwrap();
    stage.maps().create(&Default::default(), &made).await.unwrap();
    let error = objects::apply(&cluster, map(&[("k", "2")]), false).await.unwrap_err();
    assert!(error.message.ends_with("is immutable") && error.hints[0].contains("--config-name"));
    let done = objects::apply(&cluster, map(&[("k", "1")]), false).await.unwrap();
    assert_eq!((done.result, done.keys.len()), (AppliedResult::Configured, 0));
    assert_eq!(objects::apply(&cluster, map(&[("k", "1")]), false).await.unwrap().result, AppliedResult::Unchanged);
}

async fn a_missing_namespace_is_named_in_real_and_dry_runs(stage: Arc<Stage>) {
    for cluster in [stage.cluster(), stage.dry_run()] {
        let mut wanted = map(&[("k", "1")]);
        wanted.namespace = Some("no-such-namespace".to_owned());
        let error = objects::apply(&cluster, wanted, false).await.unwrap_err();
        assert_eq!(error.message, "no namespace `no-such-namespace`");
    }
}

async fn lists_hold_what_is_ours_and_deletion_is_recorded(stage: Arc<Stage>) {
    let (cluster, recorder) = stage.recorded();
    objects::apply(&cluster, map(&[("k", "1")]), false).await.unwrap();
    stage.create_map("foreign", json!({"k": "1"})).await;
    let names = |found: Vec<objects::Object>| found.into_iter().map(|object| object.name).collect::<Vec<_>>();
    let ours = objects::list(&cluster, ObjectKind::ConfigMap, &ObjectFilter::default()).await.unwrap();
    assert_eq!(names(ours), ["config"]);
    let any = ObjectFilter { any: true, ..ObjectFilter::default() };
    assert!(names(objects::list(&cluster, ObjectKind::ConfigMap, &any).await.unwrap()).contains(&"foreign".to_owned()));
    let gone = objects::delete(&cluster, ObjectKind::ConfigMap, "", "config").await.unwrap();
    assert_eq!(gone.result, Removal::Deleted);
    assert!(stage.maps().get_opt("config").await.unwrap().is_none());
    let change = recorder.changes().into_iter().find(|change| change.action == Action::Delete).unwrap();
    assert_eq!((change.kind, change.outcome), ("configmap", Outcome::Done("deleted".to_owned())));
    let again = objects::delete(&cluster, ObjectKind::ConfigMap, "", "config").await.unwrap();
    assert_eq!(again.result, Removal::Gone);
}

/// Gives the user `provisioner` these verbs on ConfigMaps in the stage's namespace.
async fn allow(stage: &Stage, verbs: &[&str]) {
    use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
    let roles: kube::Api<Role> = kube::Api::namespaced(stage.admin(), &stage.namespace);
    let bindings: kube::Api<RoleBinding> = kube::Api::namespaced(stage.admin(), &stage.namespace);
    let role =
        json!({"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]});
    roles.create(&Default::default(), &serde_json::from_value(role).unwrap()).await.unwrap();
    let binding = json!({
        "metadata": {"name": "r"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "provisioner"}],
    });
    bindings.create(&Default::default(), &serde_json::from_value(binding).unwrap()).await.unwrap();
}

fn provisioner(stage: &Stage) -> mcpctl::cluster::Cluster {
    let file: PathBuf = std::env::var_os("MCPCTL_E2E_PROVISIONER_KUBECONFIG").expect("a provisioner").into();
    stage.connect(|options| options.kubeconfig = Some(file))
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn a_role_without_patch_says_so() {
    in_test(|stage| async move {
        allow(&stage, &["create", "list", "get"]).await;
        let cluster = provisioner(&stage);
        let mut error = objects::apply(&cluster, map(&[("k", "1")]), false).await.unwrap_err();
        // A new Role takes a moment to count.
        while error.message.contains("may not get") {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            error = objects::apply(&cluster, map(&[("k", "1")]), false).await.unwrap_err();
        }
        assert_eq!(error.kind, Kind::Forbidden);
        assert_eq!(
            error.message,
            format!("user `provisioner` may not patch configmaps in namespace `{}`", stage.namespace)
        );
        assert!(error.hints.iter().any(|hint| hint.contains("older Role")), "{:?}", error.hints);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn without_get_an_apply_is_blind_but_keeps_nothing() {
    in_test(|stage| async move {
        allow(&stage, &["create", "patch"]).await;
        let cluster = provisioner(&stage);
        let mut result = objects::apply(&cluster, map(&[("k", "1")]), false).await;
        while result.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            result = objects::apply(&cluster, map(&[("k", "1")]), false).await;
        }
        assert_eq!(result.unwrap().result, AppliedResult::Created);
        let again = objects::apply(&cluster, map(&[("k", "2")]), false).await.unwrap();
        assert_eq!((again.result, again.keys.len()), (AppliedResult::Applied, 0));
        let mut keeping = map(&[("l", "1")]);
        keeping.leftovers = Leftovers::KeepAllBut(BTreeSet::new());
        assert_eq!(objects::apply(&cluster, keeping, false).await.unwrap_err().kind, Kind::Forbidden);
        assert_eq!(stage.map("config").await.0, json!({"k": "2"}));
    })
    .await;
}

async fn limits_and_keys_are_checked_before_the_call(stage: Arc<Stage>) {
    let (cluster, recorder) = stage.recorded();
    let large = "x".repeat(1024 * 1024 + 1);
    let wrong = [
        map(&[("k", large.as_str())]),
        map(&[("a b", "1")]),
        Desired { owner: "x".repeat(129), ..map(&[("k", "1")]) },
        Desired { name: "A/b".to_owned(), ..map(&[("k", "1")]) },
        Desired { data: BTreeMap::from([("k".to_owned(), Value::Secret(Secret::new("canary-k")))]), ..map(&[]) },
    ];
    for desired in wrong {
        let error = objects::apply(&cluster, desired, false).await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(!format!("{error:?}").contains("canary"));
    }
    assert!(!recorder.effects().iter().any(|effect| effect.0.contains("patch")));
    // The limit is the server's own: one byte less is taken.
    objects::apply(&cluster, map(&[("k", &large[1..])]), false).await.unwrap();
}

on_both!(
    create_refuses_what_exists_and_is_changed_by_a_later_apply,
    a_secrets_keys_leave_and_its_type_stays,
    another_type_of_secret_is_kept_as_it_is,
    an_immutable_object_is_told_with_the_way_on,
    a_missing_namespace_is_named_in_real_and_dry_runs,
    lists_hold_what_is_ours_and_deletion_is_recorded,
    limits_and_keys_are_checked_before_the_call
);
