//! DELETE: options, preconditions, finalizers, dry runs, collections, namespaces.

use std::time::Duration;

use serde_json::{Value, json};

use super::cases;
use super::request::{Api, config_map, names, secret};

cases! {
    a_deletion_without_a_body_is_done,
    a_deletion_with_a_body_is_done,
    what_is_not_there_is_not_found,
    the_uid_must_fit,
    the_revision_must_fit,
    a_dry_run_in_the_body_changes_nothing,
    a_dry_run_in_the_query_counts_without_a_body,
    a_dry_run_in_the_query_is_ignored_with_a_body,
    unknown_options_are_refused,
    a_foreground_deletion_has_a_finalizer_for_a_while,
    a_finalizer_holds_an_object,
    a_collection_is_deleted_by_selector,
    a_collection_has_dry_runs,
    a_namespace_goes_with_what_is_in_it,
    a_going_namespace_takes_nothing_new,
}

async fn make(api: &Api, name: &str) -> Value {
    api.post("configmaps", &config_map(name, &json!({"k": "v"}))).await.expect(201)
}

fn done(object: &Value) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {"name": object["metadata"]["name"], "kind": "configmaps", "uid": object["metadata"]["uid"]},
    })
}

async fn a_deletion_without_a_body_is_done(api: Api) {
    let object = make(&api, "a").await;
    assert_eq!(api.delete("configmaps/a", None).await.expect(200), done(&object));
    api.get("configmaps/a").await.fails(404, "NotFound", "configmaps \"a\" not found");
    api.post("secrets", &secret("a", &json!({}))).await.expect(201);
    assert_eq!(api.delete("secrets/a", None).await.expect(200)["details"]["kind"], "secrets");
}

async fn a_deletion_with_a_body_is_done(api: Api) {
    let object = make(&api, "a").await;
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {
        "uid": object["metadata"]["uid"], "resourceVersion": object["metadata"]["resourceVersion"],
    }, "propagationPolicy": "Background"});
    assert_eq!(api.delete("configmaps/a", Some(&options)).await.expect(200), done(&object));
    api.get("configmaps/a").await.expect(404);
}

async fn what_is_not_there_is_not_found(api: Api) {
    let message = "configmaps \"a\" not found";
    api.delete("configmaps/a", None).await.fails(404, "NotFound", message);
    let status = api.delete("configmaps/a", Some(&json!({"dryRun": ["All"]}))).await.fails(404, "NotFound", message);
    assert_eq!(status["details"], json!({"name": "a", "kind": "configmaps"}));
}

async fn the_uid_must_fit(api: Api) {
    let object = make(&api, "a").await;
    let uid = object["metadata"]["uid"].as_str().unwrap();
    let message = format!(
        "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (xyz) does not match the UID in record \
         ({uid}). The object might have been deleted and then recreated"
    );
    for options in
        [json!({"preconditions": {"uid": "xyz"}}), json!({"preconditions": {"uid": "xyz"}, "dryRun": ["All"]})]
    {
        let status = api.delete("configmaps/a", Some(&options)).await.fails(409, "Conflict", &message);
        assert_eq!(status["details"], json!({"name": "a", "kind": "ConfigMap"}));
    }
    api.get("configmaps/a").await.expect(200);
}

async fn the_revision_must_fit(api: Api) {
    let object = make(&api, "a").await;
    let message = format!(
        "Operation cannot be fulfilled on ConfigMap \"a\": the ResourceVersion in the precondition (1) does not match the \
         ResourceVersion in record ({}). The object might have been modified",
        object["metadata"]["resourceVersion"].as_str().unwrap(),
    );
    let options = json!({"preconditions": {"resourceVersion": "1"}});
    api.delete("configmaps/a", Some(&options)).await.fails(409, "Conflict", &message);
}

async fn a_dry_run_in_the_body_changes_nothing(api: Api) {
    let object = make(&api, "a").await;
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]});
    assert_eq!(api.delete("configmaps/a", Some(&options)).await.expect(200), done(&object));
    assert_eq!(api.get("configmaps/a").await.expect(200), object);
    let options = json!({"dryRun": ["All"], "propagationPolicy": "Foreground"});
    let going = api.delete("configmaps/a", Some(&options)).await.expect(200);
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(api.get("configmaps/a").await.expect(200), object);
}

async fn a_dry_run_in_the_query_counts_without_a_body(api: Api) {
    let object = make(&api, "a").await;
    assert_eq!(api.delete("configmaps/a?dryRun=All", None).await.expect(200), done(&object));
    assert_eq!(api.get("configmaps/a").await.expect(200), object);
}

