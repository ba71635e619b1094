//! Objects as tables for kubectl: the columns and words of the API server's printers (1.34).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::age::age;
use super::pod_columns;
use super::resource::Resource;

/// The part of an object in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Included {
    Nothing,
    Metadata,
    Object,
}

/// The options of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) included: Included,
    /// The time for which ages are calculated.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_counted_and_comes_as_far_as_it_was_asked_for() {
        let layout = Layout { included: Included::Metadata, now: Timestamp::UNIX_EPOCH };
        let secret = json!({
            "metadata": {"name": "keys", "creationTimestamp": "1969-12-31T23:58:00Z"},
            "type": "Opaque", "data": {"token": "Y2FuYXJ5"},
        });
        let table = layout.table(Resource::Secrets, &json!({}), [&secret].into_iter());
        assert_eq!(table["rows"][0]["cells"], json!(["keys", "Opaque", 1, "2m"]));
        assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
        assert!(!table.to_string().contains("Y2FuYXJ5"));
    }
}
