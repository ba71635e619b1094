//! The owners of fields: reading, changing and writing `metadata.managedFields`.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::compare::compare;
use super::fields::{FieldSet, Path};
use super::shape::Shape;
use crate::http::status::Cause;

/// The manager of a change. Name *and* operation identify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) apply: bool,
    pub(crate) subresource: String,
}

impl Manager {
    /// Its form in conflict messages.
    fn words(&self) -> String {
        let mut words = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            words.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if !self.apply {
            words.push_str(" using v1");
        }
        words
    }
}

#[derive(Debug, Clone)]
struct ManagedFieldsEntry {
    manager: Manager,
    time: String,
    fields: FieldSet,
}

/// The owners of one object's fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(Vec<ManagedFieldsEntry>);

/// The places without an owner: those that the server sets, and those that name the object.
fn unowned() -> Vec<Path> {
    let metadata =
        ["name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"];
    let mut paths = vec![Path::of_fields(&["apiVersion"]), Path::of_fields(&["kind"])];
    paths.extend(metadata.iter().map(|name| Path::of_fields(&["metadata", name])));
    paths
}

fn owned(set: &FieldSet, subresource: &str) -> FieldSet {
    let mut roots = unowned();
    if subresource.is_empty() {
        roots.push(Path::of_fields(&["status"]));
    }
    let mut set = set.without(&roots);
    set.0.remove(&Path::of_fields(&["metadata"]));
    set
}

impl Owners {
    /// Reads the owners of an object.
    pub(crate) fn read(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
        Self(
            entries
                .iter()
                .map(|entry| ManagedFieldsEntry {
                    manager: Manager {
                        name: entry["manager"].as_str().unwrap_or_default().to_owned(),
                        apply: entry["operation"] == "Apply",
                        subresource: entry["subresource"].as_str().unwrap_or_default().to_owned(),
                    },
                    time: entry["time"].as_str().unwrap_or_default().to_owned(),
                    fields: FieldSet::from_json(&entry["fieldsV1"]),
                })
                .collect(),
        )
    }

    /// The owners in a request, if there are any and all can be read: they replace the object's own.
    pub(crate) fn given(object: &Value) -> Option<Self> {
        let entries = object["metadata"]["managedFields"].as_array().filter(|entries| !entries.is_empty())?;
        let readable = |entry: &Value| entry["fieldsType"] == "FieldsV1" && entry["fieldsV1"].is_object();
        entries.iter().all(readable).then(|| Self::read(object))
    }

