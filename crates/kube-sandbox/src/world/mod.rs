//! The simulated cluster: objects, image store, clock, faults, permissions and the requests it received.

pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod images;
pub(crate) mod import;
pub(crate) mod logs;
pub(crate) mod pod_lifecycle;
pub(crate) mod pod_status;
pub(crate) mod seed;
pub(crate) mod snapshot;
pub(crate) mod store;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::api::access::Access;
use super::api::admission::AdmissionRule;
use super::api::resource::{Key, Resource};
use super::http::status;
use crate::error::{Error, Result};
use clock::Clock;
use faults::{Fault, Faults};
use images::Images;
use store::State;

/// The number of requests that are recorded for tests.
const MOST_RECEIVED: usize = 100_000;

/// The cluster that a [`Sandbox`](crate::Sandbox) simulates: objects, an image store, a clock, faults and permissions.
#[derive(Debug)]
pub struct World {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    clock: Clock,
    /// The offset of the client's clock to the server's, in seconds; negative if it is behind.
    client_ahead: AtomicI64,
    images: Images,
    /// The current namespace, where it is not `default`.
    namespace: Mutex<Option<String>>,
    rules: Mutex<Rules>,
    received: Mutex<Vec<Received>>,
}

/// What tests order.
#[derive(Debug, Default)]
struct Rules {
    access: Access,
    faults: Faults,
    latency: Duration,
    admission: Vec<AdmissionRule>,
}

/// A request that a sandbox received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The HTTP method.
    pub method: String,
    /// The verb of permissions (`list`, `patch`, `deletecollection` …); empty for discovery.
    pub verb: String,
    /// The plural resource, with its subresource: `pods`, `pods/log`; empty for discovery.
    pub resource: String,
    /// The namespace; empty for all of them and for what has none.
    pub namespace: String,
    /// The object's name; empty for lists and for a POST.
    pub name: String,
    /// Whether the change was only rehearsed, as the API server understands the request.
    pub dry_run: bool,
    /// The path without the query.
    pub path: String,
    /// The `Content-Type` without parameters: distinguishes an apply from a merge patch.
    pub media_type: String,
}

