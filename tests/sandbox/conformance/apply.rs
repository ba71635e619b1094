//! Server-side apply: ownership, conflicts, removal, checks.

use serde_json::json;

use super::cases;
use super::request::{Api, config_map, fields, owned, revision, secret};

cases! {
    a_new_object_is_created_and_owned,
    an_equal_apply_writes_nothing,
    a_changed_apply_keeps_the_rest,
    a_key_that_leaves_is_removed,
    a_key_of_another_stays,
    the_last_key_that_leaves_takes_the_data_along,
    a_foreign_value_is_a_conflict,
    conflicts_with_several_managers_are_listed,
    an_equal_value_is_shared,
    a_shared_key_stays_when_one_drops_it,
    force_takes_the_key,
    a_post_is_another_manager_of_the_same_name,
    an_update_takes_ownership,
    labels_are_merged_key_by_key,
    finalizers_are_a_set,
    the_manager_is_required,
    the_manager_may_have_blanks_and_slashes,
    names_must_fit,
    the_kind_must_fit,
    managed_fields_may_not_be_sent,
    a_number_is_refused,
    an_unknown_field_is_refused,
    a_null_is_stored_as_empty,
    bad_base64_is_refused,
    string_data_stays_after_it_left,
    a_missing_namespace_is_not_found,
    an_old_revision_is_a_conflict,
    the_right_revision_is_accepted,
    a_revision_of_nothing_creates,
    a_foreign_uid_is_refused,
    the_type_of_a_secret_is_fixed,
    an_immutable_object_is_fixed,
    a_dry_run_changes_nothing,
    a_dry_run_is_judged,
    an_unknown_dry_run_is_refused,
    yaml_is_accepted,
    an_empty_apply_owns_nothing,
}

async fn a_new_object_is_created_and_owned(api: Api) {
    let object = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    assert_eq!(object["kind"], "ConfigMap");
    assert_eq!(object["apiVersion"], "v1");
    assert_eq!(object["data"], json!({"k": "v"}));
    assert_eq!(object["metadata"]["namespace"], api.namespace.as_str());
    let entry = &object["metadata"]["managedFields"][0];
    assert_eq!(entry["manager"], "m");
    assert_eq!(entry["operation"], "Apply");
    assert_eq!(entry["apiVersion"], "v1");
    assert_eq!(entry["fieldsType"], "FieldsV1");
    assert_eq!(entry["fieldsV1"], json!({"f:data": {"f:k": {}}}));
    assert_eq!(object["metadata"]["managedFields"].as_array().unwrap().len(), 1);
    let object = api.apply("secrets/a", "m", &secret("a", &json!({"k": "dg=="}))).await.expect(201);
    assert_eq!(object["type"], "Opaque");
    assert_eq!(owned(&object, "m", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn an_equal_apply_writes_nothing(api: Api) {
    let body = config_map("a", &json!({"k": "v"}));
    let first = api.apply("configmaps/a", "m", &body).await.expect(201);
    let second = api.apply("configmaps/a", "m", &body).await.expect(200);
    assert_eq!(first, second);
}

async fn a_changed_apply_keeps_the_rest(api: Api) {
    let first = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(201);
    let second = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "x", "l": "w"}))).await.expect(200);
    assert_ne!(revision(&first), revision(&second));
    assert_eq!(second["data"], json!({"k": "x", "l": "w"}));
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert_eq!(first["metadata"]["creationTimestamp"], second["metadata"]["creationTimestamp"]);
}

