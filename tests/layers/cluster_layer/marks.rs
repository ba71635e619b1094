//! Guard, dry run and record, as the server sees them.

use mcpctl::cluster::objects::{self, AppliedResult, Desired, ObjectKind, Value};
use mcpctl::cluster::pods::{self, DeleteOptions, Filter, Removal};
use mcpctl::error::Kind;
use mcpctl::record::{KeyChange, Outcome};
use serde_json::json;

use crate::support::function_server::{Fake, Say};

fn pods_of(names: &[&str]) -> Say {
    let pod = |name: &&str| {
        json!({"metadata": {"name": name, "namespace": "mcp", "uid": format!("uid-{name}"), "labels": {
            "app.kubernetes.io/managed-by": "mcp-gateway", "mcp-gateway.docker.com/session": "s1"}}})
    };
    Say::ok(&json!({"items": names.iter().map(pod).collect::<Vec<_>>()}))
}

fn map() -> Desired {
    Desired::new(ObjectKind::ConfigMap, "c", "mcpctl:a", [("k".to_owned(), Value::Text("1".to_owned()))].into())
}

#[tokio::test]
async fn read_only_sends_no_change_and_ends_a_deletion() {
    let fake = Fake::saying([pods_of(&["a", "b"])]);
    let cluster = fake.cluster(|options| options.read_only = true);
    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let error = pods::delete(&cluster, found, &DeleteOptions::default(), &mut |_| {}).await.unwrap_err();
    assert_eq!((error.kind, fake.count()), (Kind::Refused, 1));
    let effects: Vec<String> = cluster.recorder().effects().into_iter().map(|effect| effect.0).collect();
    assert_eq!(effects, ["cluster: list pods"]);
    assert!(cluster.recorder().changes().is_empty());
}

#[tokio::test]
async fn a_deletion_names_its_uid_and_a_dry_run_marks_the_body() {
    let fake = Fake::saying([pods_of(&["a"]), Say::ok(&json!({}))]);
    let cluster = fake.cluster(|options| options.dry_run = true);
    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let options = DeleteOptions { grace: Some(5), ..DeleteOptions::default() };
    pods::delete(&cluster, found, &options, &mut |_| {}).await.unwrap();
    let seen = &fake.seen()[1];
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("DELETE", "/api/v1/namespaces/mcp/pods/a"));
    assert_eq!(
        seen.body,
        json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
               "gracePeriodSeconds": 5, "preconditions": {"uid": "uid-a"}, "dryRun": ["All"]})
    );
}

#[tokio::test(start_paused = true)]
async fn failures_are_listed_and_the_others_still_go() {
    let fake = Fake::saying([
        pods_of(&["a", "b", "c", "d"]),
        Say::ok(&json!({})),
        Say::no(403, "Forbidden"),
        Say::no(404, "NotFound"),
        Say::no(409, "Conflict"),
    ]);
    let cluster = fake.cluster(|_| {});
    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let one_by_one = DeleteOptions { concurrency: 1, ..DeleteOptions::default() };
    let results = pods::delete(&cluster, found, &one_by_one, &mut |_| {}).await.unwrap();
    let words: Vec<&str> = results.iter().map(|deletion| deletion.result.name()).collect();
    assert_eq!(words, ["deleted", "failed", "gone", "gone"]);
    assert_eq!(results[1].result, Removal::Failed);
    assert!(results[1].reason.contains("does not allow to delete pods `b`"), "{}", results[1].reason);
    let failure = cluster.recorder().failure().unwrap();
    assert_eq!((failure.kind, failure.message.as_str()), (Kind::Partial, "1 of 4 changes failed"));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_at_an_interrupt_is_unknown() {
    let fake = Fake::saying([pods_of(&["a"]), Say::ok(&json!({})).stalled()]);
    let cluster = fake.cluster(|_| {});
    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let options = DeleteOptions::default();
    let mut silent = |_: pods::Progress<'_>| {};
    let deleting = pods::delete(&cluster, found, &options, &mut silent);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), deleting).await.is_err());
    let changes = cluster.recorder().changes();
    assert_eq!((changes.len(), &changes[0].outcome), (1, &Outcome::Unknown));
    assert!(changes[0].note.starts_with("session s1"));
}

#[tokio::test]
async fn a_webhook_that_cannot_judge_leaves_a_plan_from_the_read() {
    let refusal = "admission webhook \"x\" does not support dry run";
    let fake = Fake::saying([Say::no(404, "NotFound"), Say::no(400, refusal)]);
    let cluster = fake.cluster(|options| options.dry_run = true);
    let done = objects::apply(&cluster, map(), false).await.unwrap();
    assert_eq!((done.result, done.keys), (AppliedResult::Created, vec![KeyChange::Added("k".to_owned())]));
    assert!(done.note.contains("cannot judge dry runs"));
    let change = &cluster.recorder().changes()[0];
    assert_eq!((&change.outcome, change.note.as_str()), (&Outcome::Planned, done.note.as_str()));
    let seen = objects::get(&cluster, ObjectKind::ConfigMap, "", "c").await.unwrap().unwrap();
    assert_eq!(seen.data["k"], Value::Text("1".to_owned()));
    assert_eq!(fake.count(), 2);
}

#[tokio::test]
async fn an_apply_carries_owner_lock_and_no_force() {
    let live = json!({"metadata": {"name": "c", "namespace": "mcp", "resourceVersion": "7"}, "data": {"k": "0"}});
    let fake = Fake::saying([Say::ok(&live), Say::ok(&live)]);
    objects::apply(&fake.cluster(|_| {}), map(), false).await.unwrap();
    let seen = &fake.seen()[1];
    assert_eq!(seen.uri, "/api/v1/namespaces/mcp/configmaps/c?fieldManager=mcpctl%3Aa");
    assert_eq!(seen.body["metadata"]["resourceVersion"], "7");
    assert_eq!(seen.body["data"], json!({"k": "1"}));
}

#[tokio::test]
async fn an_object_that_changes_for_ever_is_given_up_after_two_more_plans() {
    let live = json!({"metadata": {"name": "c", "namespace": "mcp", "resourceVersion": "7"}, "data": {"k": "0"}});
    let conflict = Say::no(409, "Conflict");
    let rounds = std::iter::repeat_n([Say::ok(&live), conflict], 4).flatten();
    let fake = Fake::saying(rounds);
    let cluster = fake.cluster(|_| {});
    let error = objects::apply(&cluster, map(), false).await.unwrap_err();
    assert_eq!(error.kind, Kind::Conflict);
    assert_eq!(fake.seen().iter().filter(|seen| seen.method == "PATCH").count(), 3);
    assert!(matches!(cluster.recorder().changes()[0].outcome, Outcome::Failed(_)));
}
