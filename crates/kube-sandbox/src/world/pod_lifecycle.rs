//! What happens to objects by itself: pods start, end after a deletion, and finalizers are worked off, as
//! kubelet, garbage collector and namespace controller would do it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::{later, rfc3339};
use super::images::Images;
use super::pod_status::{NODE, container_status, pod_status};
use super::store::{Due, State, Step};
use crate::api::resource::{Key, Resource};
use crate::object::{metadata, set_metadata};

/// The duration of each simulated step.
pub(crate) const MOMENT: Duration = Duration::from_millis(40);

impl State {
    /// Plans a step for an object.
    pub(crate) fn plan(&mut self, at: Timestamp, step: Step, key: &Key, uid: &str) {
        self.due.insert(Due { at, step, key: key.clone(), uid: uid.to_owned() });
    }

    /// When the next step is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|due| due.at)
    }

    /// Does all that is due. Gives whether anything was.
    pub(crate) fn tick(&mut self, now: Timestamp, images: &Images) -> bool {
        let mut any = false;
        while self.next_due().is_some_and(|at| at <= now) {
            let Some(due) = self.due.pop_first() else { break };
            any = true;
            let Some(object) = self.get(&due.key).filter(|o| metadata(&o.value, "uid") == due.uid) else { continue };
            let value = object.value.clone();
            match due.step {
                Step::Start => self.start(&due.key, value, due.at, images),
                Step::End => self.end(&due.key, value, due.at),
                Step::Collect => self.collect(&due.key, value, due.at),
            }
        }
        any
    }

    /// Plans anew what was under way when the state was saved.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        let mut plans = Vec::new();
        for (key, object) in self.all() {
            let object = &object.value;
            let waits = object["status"]["phase"] == "Pending";
            let step = match metadata(object, "deletionTimestamp") {
                "" if key.resource == Resource::Pods && waits => Step::Start,
                "" => continue,
                _ if key.resource == Resource::Pods && object["metadata"]["deletionGracePeriodSeconds"] != 0 => {
                    Step::End
                }
                _ => Step::Collect,
            };
            plans.push((step, key.clone(), metadata(object, "uid").to_owned()));
        }
        for (step, key, uid) in plans {
            self.plan(now, step, &key, &uid);
        }
    }

    /// Lets stuck pods of a namespace try again: something they may have waited for came.
    pub(crate) fn retry_stuck(&mut self, namespace: &str, now: Timestamp) {
        let keys: Vec<Key> = self.stuck.iter().filter(|k| k.namespace == namespace).cloned().collect();
        for key in keys {
            if let Some(uid) = self.get(&key).map(|o| metadata(&o.value, "uid").to_owned()) {
                self.plan(later(now, MOMENT), Step::Start, &key, &uid);
            }
        }
    }

    fn start(&mut self, key: &Key, mut pod: Value, at: Timestamp, images: &Images) {
        let waits = pod["status"]["phase"] == "Pending" && metadata(&pod, "deletionTimestamp").is_empty();
        if !waits || pod["spec"]["schedulerName"] != "default-scheduler" {
            return;
        }
        let containers = pod["spec"]["containers"].as_array().cloned().unwrap_or_default();
        let problem = containers.iter().find_map(|container| self.problem(&key.namespace, container, images));
        pod["spec"]["nodeName"] = NODE.into();
        let started = rfc3339(at);
        let statuses: Vec<Value> = containers
            .iter()
            .map(|container| {
                let state = match &problem {
                    Some((reason, message)) => json!({"waiting": {"reason": reason, "message": message}}),
                    None => json!({"running": {"startedAt": started}}),
                };
                container_status(container, problem.is_none(), &state)
            })
            .collect();
        let phase = if problem.is_some() { "Pending" } else { "Running" };
        let status = pod_status(phase, problem.is_none(), at, statuses);
        if problem.is_some() {
            self.stuck.insert(key.clone());
        } else {
            self.stuck.remove(key);
        }
        if pod["status"]["containerStatuses"] == status["containerStatuses"] {
            return;
        }
        pod["status"] = status;
        self.put(key, pod);
    }

    /// Why a container cannot start, as the kubelet words it: reason and message.
    fn problem(&self, namespace: &str, container: &Value, images: &Images) -> Option<(&'static str, String)> {
        let image = container["image"].as_str().unwrap_or_default();
        if let Err(why) = images.obtain(image) {
            let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {why}");
            return Some(("ImagePullBackOff", message));
        }
        let sources = |name: &str| container[name].as_array().cloned().unwrap_or_default();
        for entry in sources("envFrom") {
            for (field, resource) in [("secretRef", Resource::Secrets), ("configMapRef", Resource::ConfigMaps)] {
                let reference = &entry[field];
                if reference.is_object() && reference["optional"] != true {
                    let name = reference["name"].as_str().unwrap_or_default();
                    if self.get(&Key::new(resource, namespace, name)).is_none() {
                        return Some(("CreateContainerConfigError", missing_object(resource, name)));
                    }
                }
            }
        }
        for entry in sources("env") {
            for (field, resource) in [("secretKeyRef", Resource::Secrets), ("configMapKeyRef", Resource::ConfigMaps)] {
                let reference = &entry["valueFrom"][field];
                if !reference.is_object() || reference["optional"] == true {
                    continue;
                }
                let name = reference["name"].as_str().unwrap_or_default();
                let wanted = reference["key"].as_str().unwrap_or_default();
                let Some(object) = self.get(&Key::new(resource, namespace, name)) else {
                    return Some(("CreateContainerConfigError", missing_object(resource, name)));
                };
                if object.value["data"].get(wanted).is_none() {
                    let kind = resource.kind();
                    let message = format!("couldn't find key {wanted} in {kind} {namespace}/{name}");
                    return Some(("CreateContainerConfigError", message));
                }
            }
        }
        None
    }

    fn end(&mut self, key: &Key, mut pod: Value, at: Timestamp) {
        if pod["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty) {
            self.remove(key);
            return;
        }
        set_metadata(&mut pod, "deletionGracePeriodSeconds", 0.into());
        let uid = metadata(&pod, "uid").to_owned();
        self.put(key, pod);
        self.plan(later(at, MOMENT), Step::Collect, key, &uid);
    }

    fn collect(&mut self, key: &Key, mut object: Value, at: Timestamp) {
        if key.resource == Resource::Namespaces {
            let held = self.empty_namespace(&key.name);
            if held {
                self.plan(later(at, MOMENT), Step::Collect, key, metadata(&object, "uid"));
            } else {
                self.remove(key);
            }
            return;
        }
        let uid = metadata(&object, "uid").to_owned();
        if key.resource == Resource::Pods && object["metadata"]["deletionGracePeriodSeconds"] != 0 {
            self.plan(later(at, MOMENT), Step::Collect, key, &uid);
            return;
        }
        if let Some(finalizers) = object["metadata"]["finalizers"].as_array_mut() {
            finalizers.retain(|f| f != "foregroundDeletion" && f != "orphan");
            if !finalizers.is_empty() {
                self.put(key, object);
                return;
            }
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.shift_remove("finalizers");
        }
        self.put(key, object);
        self.remove(key);
    }

    /// Removes what is in a namespace, but for what a finalizer holds. Gives whether there is such.
    fn empty_namespace(&mut self, namespace: &str) -> bool {
        let mut held = false;
        for resource in Resource::ALL.into_iter().filter(|r| r.namespaced()) {
            let objects: Vec<(Key, bool)> = self
                .range(resource, namespace, None)
                .map(|(key, object)| (key.clone(), object.value["metadata"].get("finalizers").is_some()))
                .collect();
            for (key, is_held) in objects {
                held |= is_held;
                if !is_held {
                    self.remove(&key);
                }
            }
        }
        held
    }
}

fn missing_object(resource: Resource, name: &str) -> String {
    format!("{} \"{name}\" not found", resource.singular())
}
