//! Runs verifications, several at once: make the pod, wait for it, talk to it; `removal` takes it away.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use crate::cluster::Cluster;
use crate::cluster::pods::{self, Created, PodState};
use crate::error::{Kind, Result};
use crate::interrupt::Interrupt;
use crate::record::{Action, Change, Outcome};

use super::Options;
use super::diagnosis::{Diagnosis, Problem, quoted};
use super::handshake::{self, Silence};
use super::job::Job;
use super::overheard::Heard;
use super::pod::{self, Frame};
use super::quote::Quote;
use super::removal::{GRACE, LAST_CALL};
use super::verdict::{Answer, Verdict};

/// How long an exit code may come after the end of a connection: a second, mostly.
const EXIT_CODE: Duration = Duration::from_secs(15);
/// How long an answer may be read after the end of a connection.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long the log of a failed server may take.
const LOG: Duration = Duration::from_secs(15);
/// So many lines of it are shown.
const LOG_LINES: u32 = 10;

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

/// What is known of a pod while it is talked to.
struct Seen {
    state: Mutex<PodState>,
    heard: Heard,
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
            return Ok(self.never_made(server, diagnosis));
        }
        let name = pod::name(server, Timestamp::now());
        if let Some(trouble) = &job.trouble
            && !self.cluster.is_simulated()
        {
            return Ok(self.never_made(server, trouble.clone()));
        }
        let begun = Instant::now();
        let pod = match self.make(job, &name).await? {
            Ok(pod) => pod,
            Err(diagnosis) => return Ok(self.never_made(server, diagnosis)),
        };
        if self.cluster.is_dry_run() {
            self.note(&name, server, Outcome::Planned);
            return Ok(Verdict::new(server, &name, Answer::Planned));
        }
        let found = tokio::select! {
            biased;
            signal = self.interrupt.wait() => Err(signal),
            found = self.ask(job, &pod) => Ok(found),
        };
        match found {
            Ok(mut verdict) => {
                verdict.time = begun.elapsed();
                if self.cluster.is_simulated() {
                    verdict = simulated(&verdict);
                }
                self.put_away(&pod, &mut verdict).await;
                Ok(verdict)
            }
            Err(signal) => {
                self.hurry_away(&pod, server).await;
                Err(signal.error())
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
                    Ok(Ok(pod)) => self.hurry_away(&pod, server).await,
                    Err(_) => self.hurry_away(&self.unanswered(name), server).await,
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
    fn never_made(&self, server: &str, diagnosis: Diagnosis) -> Verdict {
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

    /// Waits for the pod and talks to the server, within the time there is; then looks at its log if that failed.
    async fn ask(&self, job: &Job, pod: &Created) -> Verdict {
        let server = job.server.name.as_str();
        let waiting = PodState::Waiting { reason: String::new(), message: String::new() };
        let seen = Seen { state: Mutex::new(waiting), heard: Heard::default() };
        let mut log = Vec::new();
        let found = match timeout(self.options.timeout, self.attempt(server, pod, &seen)).await {
            Ok(found) => found,
            Err(_) => {
                let state = seen.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if state == PodState::Running {
                    log = self.log(pod).await;
                }
                Err(Diagnosis::late(&state, &seen.heard.so_far(), &log, self.options.timeout, self.quote()))
            }
        };
        match found {
            Ok(tools) => Verdict::answers(server, &pod.name, tools, &job.listed()),
            Err(mut diagnosis) => {
                if !job.unset.is_empty() && !matches!(diagnosis.problem, Problem::Image | Problem::Values) {
                    let names: Vec<&str> = job.unset.iter().map(String::as_str).collect();
                    let unset = format!("nothing sets {}", quoted(&names));
                    diagnosis.hint =
                        if diagnosis.hint.is_empty() { unset } else { format!("{unset}; {}", diagnosis.hint) };
                }
                if log.is_empty() && diagnosis.problem.has_log() {
                    log = self.log(pod).await;
                }
                let log = match &self.options.quote {
                    Some(vault) => log.iter().map(|line| vault.mask(line).into_owned()).collect(),
                    None => Vec::new(),
                };
                Verdict { log, ..Verdict::failed(server, &pod.name, diagnosis) }
            }
        }
    }

    async fn attempt(&self, server: &str, pod: &Created, seen: &Seen) -> Result<Vec<String>, Diagnosis> {
        (self.told)(&format!("{server}: waiting for its start"));
        let mut reached = None;
        let followed = pods::watch_state(self.cluster, pod, |state| {
            let over = match state {
                PodState::Waiting { reason, message } => Diagnosis::waiting(server, reason, message).map(Err),
                PodState::Running => Some(Ok(())),
                PodState::Ended { code, reason, message } => {
                    Some(Err(Diagnosis::ended(*code, reason, message, self.quote())))
                }
                PodState::Gone => Some(Err(Diagnosis::gone())),
            };
            state.clone_into(&mut seen.state.lock().unwrap_or_else(PoisonError::into_inner));
            reached = over;
            reached.is_some()
        });
        followed.await.map_err(|error| Diagnosis::connection(&error, &self.options.script))?;
        reached.unwrap_or(Ok(()))?;
        (self.told)(&format!("{server}: asking for its tools"));
        let mut attached = match pods::attach(self.cluster, pod).await {
            Ok(attached) => attached,
            // it may have ended in between
            Err(error) => return Err(self.why_closed(pod, Diagnosis::connection(&error, &self.options.script)).await),
        };
        let Some((stdout, stdin)) = attached.streams() else {
            return Err(Diagnosis::new(Problem::Connection, "the connection has no streams", ""));
        };
        let talk = handshake::tools(seen.heard.listen(stdout), stdin);
        futures::pin_mut!(talk);
        let outcome = tokio::select! {
            biased;
            outcome = &mut talk => outcome,
            _ = attached.closed() => timeout(LAST_WORDS, &mut talk).await.unwrap_or(Err(Silence::Closed)),
        };
        match outcome {
            Ok(tools) => Ok(tools),
            Err(Silence::Refused(request, text)) => {
                let refused = Diagnosis::new(Problem::Protocol, format!("it answered {request} with an error"), "");
                Err(refused.saying(self.quote().message(&text)))
            }
            Err(Silence::Foreign(request)) => {
                let reason = format!("it answered {request} with something that is no answer to it");
                Err(Diagnosis::new(Problem::Protocol, reason, "is the image an MCP server over stdio?"))
            }
            Err(Silence::Closed) => {
                let broken = Diagnosis::new(Problem::Connection, "its stdout was closed before it answered", "");
                Err(self.why_closed(pod, broken).await)
            }
        }
    }

    /// Why a connection could not be made or has ended: the container's end, if that comes to light; else `otherwise`.
    async fn why_closed(&self, pod: &Created, otherwise: Diagnosis) -> Diagnosis {
        let anew = Created { resource_version: String::new(), ..pod.clone() };
        let mut found = None;
        let follow = pods::watch_state(self.cluster, &anew, |state| {
            found = match state {
                PodState::Ended { code, reason, message } => {
                    Some(Diagnosis::ended(*code, reason, message, self.quote()))
                }
                PodState::Gone => Some(Diagnosis::gone()),
                PodState::Waiting { .. } | PodState::Running => None,
            };
            found.is_some()
        });
        // nothing ends by itself in the sandbox
        let limit = if self.cluster.is_simulated() { Duration::from_millis(100) } else { EXIT_CODE };
        // an error here says less than what is known already
        let _ = timeout(limit, follow).await;
        found.unwrap_or(otherwise)
    }

    fn quote(&self) -> Quote<'_> {
        Quote(self.options.quote.as_deref())
    }

    /// The last lines of a failed server as it wrote them; none where they cannot be had.
    async fn log(&self, pod: &Created) -> Vec<String> {
        match timeout(LOG, pods::tail(self.cluster, pod, LOG_LINES)).await {
            Ok(Ok(lines)) => lines,
            _ => Vec::new(),
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
