//! Asks the server of a pod: waits for its start, attaches, has the conversation, and judges what came of it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::cluster::pods::{self, Created, PodState};
use crate::server_pod::{Deviation, Failure, Opening, Tools, Transcript, list_tools};

use super::diagnosis::{Diagnosis, Problem};
use super::job::Job;
use super::log_digest::digest;
use super::quote::Quote;
use super::run::Run;
use super::verdict::Verdict;

/// How long an exit code may come after the end of a connection: a second, mostly.
const EXIT_CODE: Duration = Duration::from_secs(15);
/// How long an answer may be read after the end of a connection.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long the log of a failed server may take.
const LOG: Duration = Duration::from_secs(15);
/// So many of its last lines are read; of these the ones that matter are shown.
const LOG_LINES: u32 = 200;

/// What is known of a pod while its server is asked.
struct Seen {
    state: Mutex<PodState>,
    transcript: Transcript,
}

/// What asking a server has come to.
pub(super) enum Asked {
    /// A verdict.
    Verdict(Box<Verdict>),
    /// It rejected `initialize` and ended: a new pod of it has to be asked by `server/discover`.
    Anew(String),
}

/// Why a conversation has no list of tools.
enum Unanswered {
    Diagnosis(Diagnosis),
    Anew(String),
}

impl From<Diagnosis> for Unanswered {
    fn from(diagnosis: Diagnosis) -> Self {
        Self::Diagnosis(diagnosis)
    }
}

impl Run<'_> {
    /// Waits for the pod and asks the server, within the time there is; then reads its log if that failed.
    pub(super) async fn ask(&self, job: &Job, pod: &Created, opening: &Opening) -> Asked {
        let server = job.server.name.as_str();
        let waiting = PodState::Waiting { reason: String::new(), message: String::new() };
        let seen = Seen { state: Mutex::new(waiting), transcript: Transcript::default() };
        let found = timeout(self.options.timeout, self.attempt(server, pod, opening, &seen)).await;
        let diagnosis = match found {
            Ok(Ok(tools)) => return Asked::Verdict(Box::new(self.judge(job, pod, &tools, &seen.transcript))),
            Ok(Err(Unanswered::Anew(rejection))) => return Asked::Anew(rejection),
            Ok(Err(Unanswered::Diagnosis(diagnosis))) => Some(diagnosis),
            Err(_) => None,
        };
        let heard = seen.transcript.so_far();
        let state = seen.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let has_log = diagnosis.as_ref().map_or(state == PodState::Running, |diagnosis| diagnosis.problem.has_log());
        let log = if has_log { self.log(pod).await } else { Vec::new() };
        let digest = digest(&log);
        let mut diagnosis = diagnosis.unwrap_or_else(|| {
            Diagnosis::late(&state, &heard, digest.error.as_deref(), self.options.timeout, self.quote())
        });
        if let (Problem::Exit, true, Some(reason)) = (diagnosis.problem, diagnosis.said.is_empty(), digest.reason()) {
            diagnosis = diagnosis.saying(self.quote().message(reason));
        }
        let verdict = Verdict::failed(server, &pod.name, diagnosis.naming(&job.unset, &log));
        let verdict = Verdict { log: self.quote().lines(&digest.lines), ..verdict };
        Asked::Verdict(Box::new(verdict.listing(&heard.tools, &job.listed())))
    }

    /// The verdict on a server that listed its tools: what strict clients reject on the way is a failure all the same.
    fn judge(&self, job: &Job, pod: &Created, tools: &Tools, transcript: &Transcript) -> Verdict {
        let server = job.server.name.as_str();
        let heard = transcript.so_far();
        let is_accepted = |deviation: &Deviation| {
            self.options.lenient && matches!(deviation, Deviation::Text | Deviation::ByteOrderMark | Deviation::Foreign)
        };
        let diagnosis = |deviation: Deviation| Diagnosis::deviating(deviation, &heard, server, self.quote());
        let (accepted, failing): (Vec<_>, Vec<_>) =
            heard.deviations().iter().copied().partition(|one| is_accepted(one));
        let mut verdict = match failing.first() {
            Some(deviation) => Verdict::failed(server, &pod.name, diagnosis(*deviation)),
            None => Verdict::answers(server, &pod.name),
        };
        for deviation in accepted {
            let Diagnosis { reason, said, .. } = diagnosis(deviation);
            verdict.warnings.push(format!("{reason}{said}: clients such as the gateway drop it"));
        }
        if tools.is_newest_only {
            verdict.warnings.push(
                "it rejects `initialize` and takes `server/discover` only, which the gateway does not send".to_owned(),
            );
        }
        verdict.listing(&tools.names, &job.listed())
    }

    async fn attempt(&self, server: &str, pod: &Created, opening: &Opening, seen: &Seen) -> Result<Tools, Unanswered> {
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
            Err(error) => {
                let diagnosis = Diagnosis::connection(&error, &self.options.script);
                return Err(self.why_closed(pod, diagnosis).await.into());
            }
        };
        let Some((stdout, stdin)) = attached.streams() else {
            return Err(Diagnosis::new(Problem::Connection, "the connection has no streams", "").into());
        };
        let talk = list_tools(stdout, stdin, opening, &seen.transcript);
        futures::pin_mut!(talk);
        let outcome = tokio::select! {
            biased;
            outcome = &mut talk => outcome,
            _ = attached.closed() => timeout(LAST_WORDS, &mut talk).await.unwrap_or(Err(Failure::Closed)),
        };
        let failure = match outcome {
            Ok(tools) => return Ok(tools),
            Err(failure) => failure,
        };
        let heard = seen.transcript.so_far();
        let diagnosis = Diagnosis::failed(&failure, &heard, self.quote());
        if failure != Failure::Closed {
            return Err(diagnosis.into());
        }
        match (&heard.rejection, opening) {
            (Some(rejection), Opening::Initialize) => Err(Unanswered::Anew(rejection.clone())),
            _ => Err(self.why_closed(pod, diagnosis).await.into()),
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
}
