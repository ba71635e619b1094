//! The pods that a gateway left behind when it ended.
//!
//! The gateway chooses the id of its session by itself and does not report it reliably. So each server of the run gets
//! one more variable with the run's id: a session whose pods have it belongs to this run, regardless of other pods in
//! the namespace. The same holds for a session that the gateway itself names. Any other new session may belong to
//! another gateway: its pods are kept unless the user confirms.
//!
//! If mcpctl was killed, and the gateway after it, the next run removes their pods: those whose id names this machine
//! and user, and a run that has ended.

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
use super::super::journal::state_folder;
use super::run_id::RunId;

/// The variable that identifies the pods of one run.
pub(super) const RUN_VARIABLE: &str = "MCPCTL_GATEWAY_RUN";

/// The state before a gateway started.
pub(super) struct Leftovers {
    namespace: String,
    servers: BTreeSet<String>,
    id: String,
    /// The sessions with pods; `None` without permission to list pods.
    sessions: Option<BTreeSet<String>>,
}

/// The owner of a session.
enum Owner {
    /// This run's.
    Us,
    /// Another run's of mcpctl.
    Other,
    /// The owner is not known.
    Unknown,
}

impl Leftovers {
    /// Lists the existing sessions, and removes the pods of killed runs.
    ///
    /// # Errors
    /// The cluster cannot be reached. Missing permission to list pods is only a warning.
    pub(super) fn before(host: &Host, cluster: &Cluster, run: &GatewayRun, id: &RunId) -> Result<Self> {
        host.recorder.effect(Effect::cluster("delete", "pods"))?;
        let leftovers = Self {
            namespace: run.namespace.clone(),
            servers: run.servers.iter().cloned().collect(),
            id: id.to_string(),
            sessions: None,
        };
        match host.wait(leftovers.list(cluster)) {
            Ok(pods) => {
                let sessions = pods.iter().map(|pod| pod.session.to_string()).collect();
                leftovers.remove_killed(host, cluster, pods)?;
                Ok(Self { sessions: Some(sessions), ..leftovers })
            }
            Err(error) if error.kind == Kind::Forbidden => {
                host.printer.warn(&format!("{}: nothing that the gateway leaves behind can be removed", error.message));
                Ok(leftovers)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the pods of killed runs of this machine and user.
    fn remove_killed(&self, host: &Host, cluster: &Cluster, pods: Vec<Pod>) -> Result<()> {
        let killed = host.wait(killed_runs(host, cluster, &self.namespace, &pods))?;
        let state = state_folder(&host.settings.environment);
        let mut pods: Vec<Pod> = pods;
        for (session, ids) in killed {
            let (own, others) = pods.into_iter().partition(|pod| *pod.session == *session);
            pods = others;
            let removed = self.delete(host, cluster, &session, "a gateway that was killed", own)?;
            let is_done = removed.iter().all(|one| !matches!(one.result, Removal::Failed | Removal::Terminating));
            if is_done && !host.settings.dry_run {
                ids.iter().for_each(|id| id.forget(state.as_deref()));
            }
        }
        Ok(())
    }

    async fn list(&self, cluster: &Cluster) -> Result<Vec<Pod>> {
        pods::list(cluster, &Filter { namespace: Some(self.namespace.clone()), ..Filter::default() }).await
    }

    /// Removes the remaining pods of this run's sessions, and reports it.
    ///
    /// # Errors
    /// Interrupted. What cannot be read or removed is reported and recorded.
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
            if found.is_empty() {
                return Ok(Vec::new());
            }
            let ids = pods::variables(cluster, &self.namespace, RUN_VARIABLE).await?;
            let owned = found.into_iter().map(|(session, pods)| {
                let owner = self.owner(ids.get(&session), ended.sessions.contains(&session));
                (session, pods, owner)
            });
            Ok(owned.collect())
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
                removed.extend(self.delete(host, cluster, &session, "the gateway", pods)?);
            }
        }
        Ok(removed)
    }

