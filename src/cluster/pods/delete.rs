//! Deletes pods, many at once, each with its UID as precondition, so that a new pod of the same name is never hit. One
//! failure does not stop the others.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::json;

use super::wait::{self, Holdups};
use super::{GATEWAY, MANAGED_BY, Pod};
use crate::cluster::{ApiResponse, Cluster, names, termination};
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Outcome};

/// How to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteOptions {
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// Wait this long until the pods are gone.
    pub wait: Option<Duration>,
    /// Also pods that another object owns, which would make them again.
    pub include_owned: bool,
    /// Seconds the containers get to end; `None` leaves it to the pod.
    pub grace: Option<u32>,
    /// As `kubectl delete --force`: no grace period, so that the object does not wait for its node.
    pub force: bool,
}

/// So many requests that the server can write several changes at a time, and fewer than the 200 changes that it has under
/// way at most (kube-apiserver, `--max-mutating-requests-inflight`).
const AT_ONCE: usize = 128;

impl Default for DeleteOptions {
    fn default() -> Self {
        Self { concurrency: AT_ONCE, wait: None, include_owned: false, grace: None, force: false }
    }
}

/// What became of one pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The server deletes it, or has done so; a dry run would.
    Deleted,
    /// It is deleted, but still exists: a finalizer holds it, or its node does not confirm its end.
    Terminating,
    /// It was gone already.
    Gone,
    /// It was left alone.
    Kept,
    /// It could not be deleted.
    Failed,
}

impl Removal {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Terminating => "terminating",
            Self::Gone => "gone",
            Self::Kept => "kept",
            Self::Failed => "failed",
        }
    }
}

/// What became of one pod, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The pod's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What became of it.
    pub result: Removal,
    /// Why, where there is something to say; else empty.
    pub reason: String,
}

/// What is known while pods are deleted.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The result of one pod.
    Result(&'a Deletion),
    /// What keeps a pod from ending that is waited for, as one line.
    Waiting(&'a str),
}

impl Deletion {
    fn new(pod: &Pod, result: Removal, reason: impl Into<String>) -> Self {
        Self { name: pod.name.clone(), namespace: pod.namespace.to_string(), result, reason: reason.into() }
    }
}

/// Deletes pods and tells of each, in the order in which they were given. `progress` is told of each pod as soon
/// as its fate is known, and of what keeps pods from ending while they are waited for.
///
/// # Errors
/// A pod that the gateway did not make is among them, or the connection is read-only: nothing is deleted then,
/// whatever the options. Failures of single pods are no errors but results.
pub async fn delete(
    cluster: &Cluster,
    pods: Vec<Pod>,
    options: &DeleteOptions,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Vec<Deletion>> {
    refuse_foreign(&pods)?;
    cluster.check_change("delete", "pods")?;
    let mut results: Vec<Option<Deletion>> = pods.iter().map(|_| None).collect();
    let mut to_delete = Vec::with_capacity(pods.len());
    for (index, pod) in pods.iter().enumerate() {
        if pod.owned && !options.include_owned {
            let kept = Deletion::new(pod, Removal::Kept, "another object owns it and would make it again");
            progress(Progress::Result(&kept));
            results[index] = Some(kept);
        } else {
            to_delete.push((index, pod));
        }
    }
    let body = body(options);
    let forced = options.force;
    let mut running = stream::iter(to_delete)
        .map(|(index, pod)| {
            let body = &body;
            async move { (index, delete_one(cluster, pod, body, forced).await) }
        })
        .buffer_unordered(options.concurrency.max(1));
    while let Some((index, result)) = running.next().await {
        let deletion = result?;
        progress(Progress::Result(&deletion));
        results[index] = Some(deletion);
    }
    drop(running);
    let mut results: Vec<Deletion> = results.into_iter().flatten().collect();
    if cluster.is_dry_run() {
        plan(cluster, &pods, &results);
    }
    if let Some(timeout) = options.wait
        && !cluster.is_dry_run()
    {
        let mut report = |line: &str| progress(Progress::Waiting(line));
        confirm(cluster, &pods, &mut results, timeout, &mut Holdups::new(&mut report)).await;
    }
    Ok(results)
}

/// Refuses pods that the gateway did not make; [`delete`] does so itself, and a preview wants to know before it asks.
///
/// # Errors
/// [`Kind::Refused`], naming them.
pub fn refuse_foreign(pods: &[Pod]) -> Result<()> {
    let foreign: Vec<&Pod> = pods.iter().filter(|pod| !pod.managed).collect();
    let Some(first) = foreign.first() else { return Ok(()) };
    let mut error = Error::new(Kind::Refused, "refusing to delete pods that the gateway did not make")
        .cause(format!("they have no label `{MANAGED_BY}={GATEWAY}`; nothing was deleted"))
        .object(format!("pod/{}", first.name));
    for pod in foreign {
        error = error.detail(format!("pod `{}` in namespace `{}`", pod.name, pod.namespace));
    }
    Err(error)
}

/// The body of each deletion but for the precondition.
fn body(options: &DeleteOptions) -> serde_json::Map<String, serde_json::Value> {
    let mut body = serde_json::Map::new();
    body.insert("apiVersion".to_owned(), json!("v1"));
    body.insert("kind".to_owned(), json!("DeleteOptions"));
    // nothing depends on a gateway's pod: in the foreground each waits for the garbage collector for no gain, and the server
    // gets half as many done (measured with Kubernetes 1.34: 226 a second, 342 to 450 in the background)
    body.insert("propagationPolicy".to_owned(), json!("Background"));
    if let Some(seconds) = options.grace.or(options.force.then_some(0)) {
        body.insert("gracePeriodSeconds".to_owned(), json!(seconds));
    }
    body
}

/// Deletes one pod. An error is one that ends everything (a refusal of the guard); all else is a result.
async fn delete_one(
    cluster: &Cluster,
    pod: &Pod,
    body: &serde_json::Map<String, serde_json::Value>,
    forced: bool,
) -> Result<Deletion> {
    names::check_name("pod", &pod.name)?;
    let mut body = body.clone();
    body.insert("preconditions".to_owned(), json!({ "uid": pod.uid }));
    let body = serde_json::to_vec(&body).map_err(|_| Error::failed("a deletion could not be written"))?;
    let request = Request::delete(format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name))
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|_| Error::failed("a deletion could not be written"))?;
    let planned = cluster.is_dry_run();
    if !planned {
        note(cluster, pod, Outcome::Unknown);
    }
    let deletion = match cluster.exchange(request).await {
        Ok(answer) => judge(cluster, pod, &answer),
        Err(error) if error.kind.is_final() => {
            note(cluster, pod, Outcome::Failed(error.to_string()));
            return Err(error);
        }
        Err(error) => Deletion::new(pod, Removal::Failed, error.to_string()),
    };
    match &deletion.result {
        Removal::Failed => note(cluster, pod, Outcome::Failed(deletion.reason.clone())),
        Removal::Terminating if !planned => {
            note(cluster, pod, Outcome::Failed(deletion.reason.clone()));
            let lines =
                vec![format!("delete pod/{}: {}", pod.name, deletion.reason), format!("  {}", pod.way_out(forced))];
            cluster.recorder().explain("pod", &pod.name, lines);
        }
        _ if planned => {}
        result => note(cluster, pod, Outcome::Done(result.name().to_owned())),
    }
    Ok(deletion)
}

