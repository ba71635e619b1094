//! What `sandbox` puts into a test's world: pods and objects in the form of the API.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube_sandbox::{NODE, Sandbox, rfc3339};
use rhai::Map;
use serde_json::{Value, json};

use crate::cluster::objects::ObjectKind;
use crate::cluster::pods::{GATEWAY, INSTANCE, MANAGED_BY, SERVER, SESSION};
use crate::error::{Error, Kind, Result};
use crate::primitives::api::options::Options;
use crate::{duration, nearest};

/// The options of a pod.
pub(in crate::primitives) const POD: [&str; 14] = [
    "name",
    "namespace",
    "server",
    "session",
    "age",
    "status",
    "reason",
    "restarts",
    "managed",
    "owned",
    "finalizers",
    "deleted",
    "image",
    "labels",
];

/// The options of a ConfigMap or Secret.
pub(in crate::primitives) const OBJECT: [&str; 7] =
    ["namespace", "owner", "labels", "annotations", "controller", "immutable", "age"];

/// Puts a pod into the world and gives its name.
pub(in crate::primitives) fn pod(world: &Sandbox, options: &Map) -> Result<String> {
    let options = Options::new("sandbox::pod", options, &POD)?;
    let server = options.text("server")?.unwrap_or_else(|| "time".to_owned());
    let session = options.text("session")?.unwrap_or_else(|| "mcp-gateway-test".to_owned());
    let namespace = options.namespace()?.unwrap_or_else(|| "default".to_owned());
    let created = before(world.now(), age(&options)?.unwrap_or(Duration::from_secs(60)));
    let name = match options.text("name")? {
        Some(name) => name,
        None => free_name(world, &namespace, &format!("mcp-{server}-{}", created.as_second())),
    };
    let image = options.text("image")?.unwrap_or_else(|| format!("mcp/{server}"));
    let restarts = options.number("restarts", 0)?.unwrap_or(0);
    let reason = options.text("reason")?.unwrap_or_default();
    let managed = !options.value("managed").is_some_and(|_| options.flag("managed").is_ok_and(|managed| !managed));
    let mut labels = json!({
        "app": "mcp-server",
        "app.kubernetes.io/component": "mcp-server",
        "runtime": "kubernetes",
        "server": server,
    });
    labels[MANAGED_BY] = if managed { GATEWAY } else { "somebody" }.into();
    labels[INSTANCE] = session.as_str().into();
    labels[SESSION] = session.as_str().into();
    labels[SERVER] = server.as_str().into();
    add_labels(&mut labels, &options)?;
    let status = options.text("status")?.unwrap_or_else(|| "Running".to_owned());
    let container = json!({"name": "mcp-server", "image": image, "stdin": true});
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {
            "name": name, "namespace": namespace, "labels": labels, "creationTimestamp": rfc3339(created),
        },
        "spec": {
            "containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 5,
            "nodeName": NODE,
        },
        "status": pod_status(&container, &status, &reason, restarts, &rfc3339(created)),
    });
    if options.flag("owned")? {
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "owner", "controller": true,
            "uid": "00000000-0000-4000-8000-000000000000",
        }]);
    }
    let finalizers = options.texts("finalizers")?;
    if !finalizers.is_empty() {
        pod["metadata"]["finalizers"] = json!(finalizers);
    }
    if let Some(ago) = options.text("deleted")? {
        pod["metadata"]["deletionTimestamp"] = rfc3339(before(world.now(), duration::parse(&ago)?)).into();
        pod["metadata"]["deletionGracePeriodSeconds"] = 5.into();
    }
    need_namespace(world, &namespace)?;
    world.insert(pod)?;
    Ok(name)
}

fn pod_status(container: &Value, status: &str, reason: &str, restarts: i64, since: &str) -> Value {
    let ended = |code: u8, why: &str| {
        json!({"terminated": {
            "exitCode": code, "reason": why, "message": reason, "startedAt": since, "finishedAt": since,
        }})
    };
    let (phase, state) = match status {
        "Running" => ("Running", json!({"running": {"startedAt": since}})),
        "Succeeded" | "Completed" => ("Succeeded", ended(0, "Completed")),
        "Failed" | "Error" => ("Failed", ended(1, "Error")),
        "Pending" => return json!({"phase": "Pending", "message": reason, "qosClass": "BestEffort"}),
        "CrashLoopBackOff" => ("Running", json!({"waiting": {"reason": status, "message": reason}})),
        other => ("Pending", json!({"waiting": {"reason": other, "message": reason}})),
    };
    let ready = status == "Running";
    json!({
        "phase": phase,
        "startTime": since,
        "containerStatuses": [{
            "name": container["name"], "image": container["image"], "imageID": "", "state": state, "lastState": {},
            "ready": ready, "started": ready, "restartCount": restarts,
        }],
        "qosClass": "BestEffort",
    })
}

