//! Compares what an object should be with what it is. Pure: nothing is sent.

use std::collections::BTreeMap;

use super::adopt::adopt;
use super::plan::{Conflict, Desired, LabelLeft, Leftovers, ObjectPlan, PlannedResult, Sent};
use super::{Manager, Object, ObjectKind, Value, checks};
use crate::error::{Error, Kind, Result};
use crate::record::KeyChange;

/// Plans against what is there.
pub(super) fn against(desired: Desired, namespace: String, live: Option<Object>) -> Result<ObjectPlan> {
    let Some(live) = live else { return new(desired, namespace) };
    if desired.create_only {
        let what = Object::described(desired.kind, &namespace, &desired.name);
        return Err(Error::new(Kind::Exists, format!("{what} exists already"))
            .object(format!("{}/{}", desired.kind.name(), desired.name))
            .hint(format!("`mcpctl populate-{}` changes it; or choose another name", desired.kind.name())));
    }
    let adopted = if desired.adopt { adopt(&live, &desired.owner) } else { None };
    let (live, adoption) = adopted.map_or((live, None), |(after, adoption)| (after, Some(adoption)));
    let nobody = Manager::applier(&desired.owner);
    let ours = live.applied_by(&desired.owner).unwrap_or(&nobody);
    let (sent, kept) = to_send(&desired, &live, ours);
    let keys = key_changes(&sent, &live, ours);
    checks::check_size(desired.kind, &desired.name, merged(&sent, &live, &keys))?;
    let mut plan = ObjectPlan::empty(desired, namespace, sent, None);
    plan.keys = keys;
    plan.kept = kept;
    let owner = plan.desired.owner.as_str();
    plan.labels_left = labels_left(&plan.desired, &live, owner);
    for left in &plan.labels_left {
        plan.sent.labels.remove(&left.label);
    }
    plan.labels = label_changes(&plan.sent, &live, ours);
    plan.conflicts = conflicts(&plan.keys, &live, owner);
    if live.immutable && !plan.keys.is_empty() {
        return Err(immutable(&plan));
    }
    let equal = plan.keys.is_empty() && plan.labels.is_empty();
    let held = ours.keys.iter().eq(plan.sent.data.keys())
        && ours.labels.iter().eq(plan.sent.labels.keys())
        && ours.secret_type == plan.sent.secret_type.is_some();
    let unchanged = equal && held && adoption.is_none();
    plan.ownership_only = equal && !unchanged;
    plan.result = if unchanged { PlannedResult::Unchanged } else { PlannedResult::Configured };
    plan.adopted = adoption.as_ref().map_or_else(Vec::new, |adoption| adoption.keys.clone());
    plan.adoption = adoption;
    plan.live = Some(live);
    Ok(plan)
}

fn new(desired: Desired, namespace: String) -> Result<ObjectPlan> {
    checks::check_size(desired.kind, &desired.name, &desired.data)?;
    let sent = Sent {
        data: desired.data.clone(),
        labels: all_labels(&desired),
        secret_type: (desired.kind == ObjectKind::Secret).then(|| "Opaque".to_owned()),
        immutable: false,
    };
    let mut plan = ObjectPlan::empty(desired, namespace, sent, None);
    plan.result = PlannedResult::Created;
    plan.keys = plan.sent.data.keys().cloned().map(KeyChange::Added).collect();
    plan.labels = plan.sent.labels.keys().cloned().map(KeyChange::Added).collect();
    Ok(plan)
}

pub(super) fn all_labels(desired: &Desired) -> BTreeMap<String, String> {
    let mut labels = desired.labels.clone();
    labels.extend(desired.kind.labels());
    labels
}