async fn a_key_that_leaves_is_removed(api: Api) {
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(201);
    let object = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "v"}));
    assert_eq!(owned(&object, "m", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn a_key_of_another_stays(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    api.apply("configmaps/a", "two", &config_map("a", &json!({"l": "w", "x": "y"}))).await.expect(200);
    let object = api.apply("configmaps/a", "two", &config_map("a", &json!({"l": "w"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "v", "l": "w"}));
    assert_eq!(owned(&object, "one", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn the_last_key_that_leaves_takes_the_data_along(api: Api) {
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let object = api.apply("configmaps/a", "m", &body).await.expect(200);
    assert!(object.get("data").is_none(), "{object}");
}

async fn a_foreign_value_is_a_conflict(api: Api) {
    let first = api.apply("configmaps/a", "mcpctl.grafana", &config_map("a", &json!({"g": "v"}))).await.expect(201);
    let status = api.apply("configmaps/a", "two", &config_map("a", &json!({"g": "w"}))).await.fails(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"mcpctl.grafana\": .data.g",
    );
    let cause =
        json!({"reason": "FieldManagerConflict", "message": "conflict with \"mcpctl.grafana\"", "field": ".data.g"});
    assert_eq!(status["details"], json!({"causes": [cause]}));
    assert_eq!(revision(&api.get("configmaps/a").await.expect(200)), revision(&first));
}

async fn conflicts_with_several_managers_are_listed(api: Api) {
    api.apply("configmaps/a", "b", &config_map("a", &json!({"x.y": "1", "z": "1"}))).await.expect(201);
    let mut labelled = config_map("a", &json!({"z": "1"}));
    labelled["metadata"]["labels"] = json!({"l": "1"});
    api.apply("configmaps/a", "c", &labelled).await.expect(200);
    let mut body = config_map("a", &json!({"x.y": "2", "z": "2"}));
    body["metadata"]["labels"] = json!({"l": "2"});
    let status = api.apply("configmaps/a", "d", &body).await.fails(
        409,
        "Conflict",
        "Apply failed with 4 conflicts: conflicts with \"b\":\n- .data.x.y\n- .data.z\nconflicts with \"c\":\n- .data.z\n\
         - .metadata.labels.l",
    );
    assert_eq!(fields(&status), [".data.x.y", ".data.z", ".data.z", ".metadata.labels.l"]);
}

async fn an_equal_value_is_shared(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let object = api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "v"}))).await.expect(200);
    assert_eq!(owned(&object, "one", "Apply"), &json!({"f:data": {"f:k": {}}}));
    assert_eq!(owned(&object, "two", "Apply"), &json!({"f:data": {"f:k": {}}}));
    api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "w"}))).await.expect(409);
}

async fn a_shared_key_stays_when_one_drops_it(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(200);
    let object = api.apply("configmaps/a", "two", &config_map("a", &json!({"l": "w"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "v", "l": "w"}));
    assert_eq!(owned(&object, "two", "Apply"), &json!({"f:data": {"f:l": {}}}));
    api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "x", "l": "w"}))).await.expect(409);
}

async fn force_takes_the_key(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(201);
    let object = api.apply("configmaps/a?force=true", "two", &config_map("a", &json!({"k": "x"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "x", "l": "w"}));
    assert_eq!(owned(&object, "one", "Apply"), &json!({"f:data": {"f:l": {}}}));
    assert_eq!(owned(&object, "two", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn a_post_is_another_manager_of_the_same_name(api: Api) {
    let made =
        api.post("configmaps?fieldManager=m", &config_map("a", &json!({"k": "v", "stale": "s"}))).await.expect(201);
    assert_eq!(owned(&made, "m", "Update"), &json!({"f:data": {".": {}, "f:k": {}, "f:stale": {}}}));
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "w"}))).await.fails(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"m\" using v1: .data.k",
    );
    let object = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "v", "stale": "s"}));
    let object = api.apply("configmaps/a?force=1", "m", &config_map("a", &json!({"k": "w"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "w", "stale": "s"}));
    assert_eq!(owned(&object, "m", "Update"), &json!({"f:data": {".": {}, "f:stale": {}}}));
    let object = api.merge("configmaps/a?fieldManager=m", &json!({"data": {"stale": null}})).await.expect(200);
    assert_eq!(object["data"], json!({"k": "w"}));
}

async fn an_update_takes_ownership(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(201);
    let object = api.merge("configmaps/a?fieldManager=edit", &json!({"data": {"k": "x"}})).await.expect(200);
    assert_eq!(owned(&object, "one", "Apply"), &json!({"f:data": {"f:l": {}}}));
    assert_eq!(owned(&object, "edit", "Update"), &json!({"f:data": {"f:k": {}}}));
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v", "l": "w"}))).await.fails(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"edit\" using v1: .data.k",
    );
}