/// Puts a ConfigMap or Secret into the world.
pub(in crate::primitives) fn object(
    world: &Sandbox,
    kind: ObjectKind,
    name: &str,
    data: &Map,
    options: &Map,
) -> Result<()> {
    let function = if kind == ObjectKind::Secret { "sandbox::secret" } else { "sandbox::configmap" };
    let options = Options::new(function, options, &OBJECT)?;
    let namespace = options.namespace()?.unwrap_or_else(|| "default".to_owned());
    let owner = options.text("owner")?;
    let mut labels = match &owner {
        Some(_) => json!(kind.labels()),
        None => json!({}),
    };
    add_labels(&mut labels, &options)?;
    let mut values = serde_json::Map::new();
    for (key, value) in data {
        let text = value
            .clone()
            .into_string()
            .map_err(|got| crate::primitives::api::raise::wrong_type(&format!("the value of `{key}`"), "text", got))?;
        let text = if kind == ObjectKind::Secret { STANDARD.encode(text) } else { text };
        values.insert(key.to_string(), text.into());
    }
    let created = rfc3339(before(world.now(), age(&options)?.unwrap_or(Duration::from_secs(60))));
    let fields = json!({
        "f:data": fields_of(values.keys().map(String::as_str)),
        "f:metadata": {"f:labels": fields_of(labels.as_object().into_iter().flatten().map(|(key, _)| key.as_str()))},
    });
    let (manager, operation) = match owner.as_deref() {
        Some(owner) => (owner, "Apply"),
        None => ("kubectl-create", "Update"),
    };
    let mut object = json!({
        "kind": if kind == ObjectKind::Secret { "Secret" } else { "ConfigMap" },
        "metadata": {
            "name": name, "namespace": namespace, "labels": labels, "creationTimestamp": created,
            "managedFields": [{
                "manager": manager, "operation": operation, "apiVersion": "v1", "time": created,
                "fieldsType": "FieldsV1", "fieldsV1": fields,
            }],
        },
        "data": values,
    });
    if kind == ObjectKind::Secret {
        object["type"] = "Opaque".into();
    }
    if let Some(annotations) = options.value("annotations") {
        object["metadata"]["annotations"] = crate::primitives::api::value::to_json(annotations)?;
    }
    if let Some(controller) = options.text("controller")? {
        let (kind, name) = controller.split_once('/').unwrap_or((controller.as_str(), name));
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "example.com/v1", "kind": kind, "name": name, "controller": true,
            "uid": "00000000-0000-4000-8000-000000000000",
        }]);
    }
    if options.flag("immutable")? {
        object["immutable"] = true.into();
    }
    need_namespace(world, &namespace)?;
    Ok(world.insert(object)?)
}

fn fields_of<'a>(keys: impl Iterator<Item = &'a str>) -> Value {
    keys.map(|key| (format!("f:{key}"), json!({}))).collect::<serde_json::Map<_, _>>().into()
}

/// Makes a namespace unless it is there.
pub(in crate::primitives) fn need_namespace(world: &Sandbox, name: &str) -> Result<()> {
    let is_it = |object: &Value| object["kind"] == "Namespace" && object["metadata"]["name"] == name;
    if name.is_empty() || world.objects().iter().any(is_it) {
        return Ok(());
    }
    Ok(world.insert(json!({"kind": "Namespace", "metadata": {"name": name}}))?)
}

/// An object as the API shows it, a Secret's data as plain text.
pub(in crate::primitives) fn find(world: &Sandbox, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>> {
    const KINDS: [&str; 4] = ["configmap", "namespace", "pod", "secret"];
    if !KINDS.contains(&kind) {
        return Err(Error::new(Kind::Script, format!("the sandbox has no objects of kind `{kind}`"))
            .suggest(nearest::nearest(kind, KINDS)));
    }
    let is_it = |object: &Value| {
        object["kind"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(kind))
            && object["metadata"]["name"] == name
            && (kind == "namespace" || object["metadata"]["namespace"] == namespace)
    };
    let Some(mut object) = world.objects().into_iter().find(is_it) else { return Ok(None) };
    if kind == "secret" {
        for (_, value) in object["data"].as_object_mut().into_iter().flatten() {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
            *value = String::from_utf8_lossy(&bytes).into_owned().into();
        }
    }
    Ok(Some(object))
}

/// A request as `delete pods`: its verb and resource.
pub(in crate::primitives) fn request(text: &str) -> Result<(&str, &str)> {
    const VERBS: [&str; 9] = ["*", "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    const RESOURCES: [&str; 8] =
        ["*", "configmaps", "namespaces", "pods", "pods/attach", "pods/log", "secrets", "selfsubjectaccessreviews"];
    let (verb, resource) = text.split_once(' ').unwrap_or((text, "*"));
    for (word, known) in [(verb, &VERBS[..]), (resource, &RESOURCES[..])] {
        if !known.contains(&word) {
            return Err(Error::new(Kind::Script, format!("`{text}` is no request: nothing is called `{word}`"))
                .suggest(nearest::nearest(word, known.iter().copied()))
                .hint("a request is a verb and a resource, as `delete pods` or `get *`"));
        }
    }
    Ok((verb, resource))
}

fn add_labels(labels: &mut Value, options: &Options<'_>) -> Result<()> {
    let Some(given) = options.value("labels") else { return Ok(()) };
    let given = crate::primitives::api::value::to_json(given)?;
    let given = given.as_object().ok_or_else(|| Error::new(Kind::Script, "`labels` must be a map"))?;
    for (key, value) in given {
        labels[key] = value.clone();
    }
    Ok(())
}

/// An age; zero is none for a filter, but may be one here.
fn age(options: &Options<'_>) -> Result<Option<Duration>> {
    options.length("age")
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}

fn free_name(world: &Sandbox, namespace: &str, wanted: &str) -> String {
    let taken: Vec<String> = world
        .objects()
        .iter()
        .filter(|object| object["kind"] == "Pod" && object["metadata"]["namespace"] == namespace)
        .filter_map(|object| object["metadata"]["name"].as_str().map(str::to_owned))
        .collect();
    let names = std::iter::once(wanted.to_owned()).chain((2..).map(|number| format!("{wanted}-{number}")));
    names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default()
}
