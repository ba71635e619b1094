//! The pod is taken away again, whatever came of it: after its verdict, and in a hurry after an interrupt.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::cluster::pods::{self, Created, PodState};
use crate::error::{Kind, Result};
use crate::record::Outcome;

use super::pod;
use super::run::Run;
use super::verdict::{Verdict, VerifyResult};

/// Seconds that a container gets to end: it has said what it had to.
pub(super) const GRACE: u32 = 1;
/// How long a request that makes or removes a pod may still take after an interrupt: the process waits a little longer than
/// for two of them.
pub(super) const LAST_CALL: Duration = Duration::from_secs(2);
/// How often the removal is asked for.
const TRIES: usize = 3;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);
/// How long to wait until a removed pod is gone.
const GONE: Duration = Duration::from_secs(60);

impl Run<'_> {
    /// Removes the pod after its verdict and waits until it is gone.
    pub(super) async fn remove_and_report(&self, pod: &Created, verdict: &mut Verdict) {
        let server = verdict.server.clone();
        (self.told)(&format!("{server}: removing its pod"));
        let removed = match self.remove(pod).await {
            Ok(()) => self.until_gone(pod).await,
            Err(error) => Err(error.to_string()),
        };
        let outcome = match (removed, verdict.answer) {
            (Err(why), _) => {
                let left = format!(
                    "its pod `{}` could not be removed: {why}; it ends by itself {}s after a node has taken it",
                    pod.name,
                    pod::deadline(self.options.timeout)
                );
                verdict.hint = self.way_out();
                for reason in [&mut verdict.reason, &mut verdict.plain_reason] {
                    *reason = if reason.is_empty() { left.clone() } else { format!("{reason}; {left}") };
                }
                Outcome::Failed(format!("{server}: {}", verdict.plain_reason))
            }
            (Ok(()), VerifyResult::Failed) => Outcome::Failed(format!("{server}: {}", verdict.plain_reason)),
            (Ok(()), VerifyResult::Answers) => Outcome::Done("verified".to_owned()),
            (Ok(()), VerifyResult::Unknown | VerifyResult::Planned) => Outcome::Done("removed".to_owned()),
        };
        if matches!(outcome, Outcome::Failed(_)) {
            self.explain("pod", &pod.name, verdict);
        }
        self.note(&pod.name, &server, outcome);
    }

    /// Asks for the removal again where the server says no: the pod is this run's own, known by its UID. After an
    /// interrupt there is no time for that.
    async fn remove(&self, pod: &Created) -> Result<()> {
        for _ in 1..TRIES {
            match pods::remove(self.cluster, pod, GRACE).await {
                Err(error) if error.kind != Kind::Forbidden => tokio::select! {
                    biased;
                    _ = self.interrupt.wait() => return Err(error),
                    () = sleep(PAUSE) => {}
                },
                answer => return answer,
            }
        }
        pods::remove(self.cluster, pod, GRACE).await
    }

    async fn until_gone(&self, pod: &Created) -> std::result::Result<(), String> {
        let anew = Created { resource_version: String::new(), ..pod.clone() };
        let follow = pods::watch_state(self.cluster, &anew, |state| *state == PodState::Gone);
        let gone = tokio::select! {
            biased;
            // its removal is under way: nobody needs to wait for the end of it
            _ = self.interrupt.wait() => return Ok(()),
            gone = timeout(GONE, follow) => gone,
        };
        match gone {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("nobody knows whether it is gone: {error}")),
            Err(_) => Err(self.why_still_there(pod).await),
        }
    }

    async fn why_still_there(&self, pod: &Created) -> String {
        let still = format!("it is still there after {}s", GONE.as_secs());
        match pods::get(self.cluster, &pod.namespace, &pod.name).await {
            Ok(live) if !live.stuck.is_empty() => format!("{still}: {}; {}", live.stuck, live.way_out(true)),
            _ => still,
        }
    }

    /// Removes the pod of an interrupted run: the request is sent once, and waited for a short time only.
    pub(super) async fn remove_now(&self, pod: &Created, server: &str) {
        let outcome = match timeout(LAST_CALL, pods::remove(self.cluster, pod, GRACE)).await {
            Ok(Ok(())) => Outcome::Done("removed".to_owned()),
            Ok(Err(error)) => Outcome::Failed(error.to_string()),
            Err(_) => Outcome::Unknown,
        };
        let why = match &outcome {
            Outcome::Failed(why) => Some(why.as_str()),
            Outcome::Unknown => Some("no answer came in time"),
            _ => None,
        };
        if let Some(why) = why {
            let deadline = pod::deadline(self.options.timeout);
            (self.warned)(&format!(
                "pod `{}` may still be there: {why}; it ends by itself {deadline}s after a node has taken it, and {}",
                pod.name,
                self.way_out()
            ));
        }
        self.note(&pod.name, server, outcome);
    }

    /// How a person removes what is left.
    pub(super) fn way_out(&self) -> String {
        format!("`mcpctl session {} -n {} --yes` removes it", self.session, self.options.namespace)
    }
}