impl World {
    /// A new cluster: the namespaces of the system, `default`, and no other objects.
    pub(crate) fn empty() -> Arc<Self> {
        let clock = Clock::default();
        let mut state = State::default();
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            state.seed(&Key::new(Resource::Namespaces, "", name), json!({"metadata": {}}), clock.now());
        }
        Self::new(state, clock, Images::default())
    }

    pub(crate) fn new(state: State, clock: Clock, images: Images) -> Arc<Self> {
        Arc::new(Self {
            changed: watch::Sender::new(state.revision),
            state: Mutex::new(state),
            clock,
            client_ahead: AtomicI64::new(0),
            images,
            namespace: Mutex::default(),
            rules: Mutex::default(),
            received: Mutex::default(),
        })
    }

    /// The current namespace: the default of every request.
    #[must_use]
    pub fn namespace(&self) -> String {
        self.current_namespace().unwrap_or_else(|| "default".to_owned())
    }

    /// The current namespace, where it is not `default`.
    pub(crate) fn current_namespace(&self) -> Option<String> {
        lock(&self.namespace).clone()
    }

    /// Sets the current namespace; none is `default`.
    pub(crate) fn set_namespace(&self, namespace: Option<String>) {
        *lock(&self.namespace) = namespace;
    }

    /// The time in this world.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time by the clock of the client's machine.
    #[must_use]
    pub fn client_now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.client_ahead.load(Ordering::Relaxed));
        let now = self.now();
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Sets the clock of the client's machine ahead of the server's by so many seconds, or behind it.
    pub fn set_client_clock(&self, seconds_ahead: i64) {
        self.client_ahead.store(seconds_ahead, Ordering::Relaxed);
    }

    /// Counts up with every change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.with_state(|state, _| state.revision)
    }

    /// Lets time pass: what would have happened by then has happened.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.with_state(|_, _| ());
        self.changed.send_modify(|_| ());
    }

    /// Puts an object in, past the API and without a request: it keeps the creation time, UID, deletion time and
    /// status that it brings. `kind` and `metadata.name` are needed; the namespace is `default` if there is none.
    ///
    /// # Errors
    /// The kind is none of the sandbox's, or there is no name.
    pub fn insert(&self, mut object: Value) -> Result<()> {
        let kind = object["kind"].as_str().unwrap_or_default();
        let resource = Resource::from_kind(kind).ok_or_else(|| Error::UnknownKind(kind.to_owned()))?;
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (name, namespace) = (text("name"), text("namespace"));
        if name.is_empty() {
            return Err(Error::MissingName);
        }
        let namespace = match namespace.as_str() {
            "" if resource.namespaced() => "default",
            given => given,
        };
        if let Some(map) = object.as_object_mut() {
            map.shift_remove("kind");
            map.shift_remove("apiVersion");
        }
        let key = Key::new(resource, namespace, &name);
        self.with_state(|state, now| state.seed(&key, object, now));
        Ok(())
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.received).clone()
    }

    /// Lets the `nth` request from now on (from 1) of a verb on a resource (either may be `*`) be answered
    /// with a status code and the failure that usually goes with it. It happens once.
    pub fn fail(&self, nth: usize, verb: &str, resource: &str, status: u16) {
        let retry_after = (status == 429).then_some(1);
        self.order(nth, verb, resource, Fault::Answer { status, retry_after });
    }

    /// Orders a fault for the `nth` request from now on (from 1) of a verb on a resource (either may be `*`). It
    /// happens once.
    pub fn order(&self, nth: usize, verb: &str, resource: &str, fault: Fault) {
        lock(&self.rules).faults.order(nth, verb, resource, fault);
    }

    /// Lets the connection of the `nth` request from now on break: before anything is done, or after it was
    /// done and before the answer.
    pub fn break_connection(&self, nth: usize, verb: &str, resource: &str, done: bool) {
        self.order(nth, verb, resource, if done { Fault::BreakAfter } else { Fault::BreakBefore });
    }

    /// Takes back all faults that have not happened yet.
    pub fn clear_faults(&self) {
        lock(&self.rules).faults = Faults::default();
    }

    /// Denies a verb on a resource (either may be `*`): 403 as RBAC words it, and access reviews say no.
    pub fn deny(&self, verb: &str, resource: &str) {
        lock(&self.rules).access.deny(verb, resource);
    }

    /// Lets admission do something to requests from now on.
    pub fn admit(&self, rule: AdmissionRule) {
        lock(&self.rules).admission.push(rule);
    }

    /// What admission does to requests of a verb on a resource.
    pub(crate) fn admission(&self, verb: &str, resource: &str) -> Vec<AdmissionRule> {
        lock(&self.rules).admission.iter().filter(|rule| rule.is_for(verb, resource)).cloned().collect()
    }

    /// Lets every request take so much longer.
    pub fn latency(&self, latency: Duration) {
        lock(&self.rules).latency = latency;
    }

    /// Forgets the history of changes: watches and lists that go on from before now get 410.
    pub fn compact(&self) {
        self.with_state(|state, _| state.compact());
    }

    /// Simulates a change that no watch sees, and forgets the history before it.
    pub(crate) fn forget(&self) {
        self.with_state(|state, _| {
            state.revision += 1;
            state.compact();
        });
    }

    /// The image store.
    #[must_use]
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// Works on the state after all due steps, and notifies the watches.
    pub(crate) fn with_state<T>(&self, work: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = lock(&self.state);
        let now = self.clock.now();
        state.tick(now, &self.images);
        let result = work(&mut state, now);
        let revision = state.revision;
        self.changed.send_if_modified(|known| std::mem::replace(known, revision) != revision);
        result
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn note(&self, received: Received) {
        let mut all = lock(&self.received);
        // a world that is served for days forgets the first ones
        if all.len() >= MOST_RECEIVED {
            all.drain(..MOST_RECEIVED / 2);
        }
        all.push(received);
    }

    pub(crate) fn strike(&self, verb: &str, resource: &str) -> Option<Fault> {
        lock(&self.rules).faults.strike(verb, resource)
    }

    pub(crate) fn current_latency(&self) -> Duration {
        lock(&self.rules).latency
    }

    pub(crate) fn check_access(&self, verb: &str, resource: &str, namespace: &str, name: &str) -> status::Result<()> {
        lock(&self.rules).access.check(verb, resource, namespace, name)
    }

    pub(crate) fn review(&self, review: Value) -> Value {
        lock(&self.rules).access.review(review)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
