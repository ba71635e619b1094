//! Carries out a plan: one apply under the owner, locked to the resource version that was read.

use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use jiff::Timestamp;

use super::adopt::{self, Adopted};
use super::document::document;
use super::imagined::imagine;
use super::plan::{Desired, LabelLeft, ObjectPlan, PlannedResult, plan};
use super::read::{object, path, unwritable};
use super::{Object, ObjectKind, admission, conflict};
use crate::cluster::connection::effects::Inquiry;
use crate::cluster::{ApiResponse, Cluster};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Effect, KeyChange, Outcome};

/// How often a plan is made anew because somebody changed the object in between.
const REPLANS: usize = 2;

/// A resource version that no object has: etcd's first is 2. An apply with it makes an object that is not there, and is
/// a conflict where somebody has made it since it was looked for (seen). Without it, the keys that another run under
/// the same owner has just applied would go.
const NEVER: &str = "1";

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppliedResult {
    /// It is new.
    Created,
    /// It was written.
    Configured,
    /// Nothing was sent: all was as it should be.
    Unchanged,
    /// It was written by a user who may not read it.
    Applied,
}

impl AppliedResult {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
            Self::Applied => "applied",
        }
    }
}

/// What became of an object, and of its keys.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What became of it.
    pub result: AppliedResult,
    /// Keys that were added, changed and removed, by name.
    pub keys: Vec<KeyChange>,
    /// Live keys of the owner that were not in the document and were sent again.
    pub kept: Vec<String>,
    /// Labels that others hold and that were left alone.
    pub labels_left: Vec<LabelLeft>,
    /// No value differed; only who holds which key was written.
    pub ownership_only: bool,
    /// The last change of the object: this one, or where nothing was sent the one before.
    pub last: LastChange,
    /// What else there is to say, like that a dry run was planned from a read; else empty.
    pub note: String,
    /// What admission of the cluster made of it: how the server's answer differs from what was sent.
    pub admission: Vec<String>,
}

/// When an object was last changed, and what it holds where that is not this change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastChange {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Every key of an object that was found as it should be; nobody knows which of them was changed then.
    pub keys: Vec<String>,
}

impl LastChange {
    /// A change of this moment, by this machine's clock.
    #[must_use]
    pub fn now() -> Self {
        Self { at: Timestamp::now(), keys: Vec::new() }
    }
}

/// Plans and carries out in one go.
///
/// # Errors
/// As [`plan()`] and [`execute`].
pub async fn apply(cluster: &Cluster, desired: Desired, force: bool) -> Result<Applied> {
    let plan = plan(cluster, desired).await?;
    execute(cluster, plan, force).await
}

/// Carries out a plan. With `force`, keys that others hold are taken over. A dry run has the server judge it.
///
/// # Errors
/// Keys belong to others and `force` is not given; the object was changed in between in a way that makes it
/// another plan; the server cannot be asked or says no.
pub async fn execute(cluster: &Cluster, shown: ObjectPlan, force: bool) -> Result<Applied> {
    if shown.result == PlannedResult::Unchanged {
        return Ok(applied(shown, AppliedResult::Unchanged, ""));
    }
    if !force && !shown.conflicts.is_empty() {
        return Err(conflict::error(&shown, &shown.conflicts));
    }
    cluster.check_change("patch", shown.kind.resource())?;
    if shown.result != PlannedResult::Configured {
        cluster.check_change("create", shown.kind.resource())?;
    }
    let journal = Journal { cluster, shown: &shown };
    if !cluster.is_dry_run() {
        journal.note(&shown.keys, Outcome::Unknown, "");
    }
    match attempts(cluster, &shown, force).await {
        Ok(done) if done.result == AppliedResult::Unchanged => {
            // the server took it and changed nothing: what differed is what admission makes of it
            journal.withdraw();
            Ok(done)
        }
        Ok(done) => {
            let outcome =
                if cluster.is_dry_run() { Outcome::Planned } else { Outcome::Done(done.result.name().to_owned()) };
            journal.note(&done.keys, outcome, &done.note);
            Ok(done)
        }
        Err(error) => {
            journal.note(&shown.keys, Outcome::Failed(error.to_string()), "");
            Err(error)
        }
    }
}

