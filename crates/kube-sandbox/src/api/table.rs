//! Objects as tables for kubectl: the columns and words of the API server's printers (1.34).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

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

/// The age of an object.
pub(crate) fn age(time: &Value, now: Timestamp) -> String {
    match time.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(time) => human(now.duration_since(time).as_secs()),
        None => "<unknown>".to_owned(),
    }
}

/// A number of seconds as `HumanDuration` of apimachinery writes it: two units where the first is small.
fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |first: i64, unit: &str, second: i64, smaller: &str| match second {
        0 => format!("{first}{unit}"),
        _ => format!("{first}{unit}{second}{smaller}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => two(days, "d", hours % 24, "h"),
        _ if years < 2 => format!("{days}d"),
        _ if years < 8 => two(years, "y", days % 365, "d"),
        _ => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_written_as_kubectl_shows_them() {
        let day = 86_400;
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (119, "119s"),
            (120, "2m"),
            (185, "3m5s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_160, "3h6m"),
            (8 * 3_600, "8h"),
            (2 * day, "2d"),
            (3 * day + 3_600, "3d1h"),
            (8 * day, "8d"),
            (400 * day, "400d"),
            (731 * day, "2y1d"),
            (3_000 * day, "8y"),
        ] {
            assert_eq!(human(seconds), text);
        }
    }

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
