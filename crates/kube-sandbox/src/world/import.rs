//! A snapshot from the objects of a live cluster: every value is replaced; the fields that decide how programs treat the objects are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::World;
use super::snapshot::Snapshot;
use crate::error::Result;

/// The replacement for every value.
const REPLACED: &str = "replaced";

/// The metadata that is kept. Annotations are not: they contain whole objects with their values.
const METADATA: [&str; 9] = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "finalizers",
    "ownerReferences",
];
/// The fields of a pod's specification that are kept: no environment, arguments or volumes.
const SPEC: [&str; 4] = ["nodeName", "restartPolicy", "schedulerName", "terminationGracePeriodSeconds"];
const STATUS: [&str; 3] = ["phase", "reason", "startTime"];
const CONTAINER: [&str; 3] = ["name", "image", "restartPolicy"];
const CONTAINER_STATUS: [&str; 6] = ["name", "image", "imageID", "ready", "restartCount", "started"];
const CONDITION: [&str; 4] = ["type", "status", "reason", "lastTransitionTime"];

impl Snapshot {
    /// A snapshot of objects from a live cluster (pods, ConfigMaps, Secrets, Namespaces; others are skipped). It contains
    /// no value of a ConfigMap, Secret, environment variable or annotation: each is replaced. Until it is restored its
    /// objects do not grow older. `namespace` becomes the current one; `None` is `default`.
    ///
    /// # Errors
    /// An object without a name.
    ///
    /// ```
    /// use kube_sandbox::{Sandbox, Snapshot};
    /// use serde_json::json;
    ///
    /// let live = json!({"kind": "ConfigMap", "metadata": {"name": "app"}, "data": {"url": "https://example.com"}});
    /// let sandbox = Sandbox::from_snapshot(Snapshot::import(&[live], None)?)?;
    /// let copy = sandbox.objects().into_iter().find(|object| object["metadata"]["name"] == "app").unwrap();
    /// assert_eq!(copy["data"]["url"], "replaced");
    /// # Ok::<(), kube_sandbox::Error>(())
    /// ```
    pub fn import(objects: &[Value], namespace: Option<&str>) -> Result<Self> {
        let world = World::empty();
        for object in objects {
            let Some(clean) = cleaned(object) else { continue };
            for container in clean["spec"]["containers"].as_array().into_iter().flatten() {
                world.images().add(container["image"].as_str().unwrap_or_default());
            }
            world.insert(clean)?;
        }
        Ok(Self { taken: Some(world.now()), namespace: namespace.map(str::to_owned), ..world.snapshot() })
    }
}

/// An object without anything that could be a secret; `None` for a kind that the sandbox does not have.
fn cleaned(object: &Value) -> Option<Value> {
    let mut clean = json!({"kind": object["kind"], "metadata": picked(&object["metadata"], &METADATA)});
    match object["kind"].as_str()? {
        "Namespace" => {}
        "Pod" => {
            clean["spec"] = picked(&object["spec"], &SPEC);
            for list in ["containers", "initContainers"] {
                if object["spec"][list].is_array() {
                    clean["spec"][list] = each(&object["spec"][list], |container| picked(container, &CONTAINER));
                }
            }
            clean["status"] = pod_status(&object["status"]);
            if clean["status"]["phase"] == "Pending" {
                // its dependencies were not imported: it continues to wait
                clean["spec"]["schedulerName"] = "none".into();
            }
        }
        kind @ ("ConfigMap" | "Secret") => {
            let encoded = STANDARD.encode(REPLACED);
            clean["metadata"]["managedFields"] = object["metadata"]["managedFields"].clone();
            for (field, value) in
                [("data", if kind == "Secret" { &encoded } else { REPLACED }), ("binaryData", &encoded)]
            {
                if let Some(data) = object[field].as_object() {
                    clean[field] = data.keys().map(|key| (key.clone(), value.into())).collect::<Map<_, _>>().into();
                }
            }
            for field in ["type", "immutable"] {
                if let Some(value) = object.get(field) {
                    clean[field] = value.clone();
                }
            }
        }
        _ => return None,
    }
    Some(clean)
}

fn pod_status(status: &Value) -> Value {
    let mut clean = picked(status, &STATUS);
    clean["conditions"] = each(&status["conditions"], |condition| picked(condition, &CONDITION));
    for list in ["containerStatuses", "initContainerStatuses"] {
        if status[list].is_array() {
            clean[list] = each(&status[list], |container| {
                let mut clean = picked(container, &CONTAINER_STATUS);
                for field in ["state", "lastState"] {
                    clean[field] = container_state(&container[field]);
                }
                clean
            });
        }
    }
    clean
}

/// The termination message may be the last log lines, so only the kubelet's own message is kept.
fn container_state(state: &Value) -> Value {
    let mut clean = state.clone();
    if let Some(ended) = clean.get_mut("terminated").and_then(Value::as_object_mut) {
        ended.shift_remove("message");
    }
    if clean.is_null() { json!({}) } else { clean }
}

fn each(list: &Value, clean: impl Fn(&Value) -> Value) -> Value {
    list.as_array().into_iter().flatten().map(clean).collect()
}

fn picked(object: &Value, fields: &[&str]) -> Value {
    let kept = fields.iter().filter_map(|field| Some(((*field).to_owned(), object.get(*field)?.clone())));
    kept.collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_taken_along_and_every_key_is() {
        let pod = json!({
            "kind": "Pod",
            "metadata": {
                "name": "a", "namespace": "mcp", "labels": {"app": "x"}, "uid": "u", "annotations": {"k": "canary-1"},
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"containers": [{
                "name": "c", "image": "mcp/time", "env": [{"name": "T", "value": "canary-2"}], "args": ["canary-3"],
                "command": ["canary-4"],
            }]},
            "status": {"phase": "Failed", "message": "canary-5", "containerStatuses": [{
                "name": "c", "restartCount": 3,
                "state": {"terminated": {"exitCode": 1, "message": "canary-6"}}, "lastState": {},
            }]},
        });
        let secret = json!({
            "kind": "Secret", "metadata": {"name": "s", "namespace": "mcp"}, "type": "Opaque",
            "data": {"grafana.api_key": STANDARD.encode("canary-7")},
        });
        let config = json!({
            "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "mcp"},
            "data": {"grafana.url": "canary-8"}, "binaryData": {"logo": STANDARD.encode("canary-9")},
        });
        let text = serde_json::to_string(&Snapshot::import(&[pod, secret, config], None).unwrap()).unwrap();
        assert!(!text.contains("canary") && !text.contains(&STANDARD.encode("canary-7")), "{text}");
        for kept in ["grafana.api_key", "grafana.url", "logo", "mcp/time", "2026-01-01T00:00:00Z", "\"u\""] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
    }
}