async fn labels_are_merged_key_by_key(api: Api) {
    let labelled =
        |labels| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": labels}});
    api.apply("configmaps/a", "one", &labelled(json!({"x": "1", "app.kubernetes.io/managed-by": "helm"})))
        .await
        .expect(201);
    let object = api.apply("configmaps/a", "two", &labelled(json!({"y": "1"}))).await.expect(200);
    assert_eq!(object["metadata"]["labels"], json!({"x": "1", "app.kubernetes.io/managed-by": "helm", "y": "1"}));
    api.apply("configmaps/a", "two", &labelled(json!({"app.kubernetes.io/managed-by": "us"}))).await.fails(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"one\": .metadata.labels.app.kubernetes.io/managed-by",
    );
    let object = api.apply("configmaps/a", "two", &labelled(json!({}))).await.expect(200);
    assert_eq!(object["metadata"]["labels"], json!({"x": "1", "app.kubernetes.io/managed-by": "helm"}));
}

async fn finalizers_are_a_set(api: Api) {
    let with = |finalizers| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": finalizers}});
    api.apply("configmaps/a", "one", &with(json!(["example.com/a"]))).await.expect(201);
    let object = api.apply("configmaps/a", "two", &with(json!(["example.com/b"]))).await.expect(200);
    assert_eq!(object["metadata"]["finalizers"], json!(["example.com/a", "example.com/b"]));
    assert_eq!(owned(&object, "two", "Apply"), &json!({"f:metadata": {"f:finalizers": {"v:\"example.com/b\"": {}}}}));
    let object = api.apply("configmaps/a", "one", &with(json!([]))).await.expect(200);
    assert_eq!(object["metadata"]["finalizers"], json!(["example.com/b"]));
    let object = api.merge("configmaps/a", &json!({"metadata": {"finalizers": null}})).await.expect(200);
    assert!(object["metadata"].get("finalizers").is_none());
}

async fn the_manager_is_required(api: Api) {
    let body = config_map("a", &json!({"k": "v"})).to_string();
    let answer = api.send_as("PATCH", &api.path("configmaps/a"), "application/apply-patch+yaml", body).await;
    let status = answer.fails(
        422,
        "Invalid",
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
    );
    assert_eq!(status["details"]["group"], "meta.k8s.io");
    assert_eq!(status["details"]["kind"], "PatchOptions");
    assert_eq!(fields(&status), ["fieldManager"]);
}

async fn the_manager_may_have_blanks_and_slashes(api: Api) {
    let object =
        api.apply("configmaps/a", "mcpctl%3Aa%20b%2Fc", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    assert_eq!(object["metadata"]["managedFields"][0]["manager"], "mcpctl:a b/c");
}

async fn names_must_fit(api: Api) {
    let message = "the name of the object (b) does not match the name on the URL (a)";
    api.apply("configmaps/a", "m", &config_map("b", &json!({}))).await.fails(400, "BadRequest", message);
    let mut elsewhere = config_map("a", &json!({}));
    elsewhere["metadata"]["namespace"] = json!("elsewhere");
    let message = "the namespace of the provided object does not match the namespace sent on the request";
    api.apply("configmaps/a", "m", &elsewhere).await.fails(400, "BadRequest", message);
    api.apply("configmaps/Bad_Name", "m", &config_map("Bad_Name", &json!({}))).await.fails(
        422,
        "Invalid",
        "ConfigMap \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must…",
    );
    let unnamed = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"}});
    let message = "the name of the object (a based on URL) was undeterminable: name must be provided";
    api.apply("configmaps/a", "m", &unnamed).await.fails(400, "BadRequest", message);
}

async fn the_kind_must_fit(api: Api) {
    let message = "invalid object type: /v1, Kind=Secret";
    api.apply("configmaps/a", "m", &secret("a", &json!({}))).await.fails(400, "BadRequest", message);
    let message = "invalid object type: /, Kind=";
    api.apply("configmaps/a", "m", &json!({"metadata": {"name": "a"}})).await.fails(400, "BadRequest", message);
}

async fn managed_fields_may_not_be_sent(api: Api) {
    let mut body = config_map("a", &json!({}));
    body["metadata"]["managedFields"] = json!([{}]);
    let message = "metadata.managedFields must be nil";
    api.apply("configmaps/a", "m", &body).await.fails(400, "BadRequest", message);
}

async fn a_number_is_refused(api: Api) {
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": 5}))).await.fails(
        500,
        "",
        "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.k: expected string, got \
         &value.valueUnstructured{Value:5}",
    );
    api.apply("configmaps/a", "m", &config_map("a", &json!("text"))).await.fails(
        500,
        "",
        "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data: expected map, got…",
    );
}