/// Sends the plan, and plans anew where somebody changed the object in between: what was shown is what is done,
/// so a new plan may do less, but nothing else.
async fn attempts(cluster: &Cluster, shown: &ObjectPlan, force: bool) -> Result<Applied> {
    let mut current = shown.clone();
    for _ in 0..=REPLANS {
        if let Attempt::Done(done) = send(cluster, &current, force).await? {
            return Ok(*done);
        }
        current = plan(cluster, shown.desired.clone()).await?;
        if current.result == PlannedResult::Unchanged {
            return Ok(applied(current, AppliedResult::Unchanged, ""));
        }
        if !current.is_within(shown) {
            break;
        }
    }
    let what = Object::described(shown.kind, &shown.namespace, &shown.name);
    Err(Error::new(Kind::Conflict, format!("{what} was changed by somebody else meanwhile"))
        .object(format!("{}/{}", shown.kind.name(), shown.name))
        .hint("run the command again, and look at what it shows"))
}

enum Attempt {
    Done(Box<Applied>),
    /// The object is not what was read any more.
    Outdated,
}

async fn send(cluster: &Cluster, plan: &ObjectPlan, force: bool) -> Result<Attempt> {
    let (kind, namespace, name) = (plan.kind, plan.namespace.as_str(), plan.name.as_str());
    if cluster.is_dry_run() && cluster.imagined().object(kind, namespace, name).is_some() {
        // The server knows nothing of what earlier steps would have done, so its judgement would be of another object.
        return Ok(imagined(cluster, plan, ""));
    }
    let Some(adoption) = &plan.adoption else { return send_apply(cluster, plan, force).await };
    match adopt::send(cluster, plan, adoption).await? {
        Adopted::Outdated => Ok(Attempt::Outdated),
        // the server has judged the adoption, and would judge the apply without it
        Adopted::Done(_) if cluster.is_dry_run() => Ok(imagined(cluster, plan, "")),
        Adopted::Done(version) => {
            let mut plan = plan.clone();
            if let Some(live) = &mut plan.live {
                live.resource_version = version;
            }
            send_apply(cluster, &plan, force).await.map_err(|error| {
                let count = adoption.keys.len();
                error.detail(format!("the keys are adopted ({count} of them); what was to become of them is not done"))
            })
        }
    }
}

