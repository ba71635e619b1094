//! Differences between two versions of an object, and merging one into the other.
//!
//! The rules are those of `sigs.k8s.io/structured-merge-diff/typed`.

use serde_json::{Map, Value};

use super::fields::{FieldSet, Path, Step, item_step};
use super::shape::Shape;

/// The places in which two versions differ.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

/// Compares an old with a new version.
pub(crate) fn compare(shape: &Shape, old: &Value, new: &Value) -> Difference {
    let mut difference = Difference::default();
    difference.visit(shape, Some(old), Some(new), &Path::default());
    difference
}

impl Difference {
    fn visit(&mut self, shape: &Shape, old: Option<&Value>, new: Option<&Value>, path: &Path) {
        let in_parts = |v: Option<&Value>| v.is_none_or(|v| v.is_null() || shape.is_granular(v));
        let is_empty = |v: Option<&Value>| v.is_none_or(size_is_zero);
        if !(in_parts(old) && in_parts(new)) || (is_empty(old) && is_empty(new)) {
            match (old, new) {
                (None, Some(_)) => self.added.0.insert(path.clone()),
                (Some(_), None) => self.removed.0.insert(path.clone()),
                (Some(old), Some(new)) if old != new => self.modified.0.insert(path.clone()),
                _ => false,
            };
            return;
        }
        if old == new {
            return;
        }
        if matches!((old, new), (Some(Value::Array(_)), _) | (_, Some(Value::Array(_)))) {
            let (old, new) = (items(shape, old), items(shape, new));
            for (step, item) in &old {
                let other = new.iter().find(|(s, _)| s == step).map(|(_, v)| *v);
                self.visit_item(shape, Some(item), other, &path.then(step.clone()));
            }
            for (step, item) in new.iter().filter(|(step, _)| !old.iter().any(|(s, _)| s == step)) {
                self.visit_item(shape, None, Some(item), &path.then(step.clone()));
            }
        } else {
            let empty = Map::new();
            let old = old.and_then(Value::as_object).unwrap_or(&empty);
            let new = new.and_then(Value::as_object).unwrap_or(&empty);
            for (name, value) in old {
                let below = shape.field(name).unwrap_or(&Shape::Any);
                self.visit(below, Some(value), new.get(name), &path.then(Step::Field(name.clone())));
            }
            for (name, value) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                let below = shape.field(name).unwrap_or(&Shape::Any);
                self.visit(below, None, Some(value), &path.then(Step::Field(name.clone())));
            }
        }
        if !path.0.is_empty() {
            match (old, new) {
                (None, Some(_)) => self.added.0.insert(path.clone()),
                (Some(_), None) => self.removed.0.insert(path.clone()),
                _ => false,
            };
        }
    }

    fn visit_item(&mut self, list: &Shape, old: Option<&Value>, new: Option<&Value>, path: &Path) {
        let shape = if matches!(list, Shape::Keyed { .. }) { list.item() } else { &Shape::Atomic };
        self.visit(shape, old, new, path);
    }
}

fn size_is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn items<'a>(shape: &Shape, list: Option<&'a Value>) -> Vec<(Step, &'a Value)> {
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().map(|item| (item_step(shape, item), item)).collect()
}

/// Merges an applied configuration into a live object.
pub(crate) fn merge(shape: &Shape, live: &mut Value, applied: &Value) {
    if !shape.is_granular(applied) || !shape.is_granular(live) {
        *live = applied.clone();
        return;
    }
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) => {
            for (name, value) in applied {
                let below = shape.field(name).unwrap_or(&Shape::Any);
                match live.get_mut(name) {
                    Some(old) => merge(below, old, value),
                    None => {
                        live.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(live), Value::Array(applied)) => {
            for value in applied {
                let step = item_step(shape, value);
                match live.iter_mut().find(|item| item_step(shape, item) == step) {
                    Some(old) if matches!(shape, Shape::Keyed { .. }) => merge(shape.item(), old, value),
                    Some(_) => {}
                    None => live.push(value.clone()),
                }
            }
        }
        _ => {}
    }
}

/// Removes a place from an object.
pub(crate) fn remove(shape: &Shape, value: &mut Value, steps: &[Step]) {
    let Some((first, rest)) = steps.split_first() else { return };
    match (first, value) {
        (Step::Field(name), Value::Object(map)) if rest.is_empty() => {
            map.shift_remove(name);
        }
        (Step::Field(name), Value::Object(map)) => {
            if let Some(item) = map.get_mut(name) {
                remove(shape.field(name).unwrap_or(&Shape::Any), item, rest);
            }
        }
        (step, Value::Array(list)) => {
            let Some(index) = list.iter().position(|item| item_step(shape, item) == *step) else { return };
            if rest.is_empty() {
                list.remove(index);
            } else if let Some(item) = list.get_mut(index) {
                remove(shape.item(), item, rest);
            }
        }
        _ => {}
    }
}

/// Whether a place has an empty map or list.
pub(crate) fn is_empty_at(shape: &Shape, value: &Value, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return size_is_zero(value) };
    match (first, value) {
        (Step::Field(name), Value::Object(map)) => {
            map.get(name).is_some_and(|item| is_empty_at(shape.field(name).unwrap_or(&Shape::Any), item, rest))
        }
        (step, Value::Array(list)) => {
            list.iter().any(|item| item_step(shape, item) == *step && is_empty_at(shape.item(), item, rest))
        }
        _ => false,
    }
}
