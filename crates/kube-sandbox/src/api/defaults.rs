//! Values that the server sets when an object is created.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::resource::{Key, Resource};
use crate::object::{metadata, new_uid, set_metadata};
use crate::world::clock::rfc3339;

/// The letters of generated names, which cannot form words (`k8s.io/apimachinery/pkg/util/rand`).
const NAME_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Generates a name from `generateName`, if there is no name.
pub(crate) fn generate_name(object: &mut Value) {
    let prefix = metadata(object, "generateName").to_owned();
    if metadata(object, "name").is_empty() && !prefix.is_empty() {
        let prefix: String = prefix.chars().take(58).collect();
        let suffix: String = (0..5).map(|_| char::from(NAME_LETTERS[fastrand::usize(..NAME_LETTERS.len())])).collect();
        set_metadata(object, "name", format!("{prefix}{suffix}").into());
    }
}

/// Fills a new object's metadata.
pub(crate) fn identity(key: &Key, object: &mut Value, now: Timestamp) {
    set_metadata(object, "name", key.name.clone().into());
    if key.resource.namespaced() {
        set_metadata(object, "namespace", key.namespace.clone().into());
    }
    set_metadata(object, "uid", new_uid().into());
    set_metadata(object, "creationTimestamp", rfc3339(now).into());
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for name in ["resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            metadata.shift_remove(name);
        }
    }
    match key.resource {
        Resource::Namespaces => {
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = key.name.clone().into();
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        Resource::Pods => {
            set_metadata(object, "generation", 1.into());
            object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
        }
        Resource::ConfigMaps | Resource::Secrets => {}
    }
}

/// Sets a kind's defaults in new and changed objects.
pub(crate) fn fill(resource: Resource, object: &mut Value) {
    match resource {
        Resource::Secrets => {
            encode_string_data(object);
            or_insert(object, "type", json!("Opaque"));
        }
        Resource::Pods => {
            if let Some(spec) = object.get_mut("spec") {
                pod_spec(spec);
            }
        }
        Resource::Namespaces | Resource::ConfigMaps => {}
    }
}

/// The changes of admission to a new pod; they belong to no manager.
pub(crate) fn admit(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").filter(|s| s.is_object()) else { return };
    or_insert(spec, "serviceAccountName", json!("default"));
    spec["serviceAccount"] = spec["serviceAccountName"].clone();
    or_insert(spec, "priority", json!(0));
    or_insert(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    let toleration =
        |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    or_insert(
        spec,
        "tolerations",
        json!([toleration("node.kubernetes.io/not-ready"), toleration("node.kubernetes.io/unreachable")]),
    );
}

fn pod_spec(spec: &mut Value) {
    for (name, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
        ("enableServiceLinks", json!(true)),
    ] {
        or_insert(spec, name, value);
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let last = image.rsplit('/').next().unwrap_or_default();
            let always = !last.contains('@') && (!last.contains(':') || last.ends_with(":latest"));
            or_insert(container, "resources", json!({}));
            or_insert(container, "terminationMessagePath", json!("/dev/termination-log"));
            or_insert(container, "terminationMessagePolicy", json!("File"));
            or_insert(container, "imagePullPolicy", json!(if always { "Always" } else { "IfNotPresent" }));
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                or_insert(port, "protocol", json!("TCP"));
            }
        }
    }
}

/// `stringData` is only an input: its entries go into `data`, in base64.
fn encode_string_data(object: &mut Value) {
    use base64::Engine as _;
    let Some(map) = object.as_object_mut() else { return };
    let Some(Value::Object(texts)) = map.shift_remove("stringData") else { return };
    let data = map.entry("data").or_insert_with(|| Value::Object(Map::new()));
    for (key, text) in texts {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text.as_str().unwrap_or_default());
        data[&key] = encoded.into();
    }
}

fn or_insert(object: &mut Value, name: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        match map.get(name) {
            Some(Value::Null) | None => {
                map.insert(name.to_owned(), value);
            }
            Some(_) => {}
        }
    }
}

/// Sorts an object as the server writes it: metadata first, free keys by name.
pub(crate) fn order(object: &mut Value) {
    const ORDER: [&str; 14] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
    ];
    let Some(map) = object.as_object_mut() else { return };
    if let Some(Value::Object(mut metadata)) = map.shift_remove("metadata") {
        let mut ordered = Map::new();
        for name in ORDER {
            if let Some(mut value) = metadata.shift_remove(name) {
                if matches!(name, "labels" | "annotations") {
                    value.sort_all_objects();
                }
                ordered.insert(name.to_owned(), value);
            }
        }
        map.shift_insert(0, "metadata".to_owned(), Value::Object(ordered));
    }
    for name in ["data", "binaryData"] {
        if let Some(data) = map.get_mut(name) {
            data.sort_all_objects();
        }
    }
    if let Some(status) = map.shift_remove("status") {
        map.insert("status".to_owned(), status);
    }
}
