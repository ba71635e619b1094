//! Validation: names, labels, keys, sizes, and immutable fields.

use serde_json::Value;

use super::names;
use super::resource::{Key, Resource};
use crate::http::status::Cause;
use crate::object::metadata;

/// The size limit of all values of a ConfigMap or Secret together, in bytes.
const DATA_LIMIT: usize = 1 << 20;

/// The errors of an object, new or changed.
pub(crate) fn object(key: &Key, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    common(key, object, &mut causes);
    match key.resource {
        Resource::ConfigMaps => data(object, &["data", "binaryData"], "[]", &mut causes),
        Resource::Secrets => data(object, &["data"], "data", &mut causes),
        Resource::Pods => pod(&object["spec"], &mut causes),
        Resource::Namespaces => {}
    }
    causes
}

/// The errors of a change.
pub(crate) fn change(resource: Resource, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if resource == Resource::Secrets && old["type"] != new["type"] {
        causes.push(Cause::invalid("type", &new["type"], "field is immutable"));
    }
    if matches!(resource, Resource::ConfigMaps | Resource::Secrets) && old["immutable"] == true {
        const WHY: &str = "field is immutable when `immutable` is set";
        if new["immutable"] != true {
            causes.push(Cause::forbidden("immutable", WHY));
        }
        for field in ["data", "binaryData"] {
            if old[field] != new[field] {
                causes.push(Cause::forbidden(field, WHY));
            }
        }
    }
    if resource == Resource::Pods && fixed_spec(old) != fixed_spec(new) {
        causes.push(Cause::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
             `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ));
    }
    causes
}

fn common(key: &Key, object: &Value, causes: &mut Vec<Cause>) {
    let reasons = match key.resource {
        Resource::Namespaces => names::dns_label(&key.name),
        _ => names::subdomain(&key.name),
    };
    if key.name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        let name = Value::from(key.name.as_str());
        causes.extend(reasons.iter().map(|why| Cause::invalid("metadata.name", &name, why)));
    }
    let texts = |field: &str| object["metadata"][field].as_object().cloned().unwrap_or_default();
    for (label, value) in texts("labels") {
        let reasons = names::label_key(&label);
        causes.extend(reasons.iter().map(|why| Cause::invalid("metadata.labels", &label.as_str().into(), why)));
        let reasons = names::label_value(value.as_str().unwrap_or_default());
        causes.extend(reasons.iter().map(|why| Cause::invalid("metadata.labels", &value, why)));
    }
    let mut size = 0;
    for (annotation, value) in texts("annotations") {
        let reasons = names::label_key(&annotation.to_lowercase());
        let shown = Value::from(annotation.as_str());
        causes.extend(reasons.iter().map(|why| Cause::invalid("metadata.annotations", &shown, why)));
        size += annotation.len() + value.as_str().map_or(0, str::len);
    }
    if size > 256 << 10 {
        causes.push(Cause::too_long("metadata.annotations", 256 << 10));
    }
}

fn data(object: &Value, fields: &[&str], whole: &str, causes: &mut Vec<Cause>) {
    let mut size = 0;
    for field in fields {
        for (key, value) in object[*field].as_object().into_iter().flatten() {
            let place = format!("{field}[{key}]");
            let shown = Value::from(key.as_str());
            causes.extend(names::config_key(key).iter().map(|why| Cause::invalid(&place, &shown, why)));
            let text = value.as_str().unwrap_or_default();
            size += if whole == "data" || *field == "binaryData" { decoded_size(text) } else { text.len() };
        }
    }
    if size > DATA_LIMIT {
        causes.push(Cause::too_long(whole, DATA_LIMIT));
    }
}

/// The decoded size of a base64 string, in bytes.
fn decoded_size(text: &str) -> usize {
    let letters = text.bytes().filter(|b| !matches!(b, b'=' | b'\r' | b'\n')).count();
    letters * 3 / 4
}

fn pod(spec: &Value, causes: &mut Vec<Cause>) {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        causes.push(Cause::required("spec.containers", ""));
        return;
    }
    for (index, container) in containers.iter().enumerate() {
        let place = format!("spec.containers[{index}]");
        match container["name"].as_str().unwrap_or_default() {
            "" => causes.push(Cause::required(format!("{place}.name"), "")),
            name => causes.extend(
                names::dns_label(name)
                    .iter()
                    .map(|why| Cause::invalid(format!("{place}.name"), &container["name"], why)),
            ),
        }
        if container["image"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{place}.image"), ""));
        }
    }
    const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
    if !spec["restartPolicy"].as_str().is_some_and(|policy| POLICIES.contains(&policy)) {
        causes.push(Cause::unsupported("spec.restartPolicy", &spec["restartPolicy"], &POLICIES));
    }
}

/// The part of a pod's spec that never changes.
fn fixed_spec(pod: &Value) -> Value {
    let mut spec = pod["spec"].clone();
    if let Some(map) = spec.as_object_mut() {
        for name in ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"] {
            map.shift_remove(name);
        }
        for list in ["containers", "initContainers"] {
            for container in map.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(container) = container.as_object_mut() {
                    container.shift_remove("image");
                }
            }
        }
    }
    spec
}

/// Why the object of an update or apply is not the stored one: another UID.
pub(crate) fn foreign_uid(old: &Value, new: &Value) -> Option<String> {
    let (old, new) = (metadata(old, "uid"), metadata(new, "uid"));
    (!new.is_empty() && old != new).then(|| new.to_owned())
}
