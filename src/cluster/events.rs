//! Events that a controller writes about an object: why it cannot do its work.

use http::Request;
use serde::Deserialize;

use super::Cluster;
use super::connection::effects::Inquiry;

/// So many are looked at.
const MOST: usize = 100;

/// What a controller has reported of an object with one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// How often.
    pub count: u64,
    /// What it said last.
    pub message: String,
}

#[derive(Deserialize)]
struct Events {
    #[serde(default)]
    items: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    count: Option<u64>,
    #[serde(default)]
    series: Option<Series>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    last_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    count: u64,
}

/// What was reported of an object; `None` if nothing was, or events may not be listed.
pub async fn reported(
    cluster: &Cluster,
    namespace: &str,
    (kind, name): (&str, &str),
    reason: &str,
) -> Option<Reported> {
    if !cluster.may_ask("list", "events") {
        return None;
    }
    let fields = format!("involvedObject.kind={kind},involvedObject.name={name},reason={reason}");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("fieldSelector", &fields).append_pair("limit", &MOST.to_string());
    let uri = format!("/api/v1/namespaces/{namespace}/events?{}", query.finish());
    let mut request = Request::get(uri).body(Vec::new()).ok()?;
    // it only words why a wait is in vain
    request.extensions_mut().insert(Inquiry);
    let events: Events = cluster.call(request).await.ok()?.parse().ok()?;
    Reported::of(events)
}

impl Reported {
    fn of(events: Events) -> Option<Self> {
        let count =
            |event: &Event| event.count.unwrap_or(1).max(event.series.as_ref().map_or(0, |series| series.count));
        let total = events.items.iter().map(count).sum();
        let last = events.items.into_iter().max_by(|a, b| a.last_timestamp.cmp(&b.last_timestamp))?;
        Some(Self { count: total, message: last.message.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_counted_and_the_last_one_speaks() {
        let table = [
            ("none", json!({}), None),
            ("one", json!({"items": [{"message": "a"}]}), Some((1, "a"))),
            ("counted", json!({"items": [{"message": "a", "count": 3}]}), Some((3, "a"))),
            ("a series", json!({"items": [{"message": "a", "count": null, "series": {"count": 4}}]}), Some((4, "a"))),
            (
                "several",
                json!({"items": [
                    {"message": "late", "count": 2, "lastTimestamp": "2026-01-02T00:00:00Z"},
                    {"message": "early", "count": 1, "lastTimestamp": "2026-01-01T00:00:00Z"},
                ]}),
                Some((3, "late")),
            ),
        ];
        for (name, events, expected) in table {
            let found = Reported::of(serde_json::from_value(events).unwrap());
            assert_eq!(found.as_ref().map(|found| (found.count, found.message.as_str())), expected, "{name}");
        }
    }
}
