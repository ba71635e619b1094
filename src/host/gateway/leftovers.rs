//! The pods that a gateway left behind when it ended.
//!
//! The gateway makes up the id of its session by itself and tells nobody for sure. So each server of the run has a
//! variable of its own making: a session whose pods have it is this run's, whatever else happens in the namespace. A
//! session that the gateway names in its own words is, too. Any other that turned up meanwhile may be another
//! gateway's: it is never touched unless a person says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::Cluster;
use crate::cluster::pods::{self, DeleteOptions, Deletion, Filter, Pod, Removal};
use crate::error::{Kind, Result};
use crate::gateway::command::GatewayRun;
use crate::gateway::launch::Ended;
use crate::output::Confirmation;
use crate::record::Effect;
use crate::shell;

use super::super::Host;

/// The variable by which the pods of one run are known.
pub(super) const RUN_VARIABLE: &str = "MCPCTL_GATEWAY_RUN";

/// What was there before a gateway started.
pub(super) struct Leftovers {
    namespace: String,
    servers: BTreeSet<String>,
    mark: String,
    /// The sessions that had pods; `None` where the pods may not be listed.
    sessions: Option<BTreeSet<String>>,
}

/// Whose a session is.
enum Owner {
    /// This run's.
    Us,
    /// Another run's of mcpctl.
    Other,
    /// Nobody says.
    Unknown,
}

impl Leftovers {
    /// Looks at the sessions that there are.
    ///
    /// # Errors
    /// The cluster cannot be reached. That pods may not be listed is only warned about.
    pub(super) fn before(host: &Host, cluster: &Cluster, run: &GatewayRun, mark: &str) -> Result<Self> {
        host.recorder.effect(Effect::cluster("delete", "pods"))?;
        let leftovers = Self {
            namespace: run.namespace.clone(),
            servers: run.servers.iter().cloned().collect(),
            mark: mark.to_owned(),
            sessions: None,
        };
        match host.wait(leftovers.list(cluster)) {
            Ok(pods) => {
                let sessions = pods.iter().map(|pod| pod.session.to_string()).collect();
                Ok(Self { sessions: Some(sessions), ..leftovers })
            }
            Err(error) if error.kind == Kind::Forbidden => {
                host.printer.warn(&format!("{}: nothing that the gateway leaves behind can be removed", error.message));
                Ok(leftovers)
            }
            Err(error) => Err(error),
        }
    }

    async fn list(&self, cluster: &Cluster) -> Result<Vec<Pod>> {
        pods::list(cluster, &Filter { namespace: Some(self.namespace.clone()), ..Filter::default() }).await
    }

    /// Removes the pods of this run's sessions that are still there, and says so.
    ///
    /// # Errors
    /// Interrupted. What cannot be looked at or removed is told and recorded.
    pub(super) fn remove(&self, host: &Host, cluster: &Cluster, ended: &Ended) -> Result<Vec<Deletion>> {
        let Some(before) = &self.sessions else { return Ok(Vec::new()) };
        let looked = host.wait(async {
            let mut found: BTreeMap<String, Vec<Pod>> = BTreeMap::new();
            for pod in self.list(cluster).await? {
                let is_new = !pod.session.is_empty() && !before.contains(&*pod.session);
                if is_new && !pod.terminating && self.servers.contains(&*pod.server) {
                    found.entry(pod.session.to_string()).or_default().push(pod);
                }
            }
            let mut sessions = Vec::new();
            for (session, pods) in found {
                let owner = self.owner(cluster, &session, ended).await?;
                sessions.push((session, pods, owner));
            }
            Ok(sessions)
        });
        let sessions = match looked {
            Ok(sessions) => sessions,
            Err(error) if error.kind.is_final() => return Err(error),
            Err(error) => {
                host.printer.warning(&error.hint("`mcpctl list` shows whether the gateway left pods behind"));
                return Ok(Vec::new());
            }
        };
        let mut removed = Vec::new();
        for (session, pods, owner) in sessions {
            let is_ours = match owner {
                Owner::Us => true,
                Owner::Other => false,
                Owner::Unknown => ask(host, &session, &pods)?,
            };
            if is_ours {
                removed.extend(self.delete(host, cluster, &session, pods)?);
            }
        }
        Ok(removed)
    }

    async fn owner(&self, cluster: &Cluster, session: &str, ended: &Ended) -> Result<Owner> {
        let marks = pods::variables(cluster, &self.namespace, session, RUN_VARIABLE).await?;
        Ok(match (marks.contains(&self.mark), marks.is_empty()) {
            (true, _) => Owner::Us,
            (false, false) => Owner::Other,
            (false, true) if ended.sessions.contains(session) => Owner::Us,
            (false, true) => Owner::Unknown,
        })
    }

    fn delete(&self, host: &Host, cluster: &Cluster, session: &str, pods: Vec<Pod>) -> Result<Vec<Deletion>> {
        let deletions = host.wait(pods::delete(cluster, pods, &DeleteOptions::default(), &mut |_| {}))?;
        let named = |wanted: Removal| -> Vec<&str> {
            deletions.iter().filter(|one| one.result == wanted).map(|one| one.name.as_str()).collect()
        };
        let gone = named(Removal::Deleted);
        if !gone.is_empty() {
            let pods = if gone.len() == 1 { "a pod" } else { "pods" };
            host.printer
                .line(&format!("the gateway left {pods} of its session {session} behind; removed {}", gone.join(", ")));
        }
        for failed in deletions.iter().filter(|one| one.result == Removal::Failed) {
            host.printer.warn(&format!("cannot remove pod `{}`: {}", failed.name, failed.reason));
        }
        Ok(deletions)
    }
}

/// Whether a person says that a session was this gateway's.
fn ask(host: &Host, session: &str, pods: &[Pod]) -> Result<bool> {
    let names: Vec<&str> = pods.iter().map(|pod| pod.name.as_str()).collect();
    let seen = format!(
        "session {session} turned up while the gateway ran ({}), and nothing says whose it is",
        names.join(", ")
    );
    let may_ask = host.recorder.allows(&Effect::named("prompt"));
    if !may_ask || (!host.prompter.is_interactive() && !host.settings.yes) {
        host.printer.warn(&format!(
            "{seen}; it was left alone: if it was this gateway's, `mcpctl session {}` removes its pods",
            shell::word(session)
        ));
        return Ok(false);
    }
    host.prompter.is_yes(&Confirmation::new(
        format!("{seen}. remove its pods?"),
        "refusing to remove pods without a confirmation",
    ))
}