async fn send_apply(cluster: &Cluster, plan: &ObjectPlan, force: bool) -> Result<Attempt> {
    let (kind, namespace, name) = (plan.kind, plan.namespace.as_str(), plan.name.as_str());
    let answer = cluster.exchange(request(plan, force)?).await?;
    match answer.status {
        status if status.is_success() => {
            let result = match (status, plan.result) {
                (StatusCode::CREATED, _) => AppliedResult::Created,
                (_, PlannedResult::Applied) => AppliedResult::Applied,
                _ => AppliedResult::Configured,
            };
            if answer.status == StatusCode::CREATED {
                // an apply that makes an object needs the right to create as well as that to patch
                cluster.recorder().effect(Effect::cluster("create", kind.resource()))?;
            }
            let after = object(kind, &answer)?;
            let admission = admission::differences(&plan.sent, plan.live.as_ref(), &after);
            let rewritten = plan
                .live
                .as_ref()
                .is_none_or(|live| live.resource_version.is_empty() || live.resource_version != after.resource_version);
            // a dry run is answered with the old version whatever it would change
            let unchanged = if cluster.is_dry_run() {
                admission::is_same(plan, &after)
            } else {
                !rewritten && plan.adoption.is_none()
            };
            if unchanged {
                let mut done = applied(without_changes(plan), AppliedResult::Unchanged, "");
                done.admission = admission;
                return Ok(Attempt::Done(Box::new(done)));
            }
            let mut done = applied(plan.clone(), result, "");
            done.admission = admission;
            done.last.at = answer.now;
            // A key that another manager came to hold stays, whatever was planned.
            done.keys.retain(|key| !matches!(key, KeyChange::Removed(key) if after.data.contains_key(key)));
            if cluster.is_dry_run() {
                let mut after = after;
                if plan.live.is_none() {
                    // the server repeats the version that was sent, of an object that is not there
                    after.resource_version.clear();
                }
                cluster.imagined().set_object(kind, namespace, name, Some(after));
            }
            Ok(Attempt::Done(Box::new(done)))
        }
        _ if answer.is_of_admission() && !cannot_judge(&answer) => Err(cluster.refusal(&answer)),
        StatusCode::CONFLICT => {
            let conflicts = conflict::told(&answer.reason());
            if conflicts.is_empty() { Ok(Attempt::Outdated) } else { Err(conflict::error(plan, &conflicts)) }
        }
        StatusCode::NOT_FOUND if plan.live.is_some() => Ok(Attempt::Outdated),
        StatusCode::BAD_REQUEST if cluster.is_dry_run() && cannot_judge(&answer) => {
            Ok(imagined(cluster, plan, "planned from a read: a webhook of the cluster cannot judge dry runs"))
        }
        _ => Err(cluster.refusal(&answer)),
    }
}

/// The plan as it is where the server finds nothing to change.
fn without_changes(plan: &ObjectPlan) -> ObjectPlan {
    ObjectPlan {
        result: PlannedResult::Unchanged,
        keys: Vec::new(),
        labels: Vec::new(),
        ownership_only: false,
        ..plan.clone()
    }
}

/// Has the server judge a plan (`dryRun=All`) without carrying it out, for one of several that must not be begun in vain,
/// and for a plan that admission may explain. Gives the plan as the server sees it. What cannot be judged stays as it is.
///
/// # Errors
/// What carrying it out would meet: fields of others, a denial, a quota, an object that cannot change.
pub async fn judge(cluster: &Cluster, plan: ObjectPlan, force: bool) -> Result<ObjectPlan> {
    let is_imagined = cluster.imagined().object(plan.kind, &plan.namespace, &plan.name).is_some();
    if plan.result == PlannedResult::Unchanged || plan.adoption.is_some() || is_imagined {
        return Ok(plan);
    }
    let mut request = request(&plan, force)?;
    let uri = format!("{}&dryRun=All", request.uri());
    *request.uri_mut() = uri.parse().map_err(|_| unwritable())?;
    request.extensions_mut().insert(Inquiry);
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => {
            let after = object(plan.kind, &answer)?;
            Ok(if admission::is_same(&plan, &after) { without_changes(&plan) } else { plan })
        }
        _ if answer.is_of_admission() && !cannot_judge(&answer) => Err(cluster.refusal(&answer)),
        StatusCode::CONFLICT => match conflict::told(&answer.reason()).as_slice() {
            // somebody has changed it since it was read: that is found, and planned anew, when it is carried out
            [] => Ok(plan),
            conflicts => Err(conflict::error(&plan, conflicts)),
        },
        StatusCode::NOT_FOUND if plan.live.is_some() => Ok(plan),
        StatusCode::BAD_REQUEST if cannot_judge(&answer) => Ok(plan),
        _ => Err(cluster.refusal(&answer)),
    }
}

