//! Pods as they are now, and again whenever they change: a list, then a watch from its version on. Nothing is polled.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, Fields};
use super::list::{Collector, collect};
use super::references::{Reference, References};
use super::slim::{SlimPod, Texts};
use super::{Filter, Pod};
use crate::cluster::watch::{Event, Of, Watching};
use crate::cluster::{ApiResponse, Cluster};
use crate::error::{Error, Kind, Result};

/// What happens within so short a time is told at once.
const BURST: Duration = Duration::from_millis(150);
/// The first pause before a list that failed in the middle of a watch is asked for again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A pod and its last failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The pod.
    pub pod: Pod,
    /// Its last failure, if it has one.
    pub failure: Option<Failure>,
    /// The ConfigMaps and Secrets that its containers refer to.
    pub references: Vec<Reference>,
}

impl Seen {
    /// Whether a reader would see no difference; ages do not count.
    fn is_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.pod, &other.pod);
        let same = a.uid == b.uid && a.status == b.status && a.phase == b.phase && a.ready == b.ready;
        same && a.restarts == b.restarts && a.stuck == b.stuck && a.labels == b.labels && self.failure == other.failure
    }
}

/// The pods that a filter means, with their failures, by namespace and name.
///
/// # Errors
/// As [`list`](super::list).
pub async fn look(cluster: &Cluster, filter: &Filter) -> Result<Vec<Seen>> {
    let mut watch = PodWatch::new(cluster, filter.clone());
    watch.list().await?;
    Ok(watch.seen())
}

/// A watch of pods.
pub struct PodWatch {
    cluster: Cluster,
    filter: Filter,
    known: BTreeMap<(String, String), Seen>,
    texts: Texts,
    clock: Option<Clock>,
    watching: Option<Watching>,
    /// To be listed anew.
    forgotten: bool,
    /// When what has changed is told.
    due: Option<Instant>,
    trouble: Option<Error>,
    pause: Duration,
}

/// The server's clock, going on from the time of its last list.
#[derive(Clone, Copy)]
struct Clock {
    then: Timestamp,
    since: Instant,
}

impl Clock {
    fn now(self) -> Timestamp {
        self.then.checked_add(self.since.elapsed()).unwrap_or(self.then)
    }
}

impl PodWatch {
    /// A watch of the pods that a filter means; nothing is sent yet.
    #[must_use]
    pub fn new(cluster: &Cluster, filter: Filter) -> Self {
        Self {
            cluster: cluster.clone(),
            filter,
            known: BTreeMap::new(),
            texts: Texts::default(),
            clock: None,
            watching: None,
            forgotten: false,
            due: None,
            trouble: None,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits until there is something new to see, at first for the list. A wait that is given up loses nothing.
    ///
    /// # Errors
    /// The first list fails; the server does not let one watch.
    pub async fn changed(&mut self) -> Result<()> {
        if self.watching.is_none() {
            return self.list().await;
        }
        loop {
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.due = None;
                return Ok(());
            }
            if self.forgotten {
                self.list_again().await?;
                continue;
            }
            let Some(watching) = &mut self.watching else { return Ok(()) };
            let event = match self.due {
                None => watching.next().await?,
                Some(due) => match timeout_at(due, watching.next()).await {
                    Ok(event) => event?,
                    Err(_) => continue,
                },
            };
            self.take(event)?;
        }
    }

    /// The pods as they are known now, their ages of this moment.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let now = self.clock.map(Clock::now);
        let aged = self.known.values().map(|seen| {
            let mut seen = seen.clone();
            if let Some(now) = now {
                seen.pod.age = u64::try_from(now.duration_since(seen.pod.created).as_secs()).unwrap_or(0);
            }
            seen
        });
        aged.filter(|seen| self.filter.takes(&seen.pod)).collect()
    }