async fn an_unknown_field_is_refused(api: Api) {
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "dota": {"k": "v"}});
    api.apply("configmaps/a", "m", &body).await.fails(
        500,
        "",
        "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .dota: field not declared in schema",
    );
}

async fn a_null_is_stored_as_empty(api: Api) {
    let object = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": null}))).await.expect(201);
    assert_eq!(object["data"], json!({"k": ""}));
}

async fn bad_base64_is_refused(api: Api) {
    api.apply("secrets/a", "m", &secret("a", &json!({"k": "canary-%%"}))).await.fails(
        500,
        "",
        "failed to convert new object (/a; /v1, Kind=Secret) to proper version: unable to convert unstructured object to \
         /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 6",
    );
}

async fn string_data_stays_after_it_left(api: Api) {
    let body =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v", "l": "w"}});
    let object = api.apply("secrets/a", "m", &body).await.expect(201);
    assert_eq!(object["data"], json!({"k": "dg==", "l": "dw=="}));
    assert!(object.get("stringData").is_none());
    assert_eq!(owned(&object, "m", "Apply"), &json!({"f:stringData": {"f:k": {}, "f:l": {}}}));
    let object = api.apply("secrets/a", "m", &secret("a", &json!({"k": "dg=="}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "dg==", "l": "dw=="}));
}

async fn a_missing_namespace_is_not_found(api: Api) {
    let nowhere = api.elsewhere("nowhere");
    for rest in ["configmaps/a", "configmaps/a?dryRun=All"] {
        let message = format!("namespaces \"{}\" not found", nowhere.namespace);
        let status = nowhere.apply(rest, "m", &config_map("a", &json!({}))).await.fails(404, "NotFound", &message);
        assert_eq!(status["details"]["kind"], "namespaces");
    }
}

async fn an_old_revision_is_a_conflict(api: Api) {
    let first = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "w"}))).await.expect(200);
    let mut body = config_map("a", &json!({"k": "x"}));
    body["metadata"]["resourceVersion"] = json!(revision(&first));
    let status = api.apply("configmaps/a", "m", &body).await.fails(
        409,
        "Conflict",
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the \
         latest version and try again",
    );
    assert_eq!(status["details"], json!({"name": "a", "kind": "configmaps"}));
    body["data"] = json!({"k": "w"});
    api.apply("configmaps/a", "m", &body).await.expect(409);
}

async fn the_right_revision_is_accepted(api: Api) {
    let first = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let mut body = config_map("a", &json!({"k": "x"}));
    body["metadata"]["resourceVersion"] = json!(revision(&first));
    body["metadata"]["uid"] = first["metadata"]["uid"].clone();
    let second = api.apply("configmaps/a", "m", &body).await.expect(200);
    assert_eq!(second["data"], json!({"k": "x"}));
    assert_eq!(owned(&second, "m", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn a_revision_of_nothing_creates(api: Api) {
    let mut body = config_map("a", &json!({"k": "x"}));
    body["metadata"]["resourceVersion"] = json!("77");
    api.apply("configmaps/a", "m", &body).await.expect(201);
}

async fn a_foreign_uid_is_refused(api: Api) {
    let mut body = config_map("a", &json!({"k": "x"}));
    body["metadata"]["uid"] = json!("77");
    let message = "Operation cannot be fulfilled on configmaps \"a\": uid mismatch: the provided object specified uid 77, and \
                   no existing object was found";
    api.apply("configmaps/a", "m", &body).await.fails(409, "Conflict", message);
    api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "x"}))).await.expect(201);
    let message = "ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"77\": field is immutable";
    let status = api.apply("configmaps/a", "m", &body).await.fails(422, "Invalid", message);
    assert_eq!(fields(&status), ["metadata.uid", "metadata.uid"]);
}

