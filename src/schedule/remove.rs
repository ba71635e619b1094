//! Takes a schedule away: exactly what has its names and its labels.

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::documents::{self, DocumentKind};
use crate::error::{Kind, Result};

use super::live;
use super::names::{Name, WIDE};

/// The objects to remove with a schedule, in order: first those that run, then the permissions.
#[derive(Debug, Clone)]
pub struct Leaving(Vec<(DocumentKind, Value)>);

/// Finds the objects to remove with a schedule.
///
/// # Errors
/// There is nothing of that name; the server cannot be reached or refuses the request.
pub async fn leaving(cluster: &Cluster, namespace: &str, name: &Name) -> Result<Leaving> {
    let cron_job = documents::get(cluster, DocumentKind::CronJob, namespace, &name.object()).await?;
    let wide = cron_job.is_some_and(|job| name.owns(&job) && job["metadata"]["annotations"][WIDE].is_string());
    let mut found = own(cluster, namespace, name, wide).await?;
    for job in documents::list(cluster, DocumentKind::Job, namespace, &name.selector()).await? {
        found.push((DocumentKind::Job, job));
    }
    if found.is_empty() {
        return Err(live::missing(cluster, namespace, name).await);
    }
    // the CronJob goes before its Jobs, or it would make new ones
    found.sort_by_key(|(kind, _)| {
        let place = DocumentKind::ALL.iter().rev().position(|known| known == kind);
        (*kind != DocumentKind::CronJob, place)
    });
    Ok(Leaving(found))
}

impl Leaving {
    /// The objects as `kind/name`.
    pub fn objects(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(kind, object)| (kind.name(), object["metadata"]["name"].as_str().unwrap_or_default()))
    }

    /// Removes them all.
    ///
    /// # Errors
    /// The first that cannot be removed; those behind it stay.
    pub async fn remove(&self, cluster: &Cluster) -> Result<()> {
        for (kind, object) in &self.0 {
            documents::remove(cluster, object, *kind).await?;
        }
        Ok(())
    }
}

/// The objects with a schedule's names and labels, without its Jobs. A user without permission to read cluster-scoped
/// objects cannot have created any, unless `insist` says that they exist.
pub(super) async fn own(
    cluster: &Cluster,
    namespace: &str,
    name: &Name,
    insist: bool,
) -> Result<Vec<(DocumentKind, Value)>> {
    let mut found = Vec::new();
    for kind in DocumentKind::ALL.into_iter().filter(|kind| *kind != DocumentKind::Job) {
        let object = if kind.namespaced() { name.object() } else { name.cluster_object(namespace) };
        match documents::get(cluster, kind, namespace, &object).await {
            Ok(Some(live)) if name.owns(&live) => found.push((kind, live)),
            Ok(_) => {}
            Err(error) if error.kind == Kind::Forbidden && !kind.namespaced() && !insist => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
