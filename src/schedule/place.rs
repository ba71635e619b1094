//! Puts a schedule on the server, and takes away what it had and needs no more.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::cluster::documents::{self, DocumentKind, Made};
use crate::cluster::pods::{self, Admission};
use crate::error::{Error, Kind, Result};

use super::manifest::Plan;
use super::names::OWNER;
use super::remove::own;

/// The result for one of its objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The word for its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `created`, `configured`, `unchanged`, `deleted`.
    pub result: &'static str,
}

/// Has the server judge the pod of a run of a CronJob or Job template: quotas, LimitRanges, Pod Security and webhooks
/// refuse pods, not schedules, so that one which can never run would be called fine. Its account may not exist yet, and
/// does not matter for that.
///
/// # Errors
/// The server cannot be reached; the namespace does not exist.
pub async fn judge_pod(cluster: &Cluster, namespace: &str, cron_job: &Value) -> Result<Admission> {
    let template = &cron_job["spec"]["jobTemplate"]["spec"]["template"];
    let mut spec = template["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("serviceAccountName");
        spec.remove("serviceAccount");
    }
    let name = cron_job["metadata"]["name"].as_str().unwrap_or("mcpctl");
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": format!("{name}-"), "namespace": namespace, "labels": template["metadata"]["labels"],
        },
        "spec": spec,
    });
    pods::judge(cluster, namespace, &pod).await
}

/// The error of a schedule whose pod the server would refuse.
#[must_use]
pub fn never_runs(name: &str, why: &Error) -> Error {
    let cause = why.cause.clone().unwrap_or_else(|| why.message.clone());
    let mut error = Error::new(why.kind, format!("the pod of schedule `{name}` would not be admitted")).cause(cause);
    error.hints.clone_from(&why.hints);
    error
}

/// Applies all objects of a schedule. Nothing is sent before it is known that all names are free or its own.
///
/// # Errors
/// An object of that name belongs to another owner; the server cannot be reached or refuses the request.
pub async fn place(cluster: &Cluster, plan: &Plan) -> Result<Vec<Placed>> {
    let mut wanted = Vec::new();
    for document in plan.documents()? {
        let Some(kind) = DocumentKind::of(&document) else { continue };
        let name = document["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let live = documents::get(cluster, kind, &plan.namespace, &name).await?;
        if let Some(live) = &live
            && !plan.name.owns(live)
        {
            return Err(foreign(plan, kind, &name));
        }
        wanted.push((kind, name, document, live));
    }
    let held = |error: Error| {
        let anew = format!(
            "`mcpctl schedule remove {}` removes all its objects, so that you can create it again",
            plan.name.as_str()
        );
        if error.kind == Kind::Conflict { error.hint(anew) } else { error }
    };
    if !cluster.is_dry_run() {
        // invalid times or an invalid zone must not leave an account and permissions behind
        for (_, _, document, _) in wanted.iter().filter(|(kind, ..)| *kind == DocumentKind::CronJob) {
            documents::judge(cluster, document, OWNER).await.map_err(held)?;
        }
    }
    let is_new = |wanted: &[(DocumentKind, String, Value, Option<Value>)], kind| {
        wanted.iter().any(|(known, _, _, live)| *known == kind && live.is_none())
    };
    let known_before = !is_new(&wanted, DocumentKind::CronJob);
    let mut placed = Vec::new();
    for (kind, name, document, live) in &wanted {
        let judged = match kind {
            DocumentKind::RoleBinding => !is_new(&wanted, DocumentKind::Role),
            DocumentKind::ClusterRoleBinding => !is_new(&wanted, DocumentKind::ClusterRole),
            _ => true,
        };
        let made = documents::apply(cluster, document, live.as_ref(), OWNER, judged).await.map_err(|error| {
            let force = format!(
                "`mcpctl schedule remove {}` removes all its objects, so that you can create it again",
                plan.name.as_str()
            );
            if error.kind == Kind::Conflict { error.hint(force) } else { error }
        })?;
        placed.push(Placed { kind: kind.name(), name: name.clone(), result: made.name() });
    }
    if known_before {
        for (kind, live) in own(cluster, &plan.namespace, &plan.name, plan.everywhere).await? {
            let name = live["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if !wanted.iter().any(|(known, ..)| *known == kind) {
                documents::remove(cluster, &live, kind).await?;
                placed.push(Placed { kind: kind.name(), name, result: "deleted" });
            }
        }
    }
    Ok(placed)
}

impl Placed {
    /// Whether anything was done.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.result != Made::Unchanged.name()
    }
}

fn foreign(plan: &Plan, kind: DocumentKind, name: &str) -> Error {
    let place = if kind.namespaced() { format!(" in namespace `{}`", plan.namespace) } else { String::new() };
    Error::new(Kind::Exists, format!("{} `{name}`{place} is not the schedule's own", kind.name()))
        .cause("it lacks the labels of a schedule")
        .object(format!("{}/{name}", kind.name()))
        .hint("choose another name with `--name NAME`")
}
