//! The types `Object`, `Applied` and `ObjectDeletion`: ConfigMaps, Secrets, and what became of them.

use std::sync::Arc;

use rhai::{Dynamic, Map};

use crate::cluster::objects::{Applied, Object, ObjectDeletion, ObjectKind, Value};
use crate::error::Result;
use crate::host::Host;
use crate::output::Document;
use crate::primitives::api::typed::{PropertyOf, Typed, length, property, text, texts};
use crate::record::KeyChange;

impl Typed for Arc<Object> {
    const NAME: &'static str = "Object";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`configmap` or `secret`").get(|object| object.kind.name().into()),
        property("name", "string", "its name").get(|object| text(&object.name)),
        property("namespace", "string", "its namespace").get(|object| text(&object.namespace)),
        property("data", "map", "its keys and values; those of a Secret are of type `Secret`").get(|object| {
            object.data.iter().map(|(key, value)| (key.into(), shown(object.kind, value))).collect::<Map>().into()
        }),
        property("labels", "map", "its labels").get(|object| {
            object.labels.iter().map(|(key, value)| (key.into(), value.clone().into())).collect::<Map>().into()
        }),
        property(
            "age",
            "Duration",
            "how long ago it was made, by the API server's clock; compares with ints, which are seconds",
        )
        .get(|object| length(object.age)),
        property("created", "string", "when it was made, as `2026-01-31T12:00:00Z`")
            .get(|object| object.created.to_string().into()),
        property("immutable", "bool", "whether its data can never change").get(|object| object.immutable.into()),
    ];
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
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`configmap` or `secret`").get(|applied| applied.kind.name().into()),
        property("name", "string", "its name").get(|applied| text(&applied.name)),
        property("namespace", "string", "its namespace").get(|applied| text(&applied.namespace)),
        property("result", "string", "`created`, `configured` or `unchanged`; `applied` where it may not be read")
            .get(|applied| applied.result.name().into()),
        property("added", "array", "the keys that were added")
            .get(|applied| texts(applied.keys.iter().filter_map(KeyChange::added))),
        property("changed", "array", "the keys whose value changed")
            .get(|applied| texts(applied.keys.iter().filter_map(KeyChange::changed))),
        property("removed", "array", "the keys that were removed")
            .get(|applied| texts(applied.keys.iter().filter_map(KeyChange::removed))),
        property("kept", "array", "keys of the owner that were not given and were left as they are")
            .get(|applied| texts(&applied.kept)),
        property("note", "string", "what else there is to say; else empty")
            .get(|applied| text(if applied.ownership_only { "ownership only" } else { &applied.note })),
        property(
            "admission",
            "array",
            "what webhooks and policies of the cluster made of it, as `added label `team``; else empty",
        )
        .get(|applied| texts(&applied.admission)),
    ];

    /// `configmap/mcp-gateway-config created`, one line each.
    fn document(host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let mark = host.mark();
        let line = |applied: &Self| {
            let note = if applied.ownership_only { " (ownership only)" } else { "" };
            format!("{}/{} {}{note}{mark}", applied.kind.name(), applied.name, applied.result.name())
        };
        Ok(Some(Document::new(found.iter().map(line).collect())))
    }
}

impl Typed for ObjectDeletion {
    const NAME: &'static str = "ObjectDeletion";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`configmap` or `secret`").get(|deletion| deletion.kind.name().into()),
        property("name", "string", "its name").get(|deletion| text(&deletion.name)),
        property("namespace", "string", "its namespace").get(|deletion| text(&deletion.namespace)),
        property(
            "result",
            "string",
            "`deleted`, `terminating` while a finalizer holds it, or `gone` if it was not there",
        )
        .get(|deletion| deletion.result.name().into()),
        property("reason", "string", "what holds it; else empty").get(|deletion| text(&deletion.reason)),
    ];

    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let line = |deletion: &Self| {
            let what = if deletion.reason.is_empty() { deletion.result.name() } else { &deletion.reason };
            format!("{}/{} {what}", deletion.kind.name(), deletion.name)
        };
        Ok(Some(Document::new(found.iter().map(line).collect())))
    }
}
