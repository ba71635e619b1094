//! Names in a filter that cannot be right: a namespace that does not exist, a session id without its prefix, a server or
//! an unknown status. A script with a typo would do nothing for ever.

use crate::cluster::namespaces;
use crate::cluster::pods::{self, Filter, Pod};
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
pub(in crate::primitives) fn status(host: &Host, status: &str) -> Outcome<()> {
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
pub(in crate::primitives) fn explain(host: &Host, filter: &Filter) -> Outcome<()> {
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
            no_pods(host, server, near);
        } else if catalog.is_some() && !known.contains(&server.as_str()) {
            host.printer.warn(&format!("no server `{server}` in the catalog"));
        }
    }
    Ok(())
}

/// Warns of a server that the command line names and that none of the pods has which a script gets to see, where another
/// name is near. Such a script may filter by itself, also for all but that server.
pub(in crate::primitives) fn named_servers(host: &Host, found: &[Pod]) {
    for name in host.named_servers() {
        let servers = || found.iter().map(|pod| &*pod.server);
        let is_known = servers().any(|server| server == name)
            || host.known_catalog().is_some_and(|catalog| catalog.servers.contains_key(name));
        if is_known {
            continue;
        }
        if let Some(near) = nearest::nearest(name, servers()) {
            no_pods(host, name, near);
        }
    }
}

fn no_pods(host: &Host, name: &str, near: &str) {
    let message = format!("no server `{name}` has pods here");
    if host.is_first(&message) {
        host.printer.warning(&Error::failed(message).suggest(Some(near)));
    }
}

/// Checks a namespace in which nothing was found.
///
/// # Errors
/// There is no such namespace; the error names the nearest one. A name that cannot be looked up causes no error.
pub fn namespace(host: &Host, name: &str) -> Outcome<()> {
    let Ok(cluster) = host.cluster() else { return Ok(()) };
    host.wait(namespaces::check(cluster, name))
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