/// The same for a look that changes nothing, as `diff`: asked only where admission may be why a plan is not `unchanged`,
/// and where the run may ask. An answer that says no leaves the plan as it is.
///
/// # Errors
/// Interrupted.
pub async fn judge_look(cluster: &Cluster, plan: ObjectPlan) -> Result<ObjectPlan> {
    if plan.result != PlannedResult::Configured
        || !admission::may_explain(&plan)
        || !cluster.may_ask("patch", plan.kind.resource())
    {
        return Ok(plan);
    }
    match judge(cluster, plan.clone(), false).await {
        Err(error) if error.kind.is_final() => Err(error),
        judged => Ok(judged.unwrap_or(plan)),
    }
}

/// Whether a dry run failed only because an admission webhook has side effects.
fn cannot_judge(answer: &ApiResponse) -> bool {
    answer.reason().message.contains("does not support dry run")
}

fn imagined(cluster: &Cluster, plan: &ObjectPlan, note: &str) -> Attempt {
    cluster.imagined().set_object(plan.kind, &plan.namespace, &plan.name, Some(imagine(plan)));
    let result = match plan.result {
        PlannedResult::Created => AppliedResult::Created,
        PlannedResult::Applied => AppliedResult::Applied,
        _ => AppliedResult::Configured,
    };
    Attempt::Done(Box::new(applied(plan.clone(), result, note)))
}

fn request(plan: &ObjectPlan, force: bool) -> Result<Request<Vec<u8>>> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("fieldManager", &plan.desired.owner);
    if force {
        query.append_pair("force", "true");
    }
    let mut document = document(plan);
    if plan.result == PlannedResult::Created {
        document["metadata"]["resourceVersion"] = NEVER.into();
    }
    let body = serde_json::to_vec(&document).map_err(|_| unwritable())?;
    Request::patch(format!("{}?{}", path(plan.kind, &plan.namespace, &plan.name), query.finish()))
        .header(CONTENT_TYPE, "application/apply-patch+yaml")
        .body(body)
        .map_err(|_| unwritable())
}

fn applied(plan: ObjectPlan, result: AppliedResult, note: &str) -> Applied {
    let last = match &plan.live {
        Some(live) if result == AppliedResult::Unchanged => {
            LastChange { at: live.changed, keys: live.data.keys().cloned().collect() }
        }
        _ => LastChange::now(),
    };
    Applied {
        kind: plan.kind,
        name: plan.name,
        namespace: plan.namespace,
        result,
        keys: plan.keys,
        kept: plan.kept,
        labels_left: plan.labels_left,
        ownership_only: plan.ownership_only,
        last,
        note: note.to_owned(),
        admission: Vec::new(),
    }
}

/// Notes the change in the record, always as the one that was shown.
struct Journal<'a> {
    cluster: &'a Cluster,
    shown: &'a ObjectPlan,
}

impl Journal<'_> {
    /// Forgets the change: nothing was changed.
    fn withdraw(&self) {
        let shown = self.shown;
        let action = if shown.result == PlannedResult::Created { Action::Create } else { Action::Change };
        self.cluster.recorder().withdraw(action, shown.kind.name(), &shown.name, &shown.namespace);
    }

    fn note(&self, keys: &[KeyChange], outcome: Outcome, further: &str) {
        let shown = self.shown;
        let mut notes = Vec::new();
        if shown.ownership_only {
            notes.push("ownership only".to_owned());
        }
        if !shown.adopted.is_empty() {
            let keys: Vec<&str> = shown.adopted.iter().map(|adopted| adopted.key.as_str()).collect();
            notes.push(format!("adopts {}", keys.join(", ")));
        }
        if !shown.kept.is_empty() {
            notes.push(format!("keeps {}", shown.kept.join(", ")));
        }
        if !further.is_empty() {
            notes.push(further.to_owned());
        }
        let created = shown.result == PlannedResult::Created;
        self.cluster.recorder().change(Change {
            action: if created { Action::Create } else { Action::Change },
            kind: shown.kind.name(),
            name: shown.name.clone(),
            namespace: shown.namespace.clone(),
            keys: keys.to_vec(),
            note: notes.join("; "),
            outcome,
        });
    }
}