    fn owner(&self, ids: Option<&BTreeSet<String>>, is_named: bool) -> Owner {
        match ids {
            Some(ids) if ids.contains(&self.id) => Owner::Us,
            Some(_) => Owner::Other,
            None if is_named => Owner::Us,
            None => Owner::Unknown,
        }
    }

    fn delete(
        &self,
        host: &Host,
        cluster: &Cluster,
        session: &str,
        whose: &str,
        pods: Vec<Pod>,
    ) -> Result<Vec<Deletion>> {
        let deletions = host.wait(pods::delete(cluster, pods, &DeleteOptions::default(), &mut |_| {}))?;
        let named = |wanted: Removal| -> Vec<&str> {
            deletions.iter().filter(|one| one.result == wanted).map(|one| one.name.as_str()).collect()
        };
        let gone = named(Removal::Deleted);
        if !gone.is_empty() {
            let pods = if gone.len() == 1 { "a pod" } else { "pods" };
            host.printer
                .line(&format!("{whose} left {pods} of its session {session} behind; removed {}", gone.join(", ")));
        }
        for failed in deletions.iter().filter(|one| matches!(one.result, Removal::Failed | Removal::Terminating)) {
            host.printer.warn(&format!("cannot remove pod `{}`: {}", failed.name, failed.reason));
        }
        Ok(deletions)
    }
}

/// The sessions in a namespace whose pods name runs of this machine and user that have ended, with these runs. Pods that
/// are terminating do not count.
///
/// # Errors
/// The server cannot be reached or refuses the request.
async fn killed_runs(
    host: &Host,
    cluster: &Cluster,
    namespace: &str,
    pods: &[Pod],
) -> Result<BTreeMap<String, Vec<RunId>>> {
    let staying: BTreeSet<&str> =
        pods.iter().filter(|pod| !pod.terminating && !pod.session.is_empty()).map(|pod| &*pod.session).collect();
    if staying.is_empty() {
        return Ok(BTreeMap::new());
    }
    let state = state_folder(&host.settings.environment);
    let sessions = pods::variables(cluster, namespace, RUN_VARIABLE).await?.into_iter();
    let killed = sessions.filter(|(session, _)| staying.contains(session.as_str())).filter_map(|(session, ids)| {
        let ids: Option<Vec<RunId>> = ids.iter().map(|id| RunId::parse(id)).collect();
        let ids = ids.filter(|ids| ids.iter().all(|id| id.has_ended(state.as_deref())))?;
        Some((session, ids))
    });
    Ok(killed.collect())
}

impl Host {
    /// The sessions of gateways in the current namespace that were killed together with mcpctl. The next run of a
    /// gateway removes them.
    ///
    /// # Errors
    /// The server cannot be reached or refuses the request.
    pub async fn killed_gateways(&self, cluster: &Cluster, pods: &[Pod]) -> Result<Vec<String>> {
        Ok(killed_runs(self, cluster, cluster.namespace(), pods).await?.into_keys().collect())
    }
}

/// Whether the user confirms that a session belongs to this gateway.
fn ask(host: &Host, session: &str, pods: &[Pod]) -> Result<bool> {
    let names: Vec<&str> = pods.iter().map(|pod| pod.name.as_str()).collect();
    let seen =
        format!("session {session} appeared while the gateway ran ({}), and its owner is not known", names.join(", "));
    let may_ask = host.recorder.allows(&Effect::named("prompt"));
    if !may_ask || (!host.prompter.is_interactive() && !host.settings.yes) {
        host.printer.warn(&format!(
            "{seen}; its pods are kept: if they belong to this gateway, `mcpctl session {}` removes them",
            shell::word(session)
        ));
        return Ok(false);
    }
    host.prompter.is_yes(&Confirmation::new(
        format!("{seen}. remove its pods?"),
        "refusing to remove pods without a confirmation",
    ))
}
