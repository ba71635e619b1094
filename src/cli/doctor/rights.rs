//! Whether the user may do what the shipped scripts do.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::context::DoctorContext;
use super::finding::{CheckState, Finding, some};
use crate::cluster::{Cluster, access};
use crate::embedded;
use crate::error::Result;
use crate::rbac::{self, Right};
use crate::script::reach::Reach;
use crate::script::resolve::Places;

const CHECK: &str = "rights";

/// How many rights are asked for at once.
const CONCURRENCY: usize = 16;

/// Without its rights nothing can be provisioned; other scripts only clean up or look.
const NEEDED: &str = "provision";

pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    let cluster = match context.cluster(CHECK) {
        Ok(cluster) => cluster,
        Err(unknown) => return vec![unknown],
    };
    let (wanted, mut findings) = wanted();
    let all: BTreeSet<Right> = wanted.values().flatten().cloned().collect();
    let missing = match context.wait(missing(cluster, all)) {
        Ok(missing) => missing,
        Err(error) => return vec![Finding::of(CHECK, CheckState::Failed, &error)],
    };
    for (script, rights) in &wanted {
        let lacking: Vec<String> =
            rights.intersection(&missing).map(|r| format!("{} {}", r.verb, r.resource)).collect();
        if !lacking.is_empty() {
            let found = format!("{script}: you may not {}", some(lacking));
            let next = format!("`mcpctl rbac {script} -n {}` prints the Role that is needed", cluster.namespace());
            findings.push(if script == NEEDED {
                Finding::failed(CHECK, found, next)
            } else {
                Finding::warning(CHECK, found, next)
            });
        }
    }
    if findings.is_empty() {
        let found = format!("all that {} shipped scripts need in namespace {}", wanted.len(), cluster.namespace());
        findings.push(Finding::ok(CHECK, found));
    }
    findings
}

/// The rights of each shipped script, as it would run: one of the user's own may stand in its place.
fn wanted() -> (BTreeMap<String, BTreeSet<Right>>, Vec<Finding>) {
    let places = Places::from_environment();
    let (mut wanted, mut broken) = (BTreeMap::new(), Vec::new());
    for name in embedded::script_names() {
        let reach = match places.find_name(name) {
            Ok(Some(script)) => Reach::of(&script),
            Ok(None) => continue,
            Err(error) => Err(error),
        };
        match reach {
            Ok(reach) => {
                let rights = rbac::rights(reach.effects.iter().map(String::as_str));
                wanted.insert(name.to_owned(), rights.into_iter().filter(|right| !right.later).collect());
            }
            Err(error) => broken.push(Finding::of(CHECK, CheckState::Warning, &error)),
        }
    }
    (wanted, broken)
}

/// Those that the user does not have, each asked for once.
async fn missing(cluster: &Cluster, rights: BTreeSet<Right>) -> Result<BTreeSet<Right>> {
    stream::iter(rights)
        .map(|right| async move {
            let namespace = if right.is_cluster_wide() { "" } else { cluster.namespace() };
            let allowed = access::can(cluster, &right.verb, &right.resource, namespace, "").await?;
            Ok((!allowed).then_some(right))
        })
        .buffer_unordered(CONCURRENCY)
        .try_filter_map(|right| async move { Ok(right) })
        .try_collect()
        .await
}