async fn the_type_of_a_secret_is_fixed(api: Api) {
    api.apply("secrets/a", "m", &secret("a", &json!({"k": "dg=="}))).await.expect(201);
    let mut body = secret("a", &json!({"k": "dg=="}));
    body["type"] = json!("example.com/other");
    let message = "Secret \"a\" is invalid: type: Invalid value: \"example.com/other\": field is immutable";
    let status = api.apply("secrets/a", "m", &body).await.fails(422, "Invalid", message);
    assert_eq!(fields(&status), ["type"]);
    assert_eq!(status["details"]["kind"], "Secret");
}

async fn an_immutable_object_is_fixed(api: Api) {
    for (path, kind, value, other) in
        [("configmaps/a", "ConfigMap", "dg==", "dw=="), ("secrets/a", "Secret", "dg==", "dw==")]
    {
        let body = |immutable: bool, value: &str| {
            let mut body = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "data": {"k": value}});
            if immutable {
                body["immutable"] = json!(true);
            }
            body
        };
        api.apply(path, "m", &body(true, value)).await.expect(201);
        let why = "Forbidden: field is immutable when `immutable` is set";
        let message = format!("{kind} \"a\" is invalid: data: {why}");
        let status = api.apply(path, "m", &body(true, other)).await.fails(422, "Invalid", &message);
        assert_eq!(status["details"]["causes"][0]["reason"], "FieldValueForbidden");
        let message = format!("{kind} \"a\" is invalid: immutable: {why}");
        api.apply(path, "m", &body(false, value)).await.fails(422, "Invalid", &message);
        api.apply(path, "other", &body(false, value)).await.expect(200);
        let mut labelled = body(true, value);
        labelled["metadata"]["labels"] = json!({"a": "b"});
        api.apply(path, "m", &labelled).await.expect(200);
    }
}

async fn a_dry_run_changes_nothing(api: Api) {
    let object = api.apply("configmaps/a?dryRun=All", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    assert_eq!(object["data"], json!({"k": "v"}));
    assert!(object["metadata"].get("resourceVersion").is_none());
    assert!(object["metadata"]["uid"].is_string());
    api.get("configmaps/a").await.expect(404);
    let first = api.apply("configmaps/a", "m", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let object = api.apply("configmaps/a?dryRun=All", "m", &config_map("a", &json!({"k": "w"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "w"}));
    assert_eq!(revision(&object), revision(&first));
    assert_eq!(api.get("configmaps/a").await.expect(200), first);
}

async fn a_dry_run_is_judged(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    api.apply("configmaps/a?dryRun=All", "two", &config_map("a", &json!({"k": "w"}))).await.expect(409);
    api.apply("configmaps/b?dryRun=All", "two", &config_map("b", &json!({"bad key": "w"}))).await.expect(422);
}

async fn an_unknown_dry_run_is_refused(api: Api) {
    let body = config_map("a", &json!({"k": "v"}));
    let status = api.apply("configmaps/a?dryRun=Some", "m", &body).await.fails(
        422,
        "Invalid",
        "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"",
    );
    assert_eq!(fields(&status), ["dryRun"]);
    api.get("configmaps/a").await.expect(404);
}

async fn yaml_is_accepted(api: Api) {
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: |\n    two\n    lines\n".to_owned();
    let path = api.path("configmaps/a?fieldManager=m");
    let object = api.send_as("PATCH", &path, "application/apply-patch+yaml", body).await.expect(201);
    assert_eq!(object["data"]["k"], "two\nlines\n");
}

async fn an_empty_apply_owns_nothing(api: Api) {
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let object = api.apply("configmaps/a", "m", &body).await.expect(201);
    assert!(object["metadata"].get("managedFields").is_none(), "{object}");
}