async fn a_dry_run_in_the_query_is_ignored_with_a_body(api: Api) {
    make(&api, "a").await;
    api.delete("configmaps/a?dryRun=All", Some(&json!({"kind": "DeleteOptions", "apiVersion": "v1"})))
        .await
        .expect(200);
    api.get("configmaps/a").await.expect(404);
    make(&api, "b").await;
    api.delete("configmaps/b?dryRun=All", Some(&json!({}))).await.expect(200);
    api.get("configmaps/b").await.expect(404);
}

async fn unknown_options_are_refused(api: Api) {
    make(&api, "a").await;
    let message =
        "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"";
    api.delete("configmaps/a", Some(&json!({"dryRun": ["Some"]}))).await.fails(422, "Invalid", message);
    let message = "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Nonsense\": supported \
                   values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";
    api.delete("configmaps/a", Some(&json!({"propagationPolicy": "Nonsense"}))).await.fails(422, "Invalid", message);
    api.get("configmaps/a").await.expect(200);
}

async fn a_foreground_deletion_has_a_finalizer_for_a_while(api: Api) {
    let object = make(&api, "a").await;
    let going = api.delete("configmaps/a", Some(&json!({"propagationPolicy": "Foreground"}))).await.expect(200);
    assert_eq!(going["kind"], "ConfigMap");
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 0);
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(going["metadata"]["uid"], object["metadata"]["uid"]);
    api.until("configmaps/a", |answer| answer.code == 404).await;
}

async fn a_finalizer_holds_an_object(api: Api) {
    let body = json!({"metadata": {"name": "a", "finalizers": ["example.com/hold"]}});
    api.post("configmaps", &body).await.expect(201);
    let going = api.delete("configmaps/a", None).await.expect(200);
    assert_eq!(going["metadata"]["finalizers"], json!(["example.com/hold"]));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let held = api.get("configmaps/a").await.expect(200);
    assert!(held["metadata"]["deletionTimestamp"].is_string());
    let again = api.delete("configmaps/a", None).await.expect(200);
    assert_eq!(again, held);
    api.merge("configmaps/a", &json!({"metadata": {"finalizers": null}})).await.expect(200);
    api.get("configmaps/a").await.expect(404);
}

async fn a_collection_is_deleted_by_selector(api: Api) {
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let body = json!({"metadata": {"name": name, "labels": {"l": label}}});
        api.post("configmaps", &body).await.expect(201);
    }
    let list = api.delete("configmaps?labelSelector=l%3Dx", None).await.expect(200);
    assert_eq!(list["kind"], "ConfigMapList");
    let mut deleted = names(&list);
    deleted.sort_unstable();
    assert_eq!(deleted, ["a", "c"]);
    assert_eq!(names(&api.get("configmaps?labelSelector=l").await.expect(200)), ["b"]);
}

async fn a_collection_has_dry_runs(api: Api) {
    let body = json!({"metadata": {"name": "a", "labels": {"l": "x"}}});
    api.post("configmaps", &body).await.expect(201);
    api.delete("configmaps?labelSelector=l", Some(&json!({"dryRun": ["All"]}))).await.expect(200);
    api.delete("configmaps?labelSelector=l&dryRun=All", None).await.expect(200);
    api.get("configmaps/a").await.expect(200);
    api.delete("configmaps?labelSelector=l&dryRun=All", Some(&json!({}))).await.expect(200);
    api.get("configmaps/a").await.expect(404);
}

async fn a_namespace_goes_with_what_is_in_it(api: Api) {
    let other = api.elsewhere("other");
    other.make_namespace().await;
    make(&other, "a").await;
    let path = format!("/api/v1/namespaces/{}", other.namespace);
    let rehearsed = other.send("DELETE", &path, Some(&json!({"dryRun": ["All"]}))).await.expect(200);
    assert_eq!(rehearsed["kind"], "Namespace");
    assert_eq!(other.send("GET", &path, None).await.expect(200)["status"]["phase"], "Active");
    let going = other.send("DELETE", &path, None).await.expect(200);
    assert_eq!(going["status"]["phase"], "Terminating");
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    other.until("", |answer| answer.code == 404).await;
    other.get("configmaps/a").await.expect(404);
}

async fn a_going_namespace_takes_nothing_new(api: Api) {
    let other = api.elsewhere("going");
    other.make_namespace().await;
    let held = json!({"metadata": {"name": "a", "finalizers": ["example.com/hold"]}});
    other.post("configmaps", &held).await.expect(201);
    other.send("DELETE", &format!("/api/v1/namespaces/{}", other.namespace), None).await.expect(200);
    let message = format!(
        "configmaps \"b\" is forbidden: unable to create new content in namespace {0} because it is being terminated",
        other.namespace,
    );
    let status = other.post("configmaps", &config_map("b", &json!({}))).await.fails(403, "Forbidden", &message);
    assert_eq!(status["details"]["causes"][0]["reason"], "NamespaceTerminating");
    other.merge("configmaps/a", &json!({"metadata": {"finalizers": null}})).await;
}
