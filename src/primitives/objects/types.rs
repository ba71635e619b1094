//! The types `Object`, `Applied` and `ObjectDeletion`: ConfigMaps, Secrets, and what became of them.

use std::sync::Arc;

use rhai::{Dynamic, Map};

use crate::cluster::objects::{Applied, Object, ObjectDeletion, ObjectKind, Value};
use crate::primitives::api::typed::{Property, Typed};
use crate::primitives::language::duration::DurationValue;
use crate::record::KeyChange;

impl Typed for Arc<Object> {
    const NAME: &'static str = "Object";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`configmap` or `secret`"),
        ("name", "string", "its name"),
        ("namespace", "string", "its namespace"),
        ("data", "map", "its keys and values; those of a Secret are of type `Secret`"),
        ("labels", "map", "its labels"),
        (
            "age",
            "Duration",
            "how long ago it was made, by the API server's clock; compares with ints, which are seconds",
        ),
        ("created", "string", "when it was made, as `2026-01-31T12:00:00Z`"),
        ("immutable", "bool", "whether its data can never change"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "kind" => self.kind.name().into(),
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "data" => {
                self.data.iter().map(|(key, value)| (key.into(), shown(self.kind, value))).collect::<Map>().into()
            }
            "labels" => {
                self.labels.iter().map(|(key, value)| (key.into(), value.clone().into())).collect::<Map>().into()
            }
            "age" => Dynamic::from(DurationValue::from_seconds(self.age)),
            "created" => self.created.to_string().into(),
            "immutable" => self.immutable.into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// Bytes that are not text cannot be shown or written. Of a Secret not even their number is shown.
fn shown(kind: ObjectKind, value: &Value) -> Dynamic {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Secret(secret) => Dynamic::from(secret.clone()),
        Value::Bytes(_) if kind == ObjectKind::Secret => "(bytes that are no text)".into(),
        Value::Bytes(_) => format!("({} bytes that are no text)", value.len()).into(),
    }
}

impl Typed for Arc<Applied> {
    const NAME: &'static str = "Applied";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`configmap` or `secret`"),
        ("name", "string", "its name"),
        ("namespace", "string", "its namespace"),
        ("result", "string", "`created`, `configured` or `unchanged`; `applied` where it may not be read"),
        ("added", "array", "the keys that were added"),
        ("changed", "array", "the keys whose value changed"),
        ("removed", "array", "the keys that were removed"),
        ("kept", "array", "keys of the owner that were not given and were left as they are"),
        ("note", "string", "what else there is to say; else empty"),
        (
            "admission",
            "array",
            "what webhooks and policies of the cluster made of it, as `added label `team``; else empty",
        ),
    ];

    fn property(&self, name: &str) -> Dynamic {
        let keys = |wanted: fn(&KeyChange) -> Option<&String>| {
            self.keys.iter().filter_map(wanted).map(|key| Dynamic::from(key.clone())).collect::<Vec<_>>().into()
        };
        match name {
            "kind" => self.kind.name().into(),
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "result" => self.result.name().into(),
            "added" => keys(|change| if let KeyChange::Added(key) = change { Some(key) } else { None }),
            "changed" => keys(|change| if let KeyChange::Changed(key) = change { Some(key) } else { None }),
            "removed" => keys(|change| if let KeyChange::Removed(key) = change { Some(key) } else { None }),
            "kept" => self.kept.iter().map(|key| Dynamic::from(key.clone())).collect::<Vec<_>>().into(),
            "admission" => self.admission.iter().map(|one| Dynamic::from(one.clone())).collect::<Vec<_>>().into(),
            "note" if self.ownership_only => "ownership only".into(),
            "note" => self.note.clone().into(),
            _ => Dynamic::UNIT,
        }
    }
}

impl Typed for ObjectDeletion {
    const NAME: &'static str = "ObjectDeletion";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`configmap` or `secret`"),
        ("name", "string", "its name"),
        ("namespace", "string", "its namespace"),
        ("result", "string", "`deleted`, `terminating` while a finalizer holds it, or `gone` if it was not there"),
        ("reason", "string", "what holds it; else empty"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "kind" => self.kind.name().into(),
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "result" => self.result.name().into(),
            "reason" => self.reason.clone().into(),
            _ => Dynamic::UNIT,
        }
    }
}
