//! Places in an object, and sets of them in the format of `managedFields` (`FieldsV1`).
//!
//! Format and order are those of `sigs.k8s.io/structured-merge-diff/fieldpath`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use super::shape::Shape;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A field or a map's key.
    Field(String),
    /// The item of an associative list whose key fields have these values (as JSON text).
    Item(BTreeMap<String, String>),
    /// The item of a set, as JSON text.
    Value(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Item(keys) => {
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Self::Value(value) => write!(f, "[={value}]"),
        }
    }
}

/// A place in an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    pub(crate) fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    pub(crate) fn of_fields(names: &[&str]) -> Self {
        Self(names.iter().map(|name| Step::Field((*name).to_owned())).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}

/// The step to an item of a list.
pub(crate) fn item_step(shape: &Shape, item: &Value) -> Step {
    match shape {
        Shape::Keyed { keys, .. } => Step::Item(
            keys.iter()
                .filter_map(|key| match (item.get(*key), *key) {
                    (Some(value), _) => Some(((*key).to_owned(), value.to_string())),
                    (None, "protocol") => Some(((*key).to_owned(), "\"TCP\"".to_owned())),
                    (None, _) => None,
                })
                .collect(),
        ),
        _ => Step::Value(item.to_string()),
    }
}

/// A set of places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet(pub(crate) BTreeSet<Path>);

impl FieldSet {
    /// The places that a manager owns after it applied this value.
    pub(crate) fn of(shape: &Shape, value: &Value) -> Self {
        let mut set = BTreeSet::new();
        own(shape, value, &Path::default(), &mut set);
        Self(set)
    }

    /// Reads a `fieldsV1`; unknown parts are skipped.
    pub(crate) fn from_json(fields: &Value) -> Self {
        let mut set = BTreeSet::new();
        read(fields, &Path::default(), &mut set);
        Self(set)
    }

    /// The `fieldsV1` form.
    pub(crate) fn to_json(&self) -> Value {
        let mut root = Map::new();
        for path in &self.0 {
            write(&mut root, &path.0);
        }
        Value::Object(root)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a place or anything in it is in the set.
    pub(crate) fn touches(&self, path: &Path) -> bool {
        self.0.range(path.clone()..).next().is_some_and(|p| p.0.starts_with(&path.0))
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// The set without some places and everything in them.
    pub(crate) fn without(&self, roots: &[Path]) -> Self {
        Self(self.0.iter().filter(|p| !roots.iter().any(|r| p.0.starts_with(&r.0))).cloned().collect())
    }
}

fn own(shape: &Shape, value: &Value, path: &Path, set: &mut BTreeSet<Path>) {
    if !shape.is_granular(value) {
        let is_there = !value.is_null() || matches!(shape, Shape::Atomic);
        if is_there && !path.0.is_empty() {
            set.insert(path.clone());
        }
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, item) in map {
                let Some(below) = shape.field(name) else { continue };
                let path = path.then(Step::Field(name.clone()));
                own(below, item, &path, set);
                let empty = item.is_null() || item.as_object().is_some_and(Map::is_empty);
                if empty || shape.has_free_keys() {
                    set.insert(path);
                }
            }
        }
        Value::Array(list) => {
            for item in list {
                let path = path.then(item_step(shape, item));
                if matches!(shape, Shape::Keyed { .. }) {
                    own(shape.item(), item, &path, set);
                }
                set.insert(path);
            }
        }
        _ => {}
    }
}

fn read(fields: &Value, path: &Path, set: &mut BTreeSet<Path>) {
    let Value::Object(map) = fields else { return };
    for (name, below) in map {
        let step = match name.split_once(':') {
            None if name == "." => {
                set.insert(path.clone());
                continue;
            }
            Some(("f", field)) => Step::Field(field.to_owned()),
            Some(("v", value)) => Step::Value(value.to_owned()),
            Some(("k", keys)) => match serde_json::from_str::<BTreeMap<String, Value>>(keys) {
                Ok(keys) => Step::Item(keys.into_iter().map(|(name, value)| (name, value.to_string())).collect()),
                Err(_) => continue,
            },
            _ => continue,
        };
        let path = path.then(step);
        if below.as_object().is_none_or(Map::is_empty) {
            set.insert(path);
        } else {
            read(below, &path, set);
        }
    }
}

fn key(step: &Step) -> String {
    match step {
        Step::Field(name) => format!("f:{name}"),
        Step::Item(keys) => {
            let keys: Vec<String> = keys.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("k:{{{}}}", keys.join(","))
        }
        Step::Value(value) => format!("v:{value}"),
    }
}

/// Writes one path below a map. A place that is owned itself and has owned places in it gets a `.`: paths
/// come in order, so it is there, empty, before what is in it.
fn write(map: &mut Map<String, Value>, steps: &[Step]) {
    let Some((first, rest)) = steps.split_first() else { return };
    let key = key(first);
    let is_owned = map.get(&key).is_some_and(|below| below.as_object().is_some_and(Map::is_empty));
    let below = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if let (Value::Object(below), false) = (below, rest.is_empty()) {
        if is_owned {
            below.insert(".".to_owned(), Value::Object(Map::new()));
        }
        write(below, rest);
    }
}
