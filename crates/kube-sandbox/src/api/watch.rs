//! Watches: a stream of events from a revision on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use hyper::body::Frame;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::list::revision_of;
use super::resource::Resource;
use super::selector::Selector;
use super::table::{Layout, metadata_of_one};
use crate::http::body::Broken;
use crate::http::query::Query;
use crate::http::status::{Failure, Result};
use crate::world::World;
use crate::world::store::{Event, Happened, State, Stored};

/// The interval of bookmarks. The API server sends one about every minute.
const BOOKMARK: Duration = Duration::from_secs(60);

/// The default duration of a watch, without `timeoutSeconds`.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// An open watch.
#[derive(Debug)]
pub(crate) struct Watch {
    resource: Resource,
    namespace: String,
    selector: Selector,
    /// Objects are sent as tables of one row.
    layout: Option<Layout>,
    revision: u64,
    /// Existing objects are sent first, as added.
    initial: bool,
    bookmarks: bool,
    next_bookmark: Instant,
    end: Instant,
    finished: bool,
}

impl Watch {
    /// Opens a watch.
    pub(crate) fn begin(
        state: &State,
        resource: Resource,
        namespace: &str,
        query: &Query,
        layout: Option<Layout>,
    ) -> Result<Self> {
        let selector = Selector::parse(resource, query.get("labelSelector"), query.get("fieldSelector"))?;
        let text = query.get("resourceVersion");
        let revision = revision_of(text).map_err(Failure::unclassified)?;
        let lasts = query.number("timeoutSeconds")?.filter(|s| *s > 0).map_or(LONGEST, Duration::from_secs);
        let now = Instant::now();
        Ok(Self {
            resource,
            namespace: namespace.to_owned(),
            selector,
            layout,
            revision: if revision == 0 { state.revision } else { revision },
            initial: revision == 0,
            bookmarks: query.flag("allowWatchBookmarks"),
            next_bookmark: now + BOOKMARK,
            end: now + lasts,
            finished: false,
        })
    }

    /// The events, each a line of JSON, until the watch ends.
    pub(crate) fn stream(self, world: Arc<World>) -> impl Stream<Item = Result<Frame<Bytes>, Broken>> + Send {
        let changed = world.changes();
        futures::stream::unfold((self, world, changed), |(mut watch, world, mut changed)| async move {
            loop {
                if watch.finished {
                    return None;
                }
                changed.borrow_and_update();
                let (lines, due) = world.with_state(|state, _| (watch.news(state), state.next_due()));
                if !lines.is_empty() {
                    return Some((Ok(Frame::data(Bytes::from(lines))), (watch, world, changed)));
                }
                if Instant::now() >= watch.end {
                    return None;
                }
                let until = watch.wake(due, world.now());
                tokio::select! {
                    changed = changed.changed() => if changed.is_err() { return None },
                    () = tokio::time::sleep_until(until) => {}
                }
                if watch.bookmarks && Instant::now() >= watch.next_bookmark {
                    watch.next_bookmark = Instant::now() + BOOKMARK;
                    let line = watch.bookmark();
                    return Some((Ok(Frame::data(Bytes::from(line))), (watch, world, changed)));
                }
            }
        })
    }

    /// When to check again without a change.
    fn wake(&self, due: Option<Timestamp>, now: Timestamp) -> Instant {
        let mut until = self.end;
        if self.bookmarks {
            until = until.min(self.next_bookmark);
        }
        if let Some(due) = due {
            let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
            until = until.min(Instant::now() + wait + Duration::from_millis(1));
        }
        until
    }

    fn news(&mut self, state: &State) -> Vec<u8> {
        let mut lines = Vec::new();
        if std::mem::take(&mut self.initial) {
            for (_, object) in state.range(self.resource, &self.namespace, None) {
                if self.selector.matches(&object.value) {
                    self.line(&mut lines, "ADDED", object);
                }
            }
            self.revision = state.revision;
            return lines;
        }
        let Some(events) = state.since(self.revision) else {
            self.finished = true;
            let message = format!("too old resource version: {} ({})", self.revision, state.forgotten);
            let event = json!({"type": "ERROR", "object": Failure::expired(message).json()});
            return format!("{event}\n").into_bytes();
        };
        for event in events {
            if event.key.resource == self.resource
                && (self.namespace.is_empty() || event.key.namespace == self.namespace)
                && let Some(word) = self.word(event)
            {
                self.line(&mut lines, word, &event.object);
            }
        }
        self.revision = self.revision.max(state.revision);
        lines
    }

    /// What an event is for this watch: an object may come into its selection and leave it.
    fn word(&self, event: &Event) -> Option<&'static str> {
        let selects = |object: &Stored| self.selector.matches(&object.value);
        let before = event.before.as_deref().is_some_and(selects);
        let after = event.happened != Happened::Deleted && selects(&event.object);
        match (before, after) {
            (false, true) => Some("ADDED"),
            (true, true) => Some("MODIFIED"),
            (true, false) => Some("DELETED"),
            (false, false) => None,
        }
    }

    fn line(&self, lines: &mut Vec<u8>, word: &str, object: &Stored) {
        lines.extend_from_slice(format!("{{\"type\":\"{word}\",\"object\":").as_bytes());
        match self.layout {
            Some(layout) => {
                let rows = std::iter::once(&object.value);
                let table = layout.table(self.resource, &metadata_of_one(&object.value), rows);
                lines.extend_from_slice(table.to_string().as_bytes());
            }
            None => lines.extend_from_slice(&object.document(self.resource)),
        }
        lines.extend_from_slice(b"}\n");
    }

    fn bookmark(&self) -> Vec<u8> {
        let object: Value = json!({
            "kind": self.resource.kind(), "apiVersion": "v1",
            "metadata": {"resourceVersion": self.revision.to_string(), "creationTimestamp": null},
        });
        format!("{}\n", json!({"type": "BOOKMARK", "object": object})).into_bytes()
    }
}
