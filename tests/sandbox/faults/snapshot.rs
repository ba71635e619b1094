//! What there is: objects and files, without what differs from one run to the next.

use std::collections::BTreeMap;
use std::path::Path;

use kube_sandbox::Sandbox;
use serde_json::{Value, json};

/// Objects by `kind/name`, files by `file/name`.
pub(crate) type Seen = BTreeMap<String, String>;

/// Looks at a world and a folder. Pods that are on their way out are gone.
pub(crate) fn look(world: &Sandbox, folder: &Path) -> Seen {
    let mut seen = Seen::new();
    for object in world.objects() {
        if object["metadata"]["deletionTimestamp"].is_null() {
            let kind = object["kind"].as_str().unwrap().to_lowercase();
            let name = object["metadata"]["name"].as_str().unwrap();
            seen.insert(format!("{kind}/{name}"), lasting(&object).to_string());
        }
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_str().unwrap();
            // the folder's own path stands in the command line that provision writes down
            let text = std::fs::read_to_string(&path).unwrap().replace(folder.to_str().unwrap(), "FOLDER");
            seen.insert(format!("file/{name}"), text);
        }
    }
    seen
}

/// What of an object a second run must make again: what it holds, and who owns that.
pub(crate) fn lasting(object: &Value) -> Value {
    let owners: Vec<Value> = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| json!([entry["manager"], entry["operation"], entry["fieldsV1"]]))
        .collect();
    json!({
        "labels": object["metadata"]["labels"], "data": object["data"], "type": object["type"], "owners": owners,
        "spec": object["spec"],
    })
}

/// The names of what differs.
pub(crate) fn differences(a: &Seen, b: &Seen) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    names.into_iter().filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}
