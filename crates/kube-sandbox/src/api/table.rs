//! Objects as tables, as kubectl asks for them: the columns and words of the API server's printers (1.34).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::age::age;
use super::pod_columns;
use super::resource::Resource;

/// Which part of an object comes with its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Included {
    Nothing,
    Metadata,
    Object,
}

/// How a table is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) included: Included,
    /// Ages are counted up to here.
    pub(crate) now: Timestamp,
}

impl Layout {
    /// A table of objects, which have neither kind nor version; `metadata` is the list's or the object's.
    pub(crate) fn table<'a>(
        self,
        resource: Resource,
        metadata: &Value,
        objects: impl Iterator<Item = &'a Value>,
    ) -> Value {
        let columns: Vec<Value> = columns(resource)
            .iter()
            .map(|(name, priority)| {
                let format = if *name == "Name" { "name" } else { "" };
                // counts are "string" to the server, too
                json!({"name": name, "type": "string", "format": format, "description": "", "priority": priority})
            })
            .collect();
        let rows: Vec<Value> = objects.map(|object| self.row(resource, object)).collect();
        json!({
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": columns,
            "rows": rows,
        })
    }

    fn row(self, resource: Resource, object: &Value) -> Value {
        let mut row = json!({"cells": cells(resource, object, self.now)});
        if resource == Resource::Pods
            && let Some(ended) = pod_columns::ended(object)
        {
            row["conditions"] = json!([ended]);
        }
        match self.included {
            Included::Nothing => {}
            Included::Metadata => {
                row["object"] = json!({
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
                });
            }
            Included::Object => row["object"] = resource.document(object),
        }
        row
    }
}

/// The metadata of a table of one object: its resourceVersion.
pub(crate) fn metadata_of_one(object: &Value) -> Value {
    json!({"resourceVersion": object["metadata"]["resourceVersion"]})
}

/// Names and priorities; those above 0 are for `-o wide`.
fn columns(resource: Resource) -> &'static [(&'static str, u8)] {
    match resource {
        Resource::Pods => &pod_columns::COLUMNS,
        Resource::ConfigMaps => &[("Name", 0), ("Data", 0), ("Age", 0)],
        Resource::Secrets => &[("Name", 0), ("Type", 0), ("Data", 0), ("Age", 0)],
        Resource::Namespaces => &[("Name", 0), ("Status", 0), ("Age", 0)],
    }
}

fn cells(resource: Resource, object: &Value, now: Timestamp) -> Vec<Value> {
    let name = object["metadata"]["name"].clone();
    let age = Value::from(age(&object["metadata"]["creationTimestamp"], now));
    match resource {
        Resource::Pods => pod_columns::cells(object, now),
        Resource::ConfigMaps => vec![name, (count(object, "data") + count(object, "binaryData")).into(), age],
        Resource::Secrets => vec![name, object["type"].clone(), count(object, "data").into(), age],
        Resource::Namespaces => vec![name, object["status"]["phase"].clone(), age],
    }
}

fn count(object: &Value, field: &str) -> usize {
    object[field].as_object().map_or(0, Map::len)
}