/// The fields to send, and which of the keys are live ones that the document does not hold.
fn to_send(desired: &Desired, live: &Object, ours: &Manager) -> (Sent, Vec<String>) {
    let stays = |key: &String| match &desired.leftovers {
        Leftovers::Remove => false,
        Leftovers::KeepAllBut(keys) => !keys.contains(key),
        Leftovers::KeepThese(keys) => keys.contains(key),
    };
    let mut data = desired.data.clone();
    let mut kept = Vec::new();
    for key in ours.keys.iter().filter(|key| !desired.data.contains_key(*key) && stays(key)) {
        if let Some(value) = live.data.get(key) {
            data.insert(key.clone(), value.clone());
            kept.push(key.clone());
        }
    }
    let sent = Sent {
        data,
        labels: all_labels(desired),
        // A type is never changed, so the live one is sent.
        secret_type: (desired.kind == ObjectKind::Secret).then(|| live.secret_type.clone()),
        // Whoever made it immutable must go on saying so.
        immutable: ours.immutable && live.immutable,
    };
    (sent, kept)
}

fn key_changes(sent: &Sent, live: &Object, ours: &Manager) -> Vec<KeyChange> {
    let mut changes = Vec::new();
    for (key, value) in &sent.data {
        match live.data.get(key) {
            None => changes.push(KeyChange::Added(key.clone())),
            Some(old) if old != value => changes.push(KeyChange::Changed(key.clone())),
            Some(_) => {}
        }
    }
    let leaving = ours.keys.iter().filter(|key| !sent.data.contains_key(*key) && live.data.contains_key(*key));
    for key in leaving {
        let shared = live.others(&ours.name, |manager| manager.keys.contains(key)).next().is_some();
        if !shared {
            changes.push(KeyChange::Removed(key.clone()));
        }
    }
    changes
}

/// The object's data as it would be.
fn merged<'a>(sent: &'a Sent, live: &'a Object, keys: &'a [KeyChange]) -> BTreeMap<&'a String, &'a Value> {
    let mut all: BTreeMap<&String, &Value> = live.data.iter().collect();
    all.extend(&sent.data);
    for change in keys {
        if let KeyChange::Removed(key) = change {
            all.remove(key);
        }
    }
    all
}

fn labels_left(desired: &Desired, live: &Object, owner: &str) -> Vec<LabelLeft> {
    let differs = |(label, value): (&String, &String)| {
        let held = live.labels.get(label).filter(|held| *held != value)?;
        let managers: Vec<String> =
            live.others(owner, |manager| manager.labels.contains(label)).map(ToString::to_string).collect();
        (!managers.is_empty()).then(|| LabelLeft { label: label.clone(), value: held.clone(), managers })
    };
    all_labels(desired).iter().filter_map(differs).collect()
}

fn label_changes(sent: &Sent, live: &Object, ours: &Manager) -> Vec<KeyChange> {
    let mut changes = Vec::new();
    for (label, value) in &sent.labels {
        match live.labels.get(label) {
            None => changes.push(KeyChange::Added(label.clone())),
            Some(old) if old != value => changes.push(KeyChange::Changed(label.clone())),
            Some(_) => {}
        }
    }
    for label in ours.labels.iter().filter(|label| !sent.labels.contains_key(*label)) {
        let shared = live.others(&ours.name, |manager| manager.labels.contains(label)).next().is_some();
        if !shared && live.labels.contains_key(label) {
            changes.push(KeyChange::Removed(label.clone()));
        }
    }
    changes
}

fn conflicts(keys: &[KeyChange], live: &Object, owner: &str) -> Vec<Conflict> {
    let held = |change: &KeyChange| {
        let KeyChange::Changed(key) = change else { return None };
        let managers: Vec<String> =
            live.others(owner, |manager| manager.keys.contains(key)).map(ToString::to_string).collect();
        (!managers.is_empty()).then(|| Conflict { key: key.clone(), managers })
    };
    keys.iter().filter_map(held).collect()
}