    /// The server's clock; ours before the first list.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.map_or_else(Timestamp::now, Clock::now)
    }

    /// Why what is seen may be out of date: the server cannot be reached.
    #[must_use]
    pub fn trouble(&self) -> Option<&Error> {
        self.trouble.as_ref()
    }

    async fn list(&mut self) -> Result<()> {
        self.filter.check()?;
        let (whole, version) = collect::<Whole>(&self.cluster, &self.filter).await?;
        let then = whole.now.unwrap_or_else(Timestamp::now);
        self.clock = Some(Clock { then, since: Instant::now() });
        let (cluster, dry_run) = (&self.cluster, self.cluster.is_dry_run());
        let there = |seen: &Seen| !(dry_run && cluster.imagined().pod_is_gone(&seen.pod.uid));
        let known = whole.seen.into_iter().filter(there).map(|seen| (place(&seen.pod), seen));
        self.known = known.collect();
        self.forgotten = false;
        match &mut self.watching {
            Some(watching) => watching.go_on(version),
            None => {
                let uri = format!("{}?{}", self.filter.path(cluster)?, self.filter.query()?);
                self.watching = Some(Watching::new(cluster, uri, version));
            }
        }
        Ok(())
    }

    /// Lists anew, again and again while the server is away.
    async fn list_again(&mut self) -> Result<()> {
        match self.list().await {
            Ok(()) => {
                self.pause = FIRST_PAUSE;
                self.trouble = None;
                self.tell();
                Ok(())
            }
            Err(error) if matches!(error.kind, Kind::Unreachable | Kind::Timeout | Kind::Failed) => {
                if self.trouble.replace(error).is_none() {
                    self.tell();
                }
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Put(line) => {
                let new = self.read(&line)?;
                let old = self.known.insert(place(&new.pod), new.clone());
                if !old.is_some_and(|old| old.is_like(&new)) {
                    self.tell();
                }
            }
            Event::Gone(line) => {
                let old = self.read(&line)?;
                if self.known.remove(&place(&old.pod)).is_some() {
                    self.tell();
                }
            }
            Event::Forgotten => self.forgotten = true,
            Event::Lost(error) => {
                self.trouble = Some(error);
                self.tell();
            }
            Event::Found => {
                self.trouble = None;
                self.tell();
            }
        }
        Ok(())
    }

    fn tell(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + BURST);
    }

    fn read(&mut self, line: &Bytes) -> Result<Seen> {
        let now = self.now();
        let unreadable = |_| Error::failed("the server tells of a pod in words that are none of the API's");
        let pod: Of<SlimPod<'_>> = serde_json::from_slice(line).map_err(unreadable)?;
        let fields: Of<Fields<'_>> = serde_json::from_slice(line).map_err(unreadable)?;
        let pod = pod.object.into_pod(&mut self.texts, now);
        let references: Of<References<'_>> = serde_json::from_slice(line).map_err(unreadable)?;
        let failure = fields.object.failure(&pod);
        Ok(Seen { pod, failure, references: references.object.uses() })
    }
}

fn place(pod: &Pod) -> (String, String) {
    (pod.namespace.to_string(), pod.name.clone())
}

/// All pods of a list, with their failures.
#[derive(Default)]
struct Whole {
    seen: Vec<Seen>,
    texts: Texts,
    now: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Option<Vec<T>>,
}

impl Collector for Whole {
    fn add(mut self, answer: &ApiResponse) -> Result<Self> {
        let now = *self.now.get_or_insert(answer.now);
        let pods: Page<SlimPod<'_>> = super::list::borrow(answer)?;
        let fields: Page<Fields<'_>> = super::list::borrow(answer)?;
        let references: Page<References<'_>> = super::list::borrow(answer)?;
        let fields = fields.items.into_iter().flatten().zip(references.items.into_iter().flatten());
        for (pod, (fields, references)) in pods.items.into_iter().flatten().zip(fields) {
            let pod = pod.into_pod(&mut self.texts, now);
            let failure = fields.failure(&pod);
            self.seen.push(Seen { pod, failure, references: references.uses() });
        }
        Ok(self)
    }
}
