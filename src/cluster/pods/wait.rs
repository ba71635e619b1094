//! Waits until pods are as wished. None there yet means: keep waiting.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Filter, Pod, list};
use crate::cluster::Cluster;
use crate::duration;
use crate::error::{Error, Kind, Result};

/// The first pause between two looks; they grow to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How many pods the error of a wait names.
const NAMED: usize = 5;

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At least this many pods run.
    Running(usize),
    /// At least this many pods are there, in whatever state.
    Count(usize),
    /// At least this many pods have ended.
    Finished(usize),
    /// No pod is there any more.
    Gone,
}

impl Until {
    fn holds(self, pods: &[Pod]) -> bool {
        match self {
            Self::Running(count) => pods.iter().filter(|pod| pod.is_running()).count() >= count,
            Self::Count(count) => pods.len() >= count,
            Self::Finished(count) => pods.iter().filter(|pod| pod.is_finished()).count() >= count,
            Self::Gone => pods.is_empty(),
        }
    }

    fn wish(self) -> String {
        match self {
            Self::Running(count) => format!("{count} running"),
            Self::Count(count) => format!("{count}"),
            Self::Finished(count) => format!("{count} finished"),
            Self::Gone => "none".to_owned(),
        }
    }
}

/// What keeps pods from ending, reported while they are waited for: each finalizer once, however many pods it holds.
pub(super) struct Holdups<'a> {
    report: &'a mut (dyn FnMut(&str) + Send),
    known: BTreeSet<String>,
}

impl<'a> Holdups<'a> {
    /// `report` gets one line for each.
    pub(super) fn new(report: &'a mut (dyn FnMut(&str) + Send)) -> Self {
        Self { report, known: BTreeSet::new() }
    }

    fn check(&mut self, pod: &Pod) {
        if !pod.stuck.is_empty() && self.known.insert(pod.finalizers.join(",")) {
            (self.report)(&format!("waiting for pod `{}`: {}", pod.name, pod.stuck));
        }
    }
}

/// Waits until the pods that a filter means are as wished, and gives them. A dry run does not wait. `report` gets a line
/// about each finalizer that keeps pods from ending, if they are waited for.
///
/// # Errors
/// The time is over: the error names the selector and what was seen last. The server cannot be asked.
pub async fn wait(
    cluster: &Cluster,
    filter: &Filter,
    until: Until,
    timeout: Duration,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Vec<Pod>> {
    let mut holdups = Holdups::new(report);
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let pods = list(cluster, filter).await?;
        if cluster.is_dry_run() || until.holds(&pods) {
            return Ok(pods);
        }
        if until == Until::Gone {
            pods.iter().for_each(|pod| holdups.check(pod));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(over(cluster, filter, until, timeout, &pods));
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn over(cluster: &Cluster, filter: &Filter, until: Until, timeout: Duration, pods: &[Pod]) -> Error {
    let selector = filter.label_selector().unwrap_or_default();
    let place = match filter.place(cluster) {
        Ok("") | Err(_) => "all namespaces".to_owned(),
        Ok(namespace) => format!("namespace `{namespace}`"),
    };
    let timeout = duration::exact(timeout);
    let mut error = Error::new(
        Kind::Timeout,
        format!("waited {timeout} for pods `{selector}` in {place}: wanted {}", until.wish()),
    );
    for pod in pods.iter().take(NAMED) {
        let reason = if pod.reason.is_empty() { String::new() } else { format!(": {}", pod.reason) };
        error = error.detail(format!("{}  {}{reason}", pod.name, pod.status));
    }
    if pods.len() > NAMED {
        error = error.detail(format!("and {} more", pods.len() - NAMED));
    }
    error.cause(format!("last seen: {}", seen(pods)))
}

/// `2 Running, 1 CrashLoopBackOff`.
fn seen(pods: &[Pod]) -> String {
    if pods.is_empty() {
        return "no pod".to_owned();
    }
    let statuses: BTreeSet<&str> = pods.iter().map(|pod| &*pod.status).collect();
    let count = |status: &str| pods.iter().filter(|pod| &*pod.status == status).count();
    statuses.into_iter().map(|status| format!("{} {status}", count(status))).collect::<Vec<_>>().join(", ")
}

/// Waits until pods are gone. Gives those that are not when the time is over: UID and status.
pub(super) async fn until_gone(
    cluster: &Cluster,
    pods: impl Iterator<Item = &Pod>,
    timeout: Duration,
    holdups: &mut Holdups<'_>,
) -> Result<HashMap<String, String>> {
    let mut left: HashMap<String, String> = HashMap::new();
    let mut namespaces: BTreeSet<String> = BTreeSet::new();
    for pod in pods {
        left.insert(pod.uid.clone(), pod.standing().to_owned());
        namespaces.insert(pod.namespace.to_string());
    }
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    while !left.is_empty() {
        let mut there = HashMap::new();
        for namespace in &namespaces {
            let filter = Filter { namespace: Some(namespace.clone()), ..Filter::default() };
            for pod in list(cluster, &filter).await? {
                if left.contains_key(&pod.uid) {
                    holdups.check(&pod);
                    there.insert(pod.uid.clone(), pod.standing().to_owned());
                }
            }
        }
        left = there;
        let time = deadline.saturating_duration_since(Instant::now());
        if left.is_empty() || time.is_zero() {
            break;
        }
        sleep(pause.min(time)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(left)
}
