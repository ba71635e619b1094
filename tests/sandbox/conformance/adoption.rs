//! Entries of `managedFields` that a client writes: they stand in for those of the object.

use serde_json::{Value, json};

use super::cases;
use super::request::{Api, config_map, owned, revision};

cases! {
    entries_that_are_given_stand_in_for_the_own_ones,
    an_adopted_key_changes_without_a_conflict_and_leaves,
    an_adoption_of_an_old_revision_is_a_conflict,
    entries_that_cannot_be_read_are_left_out_of_account,
    an_empty_entry_takes_all_owners_away,
    an_adoption_can_be_judged_and_not_done,
}

fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
           "fieldsType": "FieldsV1", "fieldsV1": fields})
}

/// A ConfigMap that was made by POST, and then adopted by `mine`.
async fn adopted(api: &Api) -> Value {
    let made = api.post("configmaps?fieldManager=kubectl-create", &config_map("a", &json!({"k": "1", "l": "2"}))).await;
    let made = made.expect(201);
    assert_eq!(owned(&made, "kubectl-create", "Update"), &json!({"f:data": {".": {}, "f:k": {}, "f:l": {}}}));
    let fields = json!({"f:data": {"f:k": {}, "f:l": {}}});
    let patch = json!({"metadata": {
        "managedFields": [entry("mine", "Apply", &fields)], "resourceVersion": revision(&made),
    }});
    api.merge("configmaps/a?fieldManager=mine", &patch).await.expect(200)
}

async fn entries_that_are_given_stand_in_for_the_own_ones(api: Api) {
    let object = adopted(&api).await;
    assert_eq!(object["data"], json!({"k": "1", "l": "2"}));
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0], entry("mine", "Apply", &json!({"f:data": {"f:k": {}, "f:l": {}}})));
}

async fn an_adopted_key_changes_without_a_conflict_and_leaves(api: Api) {
    adopted(&api).await;
    let object = api.apply("configmaps/a", "mine", &config_map("a", &json!({"k": "9"}))).await.expect(200);
    assert_eq!(object["data"], json!({"k": "9"}));
    assert_eq!(owned(&object, "mine", "Apply"), &json!({"f:data": {"f:k": {}}}));
}

async fn an_adoption_of_an_old_revision_is_a_conflict(api: Api) {
    let object = adopted(&api).await;
    let patch = json!({"metadata": {
        "managedFields": [entry("other", "Apply", &json!({"f:data": {"f:k": {}}}))], "resourceVersion": "1",
    }});
    api.merge("configmaps/a", &patch).await.fails(
        409,
        "Conflict",
        "Operation cannot be fulfilled on configmaps \"a\": …",
    );
    assert_eq!(revision(&api.get("configmaps/a").await.expect(200)), revision(&object));
}

async fn entries_that_cannot_be_read_are_left_out_of_account(api: Api) {
    adopted(&api).await;
    let mut unreadable = entry("other", "Apply", &json!({"f:data": {"f:k": {}}}));
    unreadable["fieldsType"] = json!("FieldsV9");
    let patch = json!({"metadata": {"managedFields": [unreadable]}, "data": {"m": "3"}});
    let object = api.merge("configmaps/a?fieldManager=third", &patch).await.expect(200);
    assert_eq!(owned(&object, "mine", "Apply"), &json!({"f:data": {"f:k": {}, "f:l": {}}}));
    assert_eq!(owned(&object, "third", "Update"), &json!({"f:data": {"f:m": {}}}));
    assert_eq!(owned(&object, "other", "Apply"), &Value::Null);
}

async fn an_empty_entry_takes_all_owners_away(api: Api) {
    adopted(&api).await;
    let object = api.merge("configmaps/a", &json!({"metadata": {"managedFields": [{}]}})).await.expect(200);
    assert_eq!(object["metadata"].get("managedFields"), None);
}

async fn an_adoption_can_be_judged_and_not_done(api: Api) {
    let object = adopted(&api).await;
    let other = entry("other", "Apply", &json!({"f:data": {"f:k": {}}}));
    let patch = json!({"metadata": {"managedFields": [other]}});
    let judged = api.merge("configmaps/a?dryRun=All", &patch).await.expect(200);
    assert_eq!(owned(&judged, "other", "Apply"), &json!({"f:data": {"f:k": {}}}));
    assert_eq!(api.get("configmaps/a").await.expect(200), object);
}