/// Notes the plan of a dry run in the order of the pods, not in that of the answers. Nothing would be done to a pod
/// that is gone.
fn plan(cluster: &Cluster, pods: &[Pod], results: &[Deletion]) {
    for (pod, deletion) in pods.iter().zip(results) {
        match deletion.result {
            Removal::Deleted => cluster.imagined().forget_pod(&pod.uid),
            Removal::Terminating => {}
            _ => continue,
        }
        note(cluster, pod, Outcome::Planned);
    }
}

fn judge(cluster: &Cluster, pod: &Pod, answer: &ApiResponse) -> Deletion {
    match answer.status {
        status if status.is_success() => match termination::stuck_in(answer) {
            Some(why) => Deletion::new(pod, Removal::Terminating, why),
            None => Deletion::new(pod, Removal::Deleted, ""),
        },
        _ if answer.is_of_admission() => Deletion::new(pod, Removal::Failed, cluster.refusal(answer).to_string()),
        StatusCode::NOT_FOUND => Deletion::new(pod, Removal::Gone, ""),
        StatusCode::CONFLICT => Deletion::new(pod, Removal::Gone, "a new pod has its name now, which was left alone"),
        _ => Deletion::new(pod, Removal::Failed, cluster.refusal(answer).to_string()),
    }
}

/// Waits until deleted pods are gone and turns those that are not, or may not be, into failures.
async fn confirm(
    cluster: &Cluster,
    pods: &[Pod],
    results: &mut [Deletion],
    timeout: Duration,
    holdups: &mut Holdups<'_>,
) {
    let mut deleted: Vec<(&Pod, &mut Deletion)> =
        pods.iter().zip(results.iter_mut()).filter(|(_, result)| is_on_its_way(result.result)).collect();
    let left = wait::until_gone(cluster, deleted.iter().map(|(pod, _)| *pod), timeout, holdups).await;
    for (pod, deletion) in &mut deleted {
        deletion.reason = match &left {
            Ok(left) => match left.get(&pod.uid) {
                Some(status) => format!("not gone after {}: {status}", duration::exact(timeout)),
                None if deletion.result == Removal::Deleted => continue,
                None => {
                    deletion.result = Removal::Deleted;
                    deletion.reason.clear();
                    note(cluster, pod, Outcome::Done(Removal::Deleted.name().to_owned()));
                    continue;
                }
            },
            Err(error) => format!("deleted, but nobody knows whether it is gone: {error}"),
        };
        if deletion.result == Removal::Deleted {
            deletion.result = Removal::Failed;
        }
        note(cluster, pod, Outcome::Failed(deletion.reason.clone()));
    }
}

/// Whether the server took the deletion, so that it can be waited for.
fn is_on_its_way(result: Removal) -> bool {
    matches!(result, Removal::Deleted | Removal::Terminating)
}

fn note(cluster: &Cluster, pod: &Pod, outcome: Outcome) {
    cluster.recorder().change(Change {
        action: Action::Delete,
        kind: "pod",
        name: pod.name.clone(),
        namespace: pod.namespace.to_string(),
        keys: Vec::new(),
        note: description(pod),
        outcome,
    });
}

/// What helps to recognise a pod: `session mcp-gateway-0c11d2e3, 3d14h old`.
fn description(pod: &Pod) -> String {
    let age = duration::age(i64::try_from(pod.age).unwrap_or(i64::MAX));
    let mut text =
        if pod.session.is_empty() { format!("{age} old") } else { format!("session {}, {age} old", pod.session) };
    if !pod.finalizers.is_empty() {
        text.push_str(&format!(", held by {}", pod.finalizers.join(", ")));
    }
    text
}
