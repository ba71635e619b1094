//! What admission made of an object: how the server's answer differs from what was sent, and whether an apply changed
//! anything at all. Names only, never a value.

use std::collections::BTreeMap;

use super::plan::{ObjectPlan, Sent};
use super::{Manager, Object};
use crate::record::KeyChange;

/// What the answer has other than what was sent: what webhooks and policies of the cluster added, changed or dropped.
/// `live` is the object as it was before.
pub(super) fn differences(sent: &Sent, live: Option<&Object>, after: &Object) -> Vec<String> {
    let none = BTreeMap::new();
    let mut found = against("key", &sent.data, live.map_or(&BTreeMap::new(), |live| &live.data), &after.data);
    found.extend(against("label", &sent.labels, live.map_or(&none, |live| &live.labels), &after.labels));
    found.extend(against("annotation", &none, live.map_or(&none, |live| &live.annotations), &after.annotations));
    found
}

fn against<V: PartialEq>(
    what: &str,
    sent: &BTreeMap<String, V>,
    before: &BTreeMap<String, V>,
    after: &BTreeMap<String, V>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in sent {
        match after.get(name) {
            None => found.push(format!("dropped {what} `{name}`")),
            Some(stored) if stored != value => found.push(format!("changed {what} `{name}`")),
            Some(_) => {}
        }
    }
    for (name, value) in after.iter().filter(|(name, _)| !sent.contains_key(*name)) {
        match before.get(name) {
            None => found.push(format!("added {what} `{name}`")),
            Some(old) if old != value => found.push(format!("changed {what} `{name}`")),
            Some(_) => {}
        }
    }
    found
}

/// Whether an apply left the object as it was: same data, labels, annotations and type, and the same fields of the owner.
pub(super) fn is_same(plan: &ObjectPlan, after: &Object) -> bool {
    let Some(live) = &plan.live else { return false };
    let owner = plan.desired.owner.as_str();
    let fields = |object: &Object| object.applied_by(owner).map(|own| (own.keys.clone(), own.labels.clone()));
    live.data == after.data
        && live.labels == after.labels
        && live.annotations == after.annotations
        && live.secret_type == after.secret_type
        && live.immutable == after.immutable
        && fields(live) == fields(after)
}

/// Whether all that a plan would change are fields that the owner holds already. Admission that changes what is applied
/// leaves just that behind, so only the server can say whether anything would change.
pub(super) fn may_explain(plan: &ObjectPlan) -> bool {
    let Some(live) = &plan.live else { return false };
    let nothing = Manager::applier(&plan.desired.owner);
    let ours = live.applied_by(&plan.desired.owner).unwrap_or(&nothing);
    let name = |change: &KeyChange| match change {
        KeyChange::Added(name) | KeyChange::Changed(name) | KeyChange::Removed(name) => name.clone(),
    };
    let any = !plan.keys.is_empty() || !plan.labels.is_empty();
    any && plan.conflicts.is_empty()
        && plan.adoption.is_none()
        && plan.keys.iter().all(|change| ours.keys.contains(&name(change)))
        && plan.labels.iter().all(|change| ours.labels.contains(&name(change)))
}

#[cfg(test)]
mod tests {
    use super::super::{ObjectKind, Value};
    use super::*;
    use serde_json::{Value as Json, json};

    fn object(data: &Json, labels: &Json, annotations: &Json) -> Object {
        let live: super::super::live::Live = serde_json::from_value(json!({
            "metadata": {"name": "c", "labels": labels, "annotations": annotations}, "data": data,
        }))
        .unwrap();
        live.into_object(ObjectKind::ConfigMap, jiff::Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn what_admission_did_is_told_by_name() {
        let none = json!({});
        let sent = Sent {
            data: [("a".to_owned(), Value::Text("1".to_owned()))].into(),
            labels: [("l".to_owned(), "v".to_owned())].into(),
            ..Sent::default()
        };
        type Row = (&'static str, Json, Json, Json, Option<(Json, Json, Json)>, &'static [&'static str]);
        let table: [Row; 10] = [
            ("as sent", json!({"a": "1"}), json!({"l": "v"}), none.clone(), None, &[]),
            ("a key", json!({"a": "1", "b": "x"}), json!({"l": "v"}), none.clone(), None, &["added key `b`"]),
            ("a value", json!({"a": "1/"}), json!({"l": "v"}), none.clone(), None, &["changed key `a`"]),
            ("a key less", json!({}), json!({"l": "v"}), none.clone(), None, &["dropped key `a`"]),
            ("a label", json!({"a": "1"}), json!({"l": "v", "team": "x"}), none.clone(), None, &["added label `team`"]),
            ("a label's value", json!({"a": "1"}), json!({"l": "V"}), none.clone(), None, &["changed label `l`"]),
            ("a label less", json!({"a": "1"}), none.clone(), none.clone(), None, &["dropped label `l`"]),
            ("an annotation", json!({"a": "1"}), json!({"l": "v"}), json!({"n": "1"}), None, &["added annotation `n`"]),
            (
                "another's key that was there",
                json!({"a": "1", "b": "x"}),
                json!({"l": "v"}),
                none.clone(),
                Some((json!({"b": "x"}), none.clone(), none.clone())),
                &[],
            ),
            (
                "another's key that it changed",
                json!({"a": "1", "b": "y"}),
                json!({"l": "v"}),
                json!({"n": "2"}),
                Some((json!({"b": "x"}), none.clone(), json!({"n": "1"}))),
                &["changed key `b`", "changed annotation `n`"],
            ),
        ];
        for (name, data, labels, annotations, live, expected) in table {
            let live = live.map(|(data, labels, annotations)| object(&data, &labels, &annotations));
            let after = object(&data, &labels, &annotations);
            assert_eq!(differences(&sent, live.as_ref(), &after), expected, "{name}");
        }
    }
}
