//! The runs of schedules: the Jobs that the CronJob made, or that were made from it by hand.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::cluster::documents::{self, DocumentKind};
use crate::error::Result;

use super::live::Live;
use super::names::{self, Name};

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// It has not ended.
    Running,
    /// It ended well.
    Complete,
    /// It failed, with the reason that the controller gives.
    Failed(String),
}

impl JobState {
    /// In words: `Failed (DeadlineExceeded)`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Running => "Running".to_owned(),
            Self::Complete => "Complete".to_owned(),
            Self::Failed(reason) if reason.is_empty() => "Failed".to_owned(),
            Self::Failed(reason) => format!("Failed ({reason})"),
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The Job's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The schedule's name.
    pub schedule: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How it stands.
    pub state: JobState,
}

impl Job {
    fn of(document: &Value) -> Option<Self> {
        let conditions = document["status"]["conditions"].as_array();
        let met = |kind: &str| {
            conditions?.iter().find(|condition| condition["type"] == kind && condition["status"] == "True")
        };
        let state = match (met("Failed"), met("Complete")) {
            // of many runs only one is made: that its retries are used up says nothing
            (Some(failed), _) => {
                let reason = failed["reason"].as_str().unwrap_or_default();
                JobState::Failed(if reason == "BackoffLimitExceeded" { String::new() } else { reason.to_owned() })
            }
            (None, Some(_)) => JobState::Complete,
            (None, None) => JobState::Running,
        };
        Some(Self {
            name: document["metadata"]["name"].as_str()?.to_owned(),
            namespace: document["metadata"]["namespace"].as_str()?.to_owned(),
            schedule: names::of(document)?.to_owned(),
            created: document["metadata"]["creationTimestamp"].as_str().and_then(|time| time.parse().ok()),
            state,
        })
    }
}

/// The runs of all schedules of a namespace, or (empty) of all namespaces; of one schedule if it is named.
///
/// # Errors
/// The server cannot be reached or refuses the request.
pub async fn jobs(cluster: &Cluster, namespace: &str, name: Option<&Name>) -> Result<Vec<Job>> {
    let selector = name.map_or_else(names::selector, Name::selector);
    let found = documents::list(cluster, DocumentKind::Job, namespace, &selector).await?;
    Ok(found.iter().filter_map(Job::of).collect())
}

/// The run that began last.
#[must_use]
pub fn newest<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Option<&'a Job> {
    jobs.into_iter().max_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)))
}

/// A Job that runs a schedule now. As one of the CronJob's own it counts for `Forbid` and the history's limits, and
/// goes with it.
#[must_use]
pub fn job_now(live: &Live) -> Value {
    let metadata = &live.document["metadata"];
    let cron_job = metadata["name"].as_str().unwrap_or_default();
    let suffix: String = std::iter::repeat_with(|| fastrand::alphanumeric().to_ascii_lowercase()).take(5).collect();
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": format!("{cron_job}-now-{suffix}"),
            "namespace": live.namespace,
            "labels": live.document["spec"]["jobTemplate"]["metadata"]["labels"],
            "annotations": { "cronjob.kubernetes.io/instantiate": "manual" },
            "ownerReferences": [{
                "apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job, "uid": metadata["uid"],
                "controller": true,
            }],
        },
        "spec": live.document["spec"]["jobTemplate"]["spec"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, created: &str, conditions: &Value) -> Value {
        let labels = Name::new("cleanup").unwrap().labels();
        json!({
            "metadata": { "name": name, "namespace": "mcp", "labels": labels, "creationTimestamp": created },
            "status": { "conditions": conditions },
        })
    }

    #[test]
    fn a_run_stands_as_its_conditions_say() {
        let state = |conditions| Job::of(&job("a", "2026-01-01T00:00:00Z", &conditions)).unwrap().state.text();
        assert_eq!(state(json!(null)), "Running");
        assert_eq!(state(json!([{"type": "Complete", "status": "True"}])), "Complete");
        assert_eq!(state(json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}])), "Failed");
        assert_eq!(
            state(json!([{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}])),
            "Failed (DeadlineExceeded)"
        );
        assert_eq!(state(json!([{"type": "Failed", "status": "False"}])), "Running");
        assert!(Job::of(&json!({"metadata": {"name": "a", "namespace": "b"}})).is_none(), "it is nobody's");
    }

    #[test]
    fn the_newest_began_last() {
        let jobs = [("a", "2026-01-02T00:00:00Z"), ("b", "2026-01-03T00:00:00Z"), ("c", "2026-01-01T00:00:00Z")]
            .map(|(name, created)| Job::of(&job(name, created, &Value::Null)).unwrap());
        assert_eq!(newest(&jobs).unwrap().name, "b");
        assert!(newest([]).is_none());
    }
}
