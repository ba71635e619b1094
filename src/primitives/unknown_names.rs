//! Names in a filter that cannot be right: a namespace that does not exist, a session id without its prefix, a server or
//! an unknown status. A script with a typo would do nothing for ever.

use crate::cluster::pods::{self, Filter};
use crate::cluster::{access, namespaces};
use crate::error::{Error, Kind, Result as Outcome};
use crate::host::Host;
use crate::nearest;

/// What kubectl prints in its column STATUS; a status with a colon, such as `Init:0/1`, has endless forms.
const STATUSES: &[&str] = &[
    "Completed",
    "ContainerCannotRun",
    "ContainerCreating",
    "ContainerStatusUnknown",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "DeadlineExceeded",
    "ErrImageNeverPull",
    "ErrImagePull",
    "Error",
    "Evicted",
    "Failed",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "NodeAffinity",
    "NodeLost",
    "NodeShutdown",
    "NotReady",
    "OOMKilled",
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
    "Pending",
    "PodInitializing",
    "PostStartHookError",
    "Preempting",
    "RegistryUnavailable",
    "RunContainerError",
    "Running",
    "SchedulingGated",
    "Succeeded",
    "Terminated",
    "Terminating",
    "UnexpectedAdmissionError",
    "Unknown",
];

/// Checks a status before pods are listed: one that is nearly a known one is an error, any other unknown one a warning.
pub(super) fn status(host: &Host, status: &str) -> Outcome<()> {
    if status.contains(':') || STATUSES.iter().any(|known| known.eq_ignore_ascii_case(status)) {
        return Ok(());
    }
    match nearest::nearest(status, STATUSES.iter().copied()) {
        Some(near) => Err(Error::new(Kind::Script, format!("no status `{status}`")).suggest(Some(near))),
        None => {
            host.printer.warn(&format!("kubectl knows no status `{status}`"));
            Ok(())
        }
    }
}

/// Looks for a wrong name where a filter found no pod.
pub(super) fn explain(host: &Host, filter: &Filter) -> Outcome<()> {
    if !filter.all_namespaces
        && let Some(name) =
            filter.namespace.clone().filter(|name| !name.is_empty()).or(host.settings.namespace_given()?)
    {
        namespace(host, &name)?;
    }
    if filter.session.is_none() && filter.server.is_none() {
        return Ok(());
    }
    let place = Filter {
        namespace: filter.namespace.clone(),
        all_namespaces: filter.all_namespaces,
        any: filter.any,
        ..Filter::default()
    };
    let existing = host.wait(pods::list(host.cluster()?, &place))?;
    if let Some(session) = &filter.session
        && let Some(whole) = existing.iter().map(|pod| &*pod.session).find(|id| id.ends_with(&format!("-{session}")))
    {
        return Err(Error::not_found(format!("no session `{session}`")).suggest(Some(whole)));
    }
    if let Some(server) = &filter.server {
        let catalog = host.known_catalog();
        let mut known: Vec<&str> = existing.iter().map(|pod| &*pod.server).collect();
        known.extend(catalog.iter().flat_map(|catalog| catalog.servers.keys().map(String::as_str)));
        if !known.contains(&server.as_str())
            && let Some(near) = nearest::nearest(server, known.iter().copied())
        {
            host.printer.warning(&Error::failed(format!("no server `{server}` has pods here")).suggest(Some(near)));
        } else if catalog.is_some() && !known.contains(&server.as_str()) {
            host.printer.warn(&format!("no server `{server}` in the catalog"));
        }
    }
    Ok(())
}

/// The error of a namespace that does not exist, with the nearest one; nothing where that may not be looked at.
///
/// # Errors
/// There is no such namespace.
pub fn namespace(host: &Host, name: &str) -> Outcome<()> {
    // a question that a run can do without must not be what `--allow` refuses it for
    if host.settings.allowed.check("cluster: get namespaces").is_err()
        || host.settings.allowed.check("cluster: list namespaces").is_err()
    {
        return Ok(());
    }
    let cluster = host.cluster()?;
    match host.wait(namespaces::get(cluster, name)) {
        Ok(None) => {
            let known = host.wait(access::namespaces(cluster)).unwrap_or_default();
            let near = nearest::nearest(name, known.iter().map(String::as_str));
            let error = Error::not_found(format!("no namespace `{name}`"));
            Err(if near.is_some() { error.suggest(near) } else { namespaces::missing(name) })
        }
        Err(error) if error.kind.is_final() => Err(error),
        // the pods were listed; without permission for the namespace itself nothing is wrong
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_status_has_a_nearest_one() {
        for (slip, near) in [
            ("Runing", "Running"),
            ("CrashLoopBackoff ", "CrashLoopBackOff"),
            ("Complete", "Completed"),
            ("ImagePullBackof", "ImagePullBackOff"),
            ("Pendng", "Pending"),
            ("Terminatng", "Terminating"),
            ("OOMKiled", "OOMKilled"),
            ("Evict", "Evicted"),
        ] {
            assert_eq!(nearest::nearest(slip, STATUSES.iter().copied()), Some(near), "{slip}");
        }
    }
}
