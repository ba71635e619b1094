//! Runs verifications, several at once: make the pod, ask its server (`ask`), remove it (`removal`).

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use crate::cluster::Cluster;
use crate::cluster::pods::{self, Created};
use crate::error::{Kind, Result};
use crate::interrupt::Interrupt;
use crate::record::{Action, Change, Outcome};
use crate::server_pod::Opening;

use super::Options;
use super::ask::Asked;
use super::diagnosis::{Diagnosis, Problem};
use super::job::Job;
use super::pod::{self, Frame};
use super::removal::{GRACE, LAST_CALL};
use super::verdict::{Verdict, VerifyResult};

/// Verifies servers and tells of each, in their order. `told` hears what is going on, `warned` of a pod that may be
/// left after an interrupt.
///
/// # Errors
/// A guard refuses to make pods, or the run was interrupted: every pod was removed then, or the recorder says which
/// was not. What is wrong with a server is no error but its verdict.
pub async fn verify(
    cluster: &Cluster,
    jobs: Vec<Job>,
    options: &Options,
    interrupt: &Interrupt,
    told: &(dyn Fn(&str) + Sync),
    warned: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Verdict>> {
    let session = pod::session();
    let run = Run { cluster, options, interrupt, told, warned, session: &session };
    if !cluster.is_dry_run() {
        told(&format!("session {session}; if mcpctl is killed, {}", run.way_out()));
    }
    let verdicts = stream::iter(jobs.iter().enumerate()).map(|(index, job)| {
        let run = &run;
        async move { (index, run.one(job).await) }
    });
    // every one is waited for, so that each removes its pod
    let mut verdicts: Vec<(usize, Result<Verdict>)> =
        verdicts.buffer_unordered(options.concurrency.max(1)).collect().await;
    verdicts.sort_by_key(|(index, _)| *index);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// The verifications of one call.
pub(super) struct Run<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) options: &'a Options,
    pub(super) interrupt: &'a Interrupt,
    pub(super) told: &'a (dyn Fn(&str) + Sync),
    pub(super) warned: &'a (dyn Fn(&str) + Sync),
    pub(super) session: &'a str,
}

