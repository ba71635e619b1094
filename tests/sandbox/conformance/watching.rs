//! Watches: what they begin with, what they show, how they end.

use serde_json::{Value, json};

use super::cases;
use super::request::{Api, config_map, revision};

cases! {
    a_watch_shows_changes_since_a_revision,
    a_watch_without_a_revision_begins_with_what_is_there,
    a_watch_ends_when_it_should,
    a_selection_is_entered_and_left,
    a_watch_of_one_name_shows_only_that,
    a_deletion_has_a_revision_of_its_own,
    a_bad_selector_is_refused,
}

/// The events of a watch of some seconds: a server that is busy shows them late.
async fn events(api: &Api, query: &str) -> Vec<Value> {
    let answer = api.get(&format!("configmaps?watch=true&timeoutSeconds=3&{query}")).await;
    assert_eq!(answer.code, 200, "{}", answer.text);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn words(events: &[Value]) -> Vec<(&str, &str)> {
    events
        .iter()
        .filter(|e| e["type"] != "BOOKMARK")
        .map(|e| (e["type"].as_str().unwrap(), e["object"]["metadata"]["name"].as_str().unwrap_or_default()))
        .collect()
}

async fn now(api: &Api) -> String {
    revision(&api.get("configmaps").await.expect(200)).to_owned()
}

async fn a_watch_shows_changes_since_a_revision(api: Api) {
    let start = now(&api).await;
    api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    api.merge("configmaps/a", &json!({"data": {"k": "w"}})).await.expect(200);
    api.post("secrets", &json!({"metadata": {"name": "other"}})).await.expect(201);
    api.delete("configmaps/a", None).await.expect(200);
    let events = events(&api, &format!("resourceVersion={start}&allowWatchBookmarks=true")).await;
    assert_eq!(words(&events), [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]);
    assert_eq!(events[0]["object"]["kind"], "ConfigMap");
    assert_eq!(events[0]["object"]["apiVersion"], "v1");
    assert_eq!(events[1]["object"]["data"], json!({"k": "w"}));
    assert_eq!(events[2]["object"]["data"], json!({"k": "w"}));
}

async fn a_watch_without_a_revision_begins_with_what_is_there(api: Api) {
    api.post("configmaps", &json!({"metadata": {"name": "a", "labels": {"x": "y"}}})).await.expect(201);
    for query in ["labelSelector=x", "labelSelector=x&resourceVersion=0"] {
        assert_eq!(words(&events(&api, query).await), [("ADDED", "a")], "{query}");
    }
}

async fn a_watch_ends_when_it_should(api: Api) {
    let start = now(&api).await;
    assert!(words(&events(&api, &format!("resourceVersion={start}")).await).is_empty());
}

async fn a_selection_is_entered_and_left(api: Api) {
    let start = now(&api).await;
    api.post("configmaps", &config_map("a", &json!({}))).await.expect(201);
    api.merge("configmaps/a", &json!({"metadata": {"labels": {"x": "1"}}})).await.expect(200);
    api.merge("configmaps/a", &json!({"data": {"k": "v"}})).await.expect(200);
    api.merge("configmaps/a", &json!({"metadata": {"labels": {"x": "2"}}})).await.expect(200);
    api.delete("configmaps/a", None).await.expect(200);
    let events = events(&api, &format!("resourceVersion={start}&labelSelector=x%3D1")).await;
    assert_eq!(words(&events), [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]);
}

async fn a_watch_of_one_name_shows_only_that(api: Api) {
    let start = now(&api).await;
    for name in ["a", "b"] {
        api.post("configmaps", &config_map(name, &json!({}))).await.expect(201);
    }
    let events = events(&api, &format!("resourceVersion={start}&fieldSelector=metadata.name%3Db")).await;
    assert_eq!(words(&events), [("ADDED", "b")]);
}

async fn a_deletion_has_a_revision_of_its_own(api: Api) {
    let start = now(&api).await;
    let made = api.post("configmaps", &config_map("a", &json!({}))).await.expect(201);
    api.delete("configmaps/a", None).await.expect(200);
    let events = events(&api, &format!("resourceVersion={start}")).await;
    let deleted: u64 = revision(&events[1]["object"]).parse().unwrap();
    assert!(deleted > revision(&made).parse().unwrap());
    assert!(words(&self::events(&api, &format!("resourceVersion={deleted}")).await).is_empty());
}

async fn a_bad_selector_is_refused(api: Api) {
    let answer = api.get("configmaps?watch=true&labelSelector=a%20b").await;
    answer.fails(400, "BadRequest", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
}
