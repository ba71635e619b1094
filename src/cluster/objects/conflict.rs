//! Keys that another owner holds: found in a plan, or told by the server.

use std::collections::BTreeMap;

use kube::core::Status;

use super::plan::Conflict;
use super::{Object, ObjectPlan, SETTER, adopt};
use crate::error::{Error, Kind};

/// The reason of a cause that names a conflicting field.
const FIELD_CONFLICT: &str = "FieldManagerConflict";

/// The conflicts of a server's answer; empty if it is no such conflict. The causes are read, not the message,
/// which has one form for one conflict and another for more.
pub(super) fn told(status: &Status) -> Vec<Conflict> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for cause in causes.filter(|cause| cause.reason == FIELD_CONFLICT) {
        let manager = cause.message.split('"').nth(1).unwrap_or("another manager").to_owned();
        found.entry(key(&cause.field)).or_default().push(manager);
    }
    found.into_iter().map(|(key, managers)| Conflict { key, managers }).collect()
}

/// The key in a field's path: `.data.grafana.url` is `grafana.url`.
fn key(field: &str) -> String {
    let prefixes = [".data.", ".binaryData.", ".metadata.labels.", "."];
    let stripped = prefixes.iter().find_map(|prefix| field.strip_prefix(prefix));
    stripped.unwrap_or(field).to_owned()
}

/// The error of keys that others hold.
pub(super) fn error(plan: &ObjectPlan, conflicts: &[Conflict]) -> Error {
    let what = Object::described(plan.kind, &plan.namespace, &plan.name);
    let message = match conflicts {
        [one] => format!("key `{}` of {what} belongs to {}", one.key, quoted(&one.managers)),
        more => format!("{} keys of {what} belong to others", more.len()),
    };
    let mut error = Error::new(Kind::Conflict, message).object(format!("{}/{}", plan.kind.name(), plan.name));
    if conflicts.len() > 1 {
        for conflict in conflicts {
            error = error.detail(format!("`{}`: {}", conflict.key, quoted(&conflict.managers)));
        }
    }
    if conflicts.iter().any(|conflict| conflict.managers.iter().any(|manager| manager == SETTER)) {
        error = error.hint(format!(
            "`{SETTER}` is a value set by `set-secret` or a script: the same value in the env file settles it"
        ));
    }
    error = error.hint(format!(
        "another name (for `provision`: `{}`) or another base leaves them alone",
        plan.kind.name_option()
    ));
    let by_hand = by_hand(plan, conflicts);
    if !by_hand.is_empty() {
        let hint = format!("`--adopt` makes what {} wrote this owner's own, after it has listed it", quoted(&by_hand));
        error = error.hint(hint);
    }
    error.hint("`--force-conflicts` takes the keys over, after it has listed them")
}

/// The error of a plan with keys that others hold, before anything is sent.
#[must_use]
pub fn refuse_conflicts(plan: &ObjectPlan) -> Error {
    error(plan, &plan.conflicts)
}

/// Those of the conflicts' managers that hold what was written by hand.
fn by_hand(plan: &ObjectPlan, conflicts: &[Conflict]) -> Vec<String> {
    let managers = plan.live.iter().flat_map(|live| &live.managers).filter(|manager| adopt::is_by_hand(manager));
    let concerned = managers.filter(|manager| conflicts.iter().any(|conflict| manager.keys.contains(&conflict.key)));
    let mut names: Vec<String> = concerned.map(|manager| manager.name.clone()).collect();
    names.dedup();
    names
}

fn quoted(managers: &[String]) -> String {
    managers.iter().map(|manager| format!("`{manager}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn causes_name_key_and_manager() {
        let status: Status = serde_json::from_value(json!({
            "code": 409, "reason": "Conflict", "message": "Apply failed with 2 conflicts: …",
            "details": {"causes": [
                {"reason": "FieldManagerConflict", "message": "conflict with \"mcpctl:b\" using v1", "field": ".data.grafana.url"},
                {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-create\"", "field": ".data.g"},
            ]},
        }))
        .unwrap();
        let conflicts = told(&status);
        assert_eq!(conflicts.len(), 2);
        assert_eq!((conflicts[1].key.as_str(), conflicts[1].managers[0].as_str()), ("grafana.url", "mcpctl:b"));
        let status: Status = serde_json::from_value(json!({"code": 409, "reason": "Conflict"})).unwrap();
        assert!(told(&status).is_empty());
    }
}