fn immutable(plan: &ObjectPlan) -> Error {
    let (kind, name) = (plan.kind.name(), &plan.name);
    Error::invalid(format!("{} is immutable", Object::described(plan.kind, &plan.namespace, name)))
        .cause("its data differs from what is wanted, and can never change")
        .object(format!("{kind}/{name}"))
        .hint(format!("use another name (for `provision`: `{}`)", plan.kind.name_option()))
        .hint(format!("or delete it first: `kubectl delete {kind} {name} -n {}`", plan.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};
    use std::collections::BTreeSet;

    const OWNER: &str = "mcpctl:prod";

    fn live(data: &Json, managers: &Json) -> Object {
        let labels = ObjectKind::ConfigMap.labels();
        let live: super::super::live::Live = serde_json::from_value(json!({
            "metadata": {"name": "c", "namespace": "a", "resourceVersion": "7", "labels": labels,
                         "managedFields": managers},
            "data": data,
        }))
        .unwrap();
        live.into_object(ObjectKind::ConfigMap, jiff::Timestamp::UNIX_EPOCH).unwrap()
    }

    fn held(manager: &str, operation: &str, keys: &[&str], with_labels: bool) -> Json {
        let fields: serde_json::Map<String, Json> = keys.iter().map(|key| (format!("f:{key}"), json!({}))).collect();
        let labels: serde_json::Map<String, Json> = ObjectKind::ConfigMap
            .labels()
            .keys()
            .filter(|_| with_labels)
            .map(|label| (format!("f:{label}"), json!({})))
            .collect();
        json!({"manager": manager, "operation": operation,
               "fieldsV1": {"f:data": fields, "f:metadata": {"f:labels": labels}}})
    }

    fn ours(keys: &[&str]) -> Json {
        held(OWNER, "Apply", keys, true)
    }

    fn desired(data: &[(&str, &str)]) -> Desired {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), Value::Text((*value).to_owned()))).collect();
        Desired::new(ObjectKind::ConfigMap, "c", OWNER, data)
    }

    fn planned(desired: Desired, live: Object) -> ObjectPlan {
        against(desired, "a".to_owned(), Some(live)).unwrap()
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

    #[test]
    fn unchanged_needs_equal_values_and_exactly_our_fields() {
        let plan = planned(desired(&[("k", "1")]), live(&json!({"k": "1"}), &json!([ours(&["k"])])));
        assert_eq!(plan.result, PlannedResult::Unchanged);
        let plan = planned(desired(&[("k", "1")]), live(&json!({"k": "1"}), &json!([])));
        assert_eq!((plan.result, plan.ownership_only), (PlannedResult::Configured, true));
        let by_post = json!([held(OWNER, "Update", &["k"], true)]);
        let plan = planned(desired(&[("k", "1")]), live(&json!({"k": "1"}), &by_post));
        assert_eq!((plan.result, plan.ownership_only), (PlannedResult::Configured, true));
        let plan = planned(desired(&[("k", "2")]), live(&json!({"k": "1"}), &json!([ours(&["k"])])));
        assert_eq!((plan.keys, plan.ownership_only), (vec![changed("k")], false));
    }

    #[test]
    fn keys_that_leave_go_but_for_those_that_others_hold_too() {
        let managers = json!([ours(&["k", "old", "shared"]), held("b", "Apply", &["shared"], false)]);
        let plan = planned(
            desired(&[("k", "1"), ("new", "1")]),
            live(&json!({"k": "1", "old": "1", "shared": "1"}), &managers),
        );
        assert_eq!(plan.keys, [added("new"), removed("old")]);
        assert!(plan.kept.is_empty() && plan.conflicts.is_empty());
    }

    #[test]
    fn leftovers_are_kept_with_their_live_values_and_named() {
        let managers = json!([ours(&["a", "b", "k"])]);
        let object = || live(&json!({"k": "1", "a": "1", "b": "2", "foreign": "3"}), &managers);
        let mut wanted = desired(&[("k", "1")]);
        wanted.leftovers = Leftovers::KeepAllBut(BTreeSet::new());
        let plan = planned(wanted.clone(), object());
        assert_eq!(
            (plan.kept.as_slice(), plan.result),
            (["a".to_owned(), "b".to_owned()].as_slice(), PlannedResult::Unchanged)
        );
        assert_eq!(plan.sent.data["b"], Value::Text("2".to_owned()));
        assert!(!plan.sent.data.contains_key("foreign"));
        wanted.leftovers = Leftovers::KeepThese(BTreeSet::from(["a".to_owned(), "foreign".to_owned()]));
        let plan = planned(wanted, object());
        assert_eq!(
            (plan.kept.as_slice(), plan.keys.as_slice()),
            (["a".to_owned()].as_slice(), [removed("b")].as_slice())
        );
    }

    #[test]
    fn a_key_of_others_with_another_value_is_a_conflict_and_an_equal_one_is_shared() {
        let managers =
            json!([held("kubectl-create", "Update", &["k", "same"], false), held(OWNER, "Update", &["k"], false)]);
        let plan = planned(desired(&[("k", "2"), ("same", "1")]), live(&json!({"k": "1", "same": "1"}), &managers));
        let conflict = Conflict { key: "k".to_owned(), managers: vec!["kubectl-create".to_owned(), OWNER.to_owned()] };
        assert_eq!(plan.conflicts, [conflict]);
        assert_eq!(plan.keys, [changed("k")]);
    }

    #[test]
    fn a_label_of_others_is_left_and_named_and_an_own_one_is_changed() {
        let mut object = live(&json!({"k": "1"}), &json!([ours(&["k"]), held("helm", "Apply", &[], true)]));
        object.labels.insert("app.kubernetes.io/managed-by".to_owned(), "helm".to_owned());
        let plan = planned(desired(&[("k", "1")]), object.clone());
        assert_eq!(plan.labels_left.len(), 1);
        assert_eq!(
            (plan.labels_left[0].value.as_str(), plan.labels_left[0].managers.as_slice()),
            ("helm", ["helm".to_owned()].as_slice())
        );
        assert!(!plan.sent.labels.contains_key("app.kubernetes.io/managed-by"));
        object.managers.retain(|manager| manager.name != "helm");
        let plan = planned(desired(&[("k", "1")]), object);
        assert_eq!(plan.labels, [changed("app.kubernetes.io/managed-by")]);
        assert!(plan.labels_left.is_empty());
    }

    #[test]
    fn an_immutable_object_may_change_hands_but_not_data() {
        let mut object = live(&json!({"k": "1"}), &json!([]));
        object.immutable = true;
        assert!(planned(desired(&[("k", "1")]), object.clone()).ownership_only);
        let error = against(desired(&[("k", "2")]), "a".to_owned(), Some(object)).unwrap_err();
        assert_eq!(error.message, "configmap `c` in namespace `a` is immutable");
        assert_eq!(error.hints.len(), 2);
    }

    #[test]
    fn create_only_and_absence() {
        let mut wanted = desired(&[("k", "1")]);
        wanted.create_only = true;
        let error = against(wanted.clone(), "a".to_owned(), Some(live(&json!({}), &json!([])))).unwrap_err();
        assert_eq!(error.kind, Kind::Exists);
        let plan = against(wanted, "a".to_owned(), None).unwrap();
        assert_eq!((plan.result, plan.keys), (PlannedResult::Created, vec![added("k")]));
        assert_eq!(plan.sent.secret_type, None);
    }

    #[test]
    fn a_plan_is_within_another_if_it_does_nothing_else() {
        let shown = planned(desired(&[("k", "2"), ("n", "1")]), live(&json!({"k": "1"}), &json!([ours(&["k"])])));
        let less = planned(desired(&[("k", "2"), ("n", "1")]), live(&json!({"k": "2"}), &json!([ours(&["k"])])));
        assert!(less.is_within(&shown) && !shown.is_within(&less));
    }
}
