//! Moving in: keys that were written by hand become an owner's own, as if it had always applied them.
//!
//! What `kubectl create` or `kubectl edit` wrote belongs to an Update manager, so that an apply of another value is a
//! conflict, and with force the keys that leave the document stay for ever. The API lets the entries of
//! `managedFields` be written: the fields move to the owner's Apply entry, locked to the resource version.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::{Map, Value as Json, json};

use super::managed_fields::ManagedFieldsEntry;
use super::plan::{Conflict, ObjectPlan};
use super::read::{object, path, unwritable};
use super::{Manager, Object, ObjectKind};
use crate::cluster::Cluster;
use crate::error::Result;

/// Programs with which people write keys by hand; a star stands for any end.
const BY_HAND: [&str; 3] = ["cluster-tools", "kubectl*", "mcpctl-set"];

/// What moves to an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Adoption {
    /// The keys, with those who held them.
    pub(super) keys: Vec<Conflict>,
    /// All entries of `managedFields` as they are to be.
    entries: Vec<Json>,
}

/// Whether a manager holds what somebody wrote by hand.
pub(super) fn is_by_hand(manager: &Manager) -> bool {
    manager.operation == super::Operation::Update && is_hand(&manager.name)
}

fn is_hand(name: &str) -> bool {
    BY_HAND.iter().any(|hand| match hand.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *hand,
    })
}

/// The object as it would be held after the adoption, and the adoption itself; `None` if nothing is held by hand.
pub(super) fn adopt(live: &Object, owner: &str) -> Option<(Object, Adoption)> {
    let mut keys: Vec<Conflict> = Vec::new();
    let mut moved = Map::new();
    let mut time = Json::Null;
    let mut entries = Vec::new();
    for entry in &live.managed_fields {
        let name = entry["manager"].as_str().unwrap_or_default();
        if entry["operation"] != "Update" || !entry["subresource"].is_null() || !is_hand(name) {
            entries.push(entry.clone());
            continue;
        }
        let mut rest = entry.clone();
        let taken = take(&mut rest["fieldsV1"], live.kind);
        for key in taken["f:data"].as_object().into_iter().chain(taken["f:binaryData"].as_object()).flat_map(Map::keys)
        {
            let key = key.strip_prefix("f:").unwrap_or(key);
            match keys.iter_mut().find(|known| known.key == key) {
                Some(known) => known.managers.push(name.to_owned()),
                None => keys.push(Conflict { key: key.to_owned(), managers: vec![name.to_owned()] }),
            }
        }
        if taken.as_object().is_some_and(|taken| !taken.is_empty()) {
            time = entry["time"].clone();
        }
        merge(&mut moved, taken);
        if rest["fieldsV1"].as_object().is_some_and(|fields| !fields.is_empty()) {
            entries.push(rest);
        }
    }
    if keys.is_empty() {
        return None;
    }
    keys.sort_by(|a, b| a.key.cmp(&b.key));
    let is_ours = |entry: &&mut Json| entry["manager"] == owner && entry["operation"] == "Apply";
    match entries.iter_mut().find(is_ours).and_then(|entry| entry["fieldsV1"].as_object_mut()) {
        Some(ours) => merge(ours, Json::Object(moved)),
        None => entries.push(json!({
            "manager": owner, "operation": "Apply", "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": moved,
        })),
    }
    let managers = entries.iter().filter_map(|entry| serde_json::from_value::<ManagedFieldsEntry>(entry.clone()).ok());
    let after = Object { managers: managers.map(Manager::from).collect(), ..live.clone() };
    Some((after, Adoption { keys, entries }))
}

/// Takes the fields out that mcpctl applies: data, the Secret's type, `immutable`, and the labels that every object of
/// ours has. Other labels and annotations stay with whoever wrote them.
fn take(fields: &mut Json, kind: ObjectKind) -> Json {
    let mut taken = Map::new();
    let Some(fields) = fields.as_object_mut() else { return Json::Object(taken) };
    // what was given as `stringData` is stored as `data`
    for (from, to) in [("f:data", "f:data"), ("f:stringData", "f:data"), ("f:binaryData", "f:binaryData")] {
        if let Some(Json::Object(mut keys)) = fields.remove(from) {
            // the map itself is nobody's: with it would go every key that no manager holds
            keys.remove(".");
            merge(&mut taken, json!({ to: keys }));
        }
    }
    for name in ["f:type", "f:immutable"] {
        taken.extend(fields.remove_entry(name));
    }
    if let Some(labels) = fields.get_mut("f:metadata").and_then(|metadata| metadata.get_mut("f:labels")) {
        let ours: Map<String, Json> = kind
            .labels()
            .keys()
            .filter_map(|label| labels.as_object_mut()?.remove_entry(&format!("f:{label}")))
            .collect();
        if !ours.is_empty() {
            merge(&mut taken, json!({ "f:metadata": { "f:labels": ours } }));
        }
    }
    fields.retain(|_, field| !is_bare(field));
    taken.retain(|name, field| matches!(name.as_str(), "f:type" | "f:immutable") || !is_bare(field));
    Json::Object(taken)
}

