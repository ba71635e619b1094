//! `mcpctl schedule run-now NAME` and `logs NAME`: single runs.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::pods::{self, Filter, LogOptions, Pod};
use crate::cluster::{admitted_by, documents, events};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::output::Document;
use crate::schedule::{self, Job, JobState, Name};
use crate::script::run::Ended;
use crate::shell;

/// How often a run is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often a pod must have been refused: the first refusal may be over at the next try.
const CREATIONS: u64 = 3;

/// Statuses of a pod that will not start by itself.
const STUCK: [&str; 5] =
    ["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError"];

/// Starts a run, and with `wait` stays until its end.
pub(super) fn run_now(host: &Arc<Host>, name: &Name, wait: bool) -> Result<Ended> {
    host.refuse_if_read_only("run a schedule")?;
    let cluster = host.cluster()?;
    let namespace = cluster.namespace().to_owned();
    let live = host.wait(schedule::find(cluster, &namespace, name))?;
    let jobs = host.wait(schedule::jobs(cluster, &namespace, Some(name)))?;
    if let Some(running) = jobs.iter().find(|job| job.state == JobState::Running) {
        return Err(Error::new(
            Kind::Conflict,
            format!("`{}` is already running: job `{}`", name.as_str(), running.name),
        )
        .hint(format!("`mcpctl schedule logs {} -n {namespace}` prints its progress", name.as_str())));
    }
    host.announce(&namespace)?;
    super::require_admission(host, name.as_str(), &namespace, &live.document)?;
    let job = schedule::job_now(&live);
    host.wait(documents::create(cluster, &job))?;
    if !host.settings.dry_run {
        let job = job["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if wait {
            host.printer.info(&format!("job/{job} created"));
            await_end(host, &namespace, name, &job)?;
        } else {
            host.show(&Document::new(format!("job/{job} created").into()))?;
            host.printer.info(&format!("`mcpctl schedule logs {} -n {namespace}` prints its output", name.as_str()));
        }
    }
    Ok(Ended::nothing())
}

/// Waits until a run has ended and prints its log.
fn await_end(host: &Host, namespace: &str, name: &Name, job: &str) -> Result<()> {
    let cluster = host.cluster()?;
    loop {
        let jobs = host.wait(schedule::jobs(cluster, namespace, Some(name)))?;
        let Some(found) = jobs.into_iter().find(|found| found.name == job) else {
            return Err(Error::not_found(format!("job `{job}` no longer exists")));
        };
        match &found.state {
            JobState::Running => {}
            JobState::Complete => return print(host, &found),
            JobState::Failed(_) => {
                let printed = print(host, &found);
                let error = Error::failed(format!("the run of `{}` failed", name.as_str()));
                let error = match &found.state {
                    JobState::Failed(reason) if !reason.is_empty() => error.cause(reason.as_str()),
                    _ => error,
                };
                return Err(match printed {
                    Ok(()) => error,
                    Err(unread) => error.detail(unread.to_string()),
                });
            }
        }
        let pods = pods_of(host, &found)?;
        if pods.is_empty() {
            refuse_uncreated(host, name, &found)?;
        }
        if let Some(pod) = pods.into_iter().find(|pod| STUCK.contains(&&*pod.status)) {
            return Err(Error::failed(format!("the run of `{}` does not start: {}", name.as_str(), pod.status))
                .cause(pod.reason.to_string())
                .object(format!("pod/{}", pod.name))
                .hint("it is retried until its deadline; schedule the script again with another `--image`"));
        }
        host.sleep(LOOK_EVERY)?;
    }
}

/// Ends the wait for a run whose pod cannot be created: a quota, Pod Security, a webhook or a missing account is in the
/// way, and only the Job's events say so.
fn refuse_uncreated(host: &Host, name: &Name, job: &Job) -> Result<()> {
    let cluster = host.cluster()?;
    let asked = events::reported(cluster, &job.namespace, ("Job", &job.name), "FailedCreate");
    match host.wait(async { Ok(asked.await) })? {
        Some(reported) if reported.count >= CREATIONS => {
            let error = Error::failed(format!("the run of `{}` does not start: its pod is not created", name.as_str()))
                .object(format!("job/{}", job.name));
            let error = match admitted_by(&job.namespace, &reported.message) {
                Some(hint) => error.hint(hint),
                None => error,
            };
            Err(error
                .cause(reported.message)
                .hint("it is retried until its deadline, and starts as soon as nothing prevents it"))
        }
        _ => Ok(()),
    }
}

/// Prints what a run printed.
pub(super) fn logs(host: &Arc<Host>, name: &Name, wanted: Option<&str>) -> Result<Ended> {
    let cluster = host.cluster()?;
    let namespace = cluster.namespace().to_owned();
    let jobs = host.wait(schedule::jobs(cluster, &namespace, Some(name)))?;
    let job = match wanted {
        Some(wanted) => {
            let known = jobs.iter().map(|job| job.name.as_str());
            jobs.iter().find(|job| job.name == wanted).ok_or_else(|| {
                Error::not_found(format!("`{}` has no job `{wanted}`", name.as_str()))
                    .suggest(crate::nearest::nearest(wanted, known))
            })?
        }
        None => {
            if jobs.is_empty() {
                host.wait(schedule::find(cluster, &namespace, name))?;
            }
            schedule::newest(&jobs).ok_or_else(|| {
                Error::not_found(format!("`{}` has not run yet", name.as_str()))
                    .hint(format!("`mcpctl schedule run-now {} -n {namespace}` runs it", name.as_str()))
            })?
        }
    };
    print(host, job)?;
    host.printer.info(&format!("job/{}: {}", job.name, job.state.text()));
    Ok(Ended::nothing())
}

fn print(host: &Host, job: &Job) -> Result<()> {
    let cluster = host.cluster()?;
    let found = pods_of(host, job)?;
    let Some(pod) = found.first() else {
        return Err(Error::not_found(format!("job `{}` has no pod", job.name)).hint(format!(
            "`kubectl describe job {} -n {}` shows what happened",
            shell::word(&job.name),
            shell::word(&job.namespace)
        )));
    };
    let text = host.wait(pods::logs(cluster, pod, &LogOptions::default()))?;
    if !text.is_empty() {
        host.shown()?.log_line(0, "", text.trim_end_matches('\n'));
    }
    Ok(())
}

/// The pods of a run, the newest first.
fn pods_of(host: &Host, job: &Job) -> Result<Vec<Pod>> {
    let filter = Filter {
        namespace: Some(job.namespace.clone()),
        selector: Some(format!("batch.kubernetes.io/job-name={}", job.name)),
        any: true,
        ..Filter::default()
    };
    let mut found = host.wait(pods::list(host.cluster()?, &filter))?;
    found.sort_by_key(|pod| std::cmp::Reverse(pod.created));
    Ok(found)
}
