//! The objects of a sandbox, their revisions, and the history that watches and pages read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::api::admission::AdmissionRule;
use crate::api::resource::{Key, Resource};
use crate::object::set_metadata;

/// The number of changes in the history; a watch or page that starts before them gets 410.
const HISTORY: usize = 4_096;

/// One object as it was at one revision.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Without `kind` and `apiVersion`, as items of lists are.
    pub(crate) value: Value,
    /// The same as JSON text, made once: a list of many objects only joins them.
    pub(crate) json: Bytes,
    pub(crate) revision: u64,
}

impl Stored {
    fn new(mut value: Value, revision: u64) -> Self {
        set_metadata(&mut value, "resourceVersion", revision.to_string().into());
        let json = Bytes::from(value.to_string());
        Self { value, json, revision }
    }

    /// The whole object as JSON text.
    pub(crate) fn document(&self, resource: Resource) -> Vec<u8> {
        let mut text = format!("{{\"kind\":\"{}\",\"apiVersion\":\"v1\",", resource.kind()).into_bytes();
        text.extend_from_slice(&self.json[1..]);
        text
    }
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    Added,
    Modified,
    Deleted,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) happened: Happened,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Stored>>,
    /// The object after the change; for a deleted object, its last state with the revision of the deletion.
    pub(crate) object: Arc<Stored>,
}

/// What becomes due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A pod is scheduled and its containers are started.
    Start,
    /// A deleted pod's containers have ended.
    End,
    /// The garbage collector works off its finalizers.
    Collect,
}

/// Something that the sandbox does by itself at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) at: Timestamp,
    pub(crate) step: Step,
    pub(crate) key: Key,
    pub(crate) uid: String,
}

/// Everything that a sandbox holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) revision: u64,
    objects: BTreeMap<Key, Arc<Stored>>,
    history: VecDeque<Event>,
    /// The last revision that is no more in the history.
    pub(crate) forgotten: u64,
    pub(crate) due: BTreeSet<Due>,
    /// Scheduled pods that cannot start yet, because an image, a Secret or a key is missing.
    pub(crate) stuck: BTreeSet<Key>,
    /// What admission does to the object of the request under way.
    pub(crate) admission: Vec<AdmissionRule>,
}

impl State {
    /// No objects yet, but a revision: those before it are forgotten.
    pub(crate) fn at_revision(revision: u64) -> Self {
        Self { revision, forgotten: revision, ..Self::default() }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Stored>> {
        self.objects.get(key)
    }

    /// All objects as the API returns them.
    pub(crate) fn documents(&self) -> Vec<Value> {
        self.all().map(|(key, object)| key.resource.document(&object.value)).collect()
    }

    /// All objects of all kinds.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Stored>)> {
        self.objects.iter()
    }

    /// The objects of a kind, of one namespace or of all, after a place (exclusive), in order.
    pub(crate) fn range<'a>(
        &'a self,
        resource: Resource,
        namespace: &'a str,
        after: Option<&Key>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let first = Key::new(resource, namespace, "");
        let start = after.map_or(Bound::Included(first), |key| Bound::Excluded(key.clone()));
        self.objects
            .range((start, Bound::Unbounded))
            .take_while(move |(k, _)| k.resource == resource && (namespace.is_empty() || k.namespace == namespace))
    }

    /// Stores a new or changed object and gives it with its new revision.
    pub(crate) fn put(&mut self, key: &Key, value: Value) -> Arc<Stored> {
        self.revision += 1;
        let object = Arc::new(Stored::new(value, self.revision));
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        let happened = if before.is_some() { Happened::Modified } else { Happened::Added };
        self.remember(Event { happened, key: key.clone(), before, object: Arc::clone(&object) });
        object
    }

    /// Lets admission change an object that is about to be stored.
    pub(crate) fn mutate(&self, resource: Resource, object: &mut Value) {
        for rule in &self.admission {
            rule.mutate(resource, object);
        }
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Arc<Stored>> {
        let before = self.objects.remove(key)?;
        self.revision += 1;
        let object = Arc::new(Stored::new(before.value.clone(), self.revision));
        self.stuck.remove(key);
        self.remember(Event {
            happened: Happened::Deleted,
            key: key.clone(),
            before: Some(before),
            object: Arc::clone(&object),
        });
        Some(object)
    }

    /// Puts an object in with the revision it has, and no event: from a state file.
    pub(crate) fn restore(&mut self, key: Key, value: Value) {
        let revision = value["metadata"]["resourceVersion"].as_str().and_then(|r| r.parse().ok()).unwrap_or(1);
        self.objects.insert(key, Arc::new(Stored::new(value, revision)));
    }

    fn remember(&mut self, event: Event) {
        if self.history.len() >= HISTORY
            && let Some(old) = self.history.pop_front()
        {
            self.forgotten = old.object.revision;
        }
        self.history.push_back(event);
    }

    /// Forgets the history: older watches and pages get 410.
    pub(crate) fn compact(&mut self) {
        self.history.clear();
        self.forgotten = self.revision;
    }

    /// The changes after a revision; `None` if some of them are forgotten.
    pub(crate) fn since(&self, revision: u64) -> Option<impl Iterator<Item = &Event>> {
        if revision < self.forgotten {
            return None;
        }
        let first = self.history.partition_point(|e| e.object.revision <= revision);
        Some(self.history.range(first..))
    }

    /// The objects of a kind as they were at a revision; `None` if that is forgotten.
    pub(crate) fn at(&self, revision: u64, resource: Resource, namespace: &str) -> Option<BTreeMap<Key, Arc<Stored>>> {
        let mut objects: BTreeMap<Key, Arc<Stored>> =
            self.range(resource, namespace, None).map(|(k, o)| (k.clone(), Arc::clone(o))).collect();
        let later: Vec<&Event> = self.since(revision)?.collect();
        for event in later.into_iter().rev() {
            if event.key.resource != resource || !(namespace.is_empty() || event.key.namespace == namespace) {
                continue;
            }
            match &event.before {
                Some(before) => objects.insert(event.key.clone(), Arc::clone(before)),
                None => objects.remove(&event.key),
            };
        }
        Some(objects)
    }
}