/// Whether a map of fields names none but itself.
fn is_bare(field: &Json) -> bool {
    field
        .as_object()
        .is_some_and(|fields| fields.iter().all(|(name, inner)| name == "." || (has_members(inner) && is_bare(inner))))
}

fn has_members(field: &Json) -> bool {
    field.as_object().is_some_and(|fields| !fields.is_empty())
}

fn merge(target: &mut Map<String, Json>, more: Json) {
    let Json::Object(more) = more else { return };
    for (name, field) in more {
        match target.get_mut(&name) {
            Some(Json::Object(known)) => merge(known, field),
            _ => {
                target.insert(name, field);
            }
        }
    }
}

/// What a server said to an adoption.
pub(super) enum Adopted {
    /// It is done; the object's new resource version.
    Done(String),
    /// The object is not what was read any more.
    Outdated,
}

/// Writes the entries.
///
/// # Errors
/// The server cannot be asked or says no.
pub(super) async fn send(cluster: &Cluster, plan: &ObjectPlan, adoption: &Adoption) -> Result<Adopted> {
    let version = plan.live.as_ref().map_or("", |live| live.resource_version.as_str());
    let patch = json!({ "metadata": { "managedFields": adoption.entries, "resourceVersion": version } });
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("fieldManager", &plan.desired.owner).finish();
    let request = Request::patch(format!("{}?{query}", path(plan.kind, &plan.namespace, &plan.name)))
        .header(CONTENT_TYPE, "application/merge-patch+json")
        .body(serde_json::to_vec(&patch).map_err(|_| unwritable())?)
        .map_err(|_| unwritable())?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => Ok(Adopted::Done(object(plan.kind, &answer)?.resource_version)),
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(Adopted::Outdated),
        _ => Err(cluster.refusal(&answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(managed_fields: &Json) -> Object {
        let live: super::super::live::Live = serde_json::from_value(json!({
            "metadata": {"name": "c", "namespace": "a", "resourceVersion": "7", "managedFields": managed_fields},
            "data": {"a": "1", "b": "2"},
        }))
        .unwrap();
        live.into_object(ObjectKind::ConfigMap, jiff::Timestamp::UNIX_EPOCH).unwrap()
    }

    fn entry(manager: &str, operation: &str, fields: &Json) -> Json {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
               "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    #[test]
    fn keys_and_our_labels_move_and_the_rest_stays() {
        let by_hand = entry(
            "kubectl-create",
            "Update",
            &json!({
                "f:data": {".": {}, "f:a": {}, "f:b": {}},
                "f:metadata": {
                    "f:annotations": {".": {}, "f:note": {}},
                    "f:labels": {".": {}, "f:app.kubernetes.io/managed-by": {}, "f:team": {}},
                },
            }),
        );
        let (after, adoption) = adopt(&live(&json!([by_hand])), "mcpctl:prod").unwrap();
        assert_eq!(adoption.keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(adoption.keys[0].managers, ["kubectl-create"]);
        assert_eq!(
            adoption.entries[0]["fieldsV1"],
            json!({"f:metadata": {"f:annotations": {".": {}, "f:note": {}}, "f:labels": {".": {}, "f:team": {}}}})
        );
        assert_eq!(
            adoption.entries[1]["fieldsV1"],
            json!({"f:data": {"f:a": {}, "f:b": {}},
                   "f:metadata": {"f:labels": {"f:app.kubernetes.io/managed-by": {}}}})
        );
        let ours = after.applied_by("mcpctl:prod").unwrap();
        assert_eq!(ours.keys.iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn entries_that_become_empty_go_and_an_own_one_is_added_to() {
        let fields = json!([
            entry("mcpctl:prod", "Apply", &json!({"f:data": {"f:a": {}}})),
            entry("kubectl-edit", "Update", &json!({"f:data": {"f:b": {}}, "f:metadata": {"f:labels": {".": {}}}})),
            entry("cluster-tools", "Update", &json!({"f:stringData": {"f:b": {}}})),
            entry("helm", "Update", &json!({"f:data": {"f:x": {}}})),
            entry("kubectl", "Apply", &json!({"f:data": {"f:y": {}}})),
        ]);
        let (_, adoption) = adopt(&live(&fields), "mcpctl:prod").unwrap();
        let names: Vec<&str> = adoption.entries.iter().map(|entry| entry["manager"].as_str().unwrap()).collect();
        assert_eq!(names, ["mcpctl:prod", "helm", "kubectl"]);
        assert_eq!(adoption.entries[0]["fieldsV1"], json!({"f:data": {"f:a": {}, "f:b": {}}}));
        assert_eq!(adoption.keys[0].managers, ["kubectl-edit", "cluster-tools"]);
    }

    #[test]
    fn without_keys_by_hand_nothing_is_adopted() {
        let fields = json!([
            entry("helm", "Update", &json!({"f:data": {"f:a": {}}})),
            entry("kubectl-label", "Update", &json!({"f:metadata": {"f:labels": {"f:team": {}}}})),
        ]);
        assert!(adopt(&live(&fields), "mcpctl:prod").is_none());
    }
}