impl Run<'_> {
    async fn one(&self, job: &Job) -> Result<Verdict> {
        self.interrupt.check()?;
        let server = job.server.name.as_str();
        if let Some(reason) = job.without_pod {
            if self.cluster.is_simulated() || self.cluster.is_dry_run() {
                return Ok(Verdict::unknown(server, "", reason));
            }
            // nobody may take it for one that answers
            let diagnosis = Diagnosis::new(Problem::NoPod, format!("nobody can tell from here: {reason}"), "");
            return Ok(self.not_created(server, diagnosis));
        }
        let name = pod::name(server, Timestamp::now());
        if let Some(trouble) = &job.trouble
            && !self.cluster.is_simulated()
        {
            return Ok(self.not_created(server, trouble.clone()));
        }
        let begun = Instant::now();
        let mut opening = Opening::Initialize;
        let mut name = name;
        loop {
            let pod = match self.make(job, &name).await? {
                Ok(pod) => pod,
                Err(diagnosis) => return Ok(self.not_created(server, diagnosis)),
            };
            if self.cluster.is_dry_run() {
                self.note(&name, server, Outcome::Planned);
                return Ok(Verdict::new(server, &name, VerifyResult::Planned));
            }
            let asked = tokio::select! {
                biased;
                signal = self.interrupt.wait() => Err(signal),
                asked = self.ask(job, &pod, &opening) => Ok(asked),
            };
            match asked {
                Ok(Asked::Verdict(verdict)) => {
                    let mut verdict = *verdict;
                    verdict.time = begun.elapsed();
                    if self.cluster.is_simulated() {
                        verdict = simulated(&verdict);
                    }
                    self.remove_and_report(&pod, &mut verdict).await;
                    return Ok(verdict);
                }
                Ok(Asked::Anew(rejection)) => {
                    self.remove_and_report(&pod, &mut Verdict::unknown(server, &name, "")).await;
                    opening = Opening::Discover(rejection);
                    name = pod::name(server, Timestamp::now());
                }
                Err(signal) => {
                    self.remove_now(&pod, server).await;
                    return Err(signal.error());
                }
            }
        }
    }

    /// Makes the pod. An interrupt meanwhile removes what came of it.
    async fn make(&self, job: &Job, name: &str) -> Result<Result<Created, Diagnosis>> {
        let server = job.server.name.as_str();
        let options = self.options;
        let frame = Frame {
            session: self.session,
            config_name: &options.config_name,
            secret_name: &options.secret_name,
            timeout: options.timeout,
        };
        let document = pod::document(&job.server, name, &frame);
        (self.told)(&format!("{server}: making its pod"));
        if !self.cluster.is_dry_run() {
            self.note(name, server, Outcome::Unknown);
        }
        let making = pods::create(self.cluster, &options.namespace, &document);
        futures::pin_mut!(making);
        let made = tokio::select! {
            biased;
            made = &mut making => made,
            signal = self.interrupt.wait() => {
                match timeout(LAST_CALL, &mut making).await {
                    _ if self.cluster.is_dry_run() => {}
                    Ok(Err(_)) => self.note(name, server, Outcome::Done("not made".to_owned())),
                    Ok(Ok(pod)) => self.remove_now(&pod, server).await,
                    Err(_) => self.remove_now(&self.unanswered(name), server).await,
                }
                return Err(signal.error());
            }
        };
        match made {
            Ok(pod) => Ok(Ok(pod)),
            Err(error) => {
                if matches!(error.kind, Kind::Timeout | Kind::Unreachable) && !self.cluster.is_dry_run() {
                    // it may have been made all the same
                    let _ = timeout(LAST_CALL, pods::remove(self.cluster, &self.unanswered(name), GRACE)).await;
                }
                self.cluster.recorder().withdraw(Action::Verify, "pod", name, &self.options.namespace);
                if error.kind.is_final() {
                    self.note_server(server, format!("{server}: {error}"));
                    return Err(error);
                }
                Ok(Err(Diagnosis::rejected(&error, &self.options.script)))
            }
        }
    }

    /// The verdict on a server whose pod was never made.
    fn not_created(&self, server: &str, diagnosis: Diagnosis) -> Verdict {
        let verdict = Verdict::failed(server, "", diagnosis);
        self.note_server(server, format!("{server}: {}", verdict.plain_reason));
        self.explain("server", server, &verdict);
        verdict
    }

    /// A pod whose creation nobody has answered: its name is ours alone.
    fn unanswered(&self, name: &str) -> Created {
        Created {
            namespace: self.options.namespace.clone(),
            name: name.to_owned(),
            uid: String::new(),
            resource_version: String::new(),
        }
    }

    /// What is shown of a failure besides, and kept nowhere: what the server wrote, and the next step.
    pub(super) fn explain(&self, kind: &'static str, name: &str, verdict: &Verdict) {
        let mut lines = vec![format!("{}: {}", verdict.server, verdict.reason)];
        lines.extend(verdict.log.iter().map(|line| format!("  | {line}")));
        if !verdict.hint.is_empty() {
            lines.push(format!("  {}", verdict.hint));
        }
        self.cluster.recorder().explain(kind, name, lines);
    }

    /// Notes the failure of a server of which there was no pod.
    fn note_server(&self, server: &str, reason: String) {
        self.cluster.recorder().change(Change {
            action: Action::Verify,
            kind: "server",
            name: server.to_owned(),
            namespace: self.options.namespace.clone(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Failed(reason),
        });
    }

    pub(super) fn note(&self, pod: &str, server: &str, outcome: Outcome) {
        self.cluster.recorder().change(Change {
            action: Action::Verify,
            kind: "pod",
            name: pod.to_owned(),
            namespace: self.options.namespace.clone(),
            keys: Vec::new(),
            note: format!("starts server {server}, asks for its tools, and goes again"),
            outcome,
        });
    }
}

/// The sandbox runs no programs, so whatever came to pass there says nothing of the server.
fn simulated(verdict: &Verdict) -> Verdict {
    let told = match verdict.problem {
        Some(Problem::Connection | Problem::NoAnswer) | None => String::new(),
        Some(_) => format!("; its pod would not start: {}", verdict.reason),
    };
    let reason = format!("the sandbox runs no programs, so it cannot tell{told}");
    Verdict { time: verdict.time, ..Verdict::unknown(&verdict.server, &verdict.pod, reason) }
}