    /// Writes them into an object.
    pub(crate) fn write(mut self, object: &mut Value) {
        self.0.retain(|entry| !entry.fields.is_empty());
        self.0.sort_by(|a, b| {
            (!a.manager.apply, &a.time, &a.manager.name).cmp(&(!b.manager.apply, &b.time, &b.manager.name))
        });
        let entries: Vec<Value> = self.0.iter().map(ManagedFieldsEntry::json).collect();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.shift_remove("managedFields");
            if !entries.is_empty() {
                metadata.insert("managedFields".to_owned(), Value::Array(entries));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The places of one manager.
    pub(crate) fn of(&self, manager: &Manager) -> FieldSet {
        self.0.iter().find(|e| e.manager == *manager).map(|e| e.fields.clone()).unwrap_or_default()
    }

    /// Whether another manager owns a place or something in it.
    pub(crate) fn others_touch(&self, manager: &Manager, path: &Path) -> bool {
        self.0.iter().any(|e| e.manager != *manager && e.fields.touches(path))
    }

    /// A POST, PUT or patch: its manager gets the changed fields, the others lose them.
    pub(crate) fn update(&mut self, shape: &Shape, old: &Value, new: &Value, manager: &Manager, now: &str) {
        let difference = compare(shape, old, new);
        let changed = difference.modified.union(&difference.added);
        for entry in self.0.iter_mut().filter(|e| e.manager != *manager) {
            entry.fields = entry.fields.difference(&changed).difference(&difference.removed);
        }
        let mine = self.of(manager);
        let set = owned(&mine.union(&changed).difference(&difference.removed), &manager.subresource);
        self.set(manager, set, now);
    }

    /// The conflicts of an apply, each as a manager in words and its places.
    pub(crate) fn conflicts(&self, manager: &Manager, taken: &FieldSet) -> Vec<(String, Vec<Path>)> {
        let mut conflicts: Vec<(String, Vec<Path>)> = self
            .0
            .iter()
            .filter(|e| e.manager != *manager)
            .map(|e| (e.manager.words(), e.fields.intersection(taken).0.into_iter().collect::<Vec<Path>>()))
            .filter(|(_, paths)| !paths.is_empty())
            .collect();
        conflicts.sort();
        for (_, paths) in &mut conflicts {
            paths.sort_by(as_listed);
        }
        conflicts
    }

    /// Removes places from all managers except one.
    pub(crate) fn take(&mut self, manager: &Manager, taken: &FieldSet) {
        for entry in self.0.iter_mut().filter(|e| e.manager != *manager) {
            entry.fields = entry.fields.difference(taken);
        }
    }

    /// Sets the places of an applying manager.
    pub(crate) fn apply(&mut self, manager: &Manager, set: &FieldSet, now: &str) {
        self.set(manager, owned(set, &manager.subresource), now);
    }

    fn set(&mut self, manager: &Manager, fields: FieldSet, now: &str) {
        match self.0.iter_mut().find(|e| e.manager == *manager) {
            Some(entry) if entry.fields == fields => {}
            Some(entry) => {
                entry.fields = fields;
                entry.time = now.to_owned();
            }
            None => self.0.push(ManagedFieldsEntry { manager: manager.clone(), time: now.to_owned(), fields }),
        }
    }
}

impl ManagedFieldsEntry {
    fn json(&self) -> Value {
        let mut entry = Map::new();
        entry.insert("manager".to_owned(), self.manager.name.clone().into());
        entry.insert("operation".to_owned(), if self.manager.apply { "Apply" } else { "Update" }.into());
        entry.insert("apiVersion".to_owned(), "v1".into());
        entry.insert("time".to_owned(), self.time.clone().into());
        entry.insert("fieldsType".to_owned(), "FieldsV1".into());
        entry.insert("fieldsV1".to_owned(), self.fields.to_json());
        if !self.manager.subresource.is_empty() {
            entry.insert("subresource".to_owned(), self.manager.subresource.clone().into());
        }
        Value::Object(entry)
    }
}

/// The order in which the server lists places: those that end at a level before those with children.
fn as_listed(one: &Path, other: &Path) -> Ordering {
    let level = one.0.iter().zip(&other.0).take_while(|(a, b)| a == b).count();
    let goes_on = |path: &Path| path.0.len() > level + 1;
    goes_on(one).cmp(&goes_on(other)).then_with(|| one.cmp(other))
}

/// The message and the causes of conflicts.
pub(crate) fn describe(conflicts: &[(String, Vec<Path>)]) -> (usize, String, Vec<Cause>) {
    let mut causes = Vec::new();
    for (manager, paths) in conflicts {
        for path in paths {
            causes.push(Cause {
                reason: "FieldManagerConflict",
                message: format!("conflict with {manager}"),
                field: path.to_string(),
            });
        }
    }
    let message = match causes.as_slice() {
        [one] => format!("{}: {}", one.message, one.field),
        _ => {
            let mut lines = Vec::new();
            for (manager, paths) in conflicts {
                lines.push(format!("conflicts with {manager}:"));
                lines.extend(paths.iter().map(|path| format!("- {path}")));
            }
            lines.join("\n")
        }
    };
    (causes.len(), message, causes)
}

/// The empty object of a kind: Go always writes these fields.
pub(crate) fn blank() -> Value {
    json!({"metadata": {}, "spec": {"containers": null}, "status": {}})
}
