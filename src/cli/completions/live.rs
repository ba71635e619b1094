//! Names from the kubeconfig, the cluster or the catalog.
//!
//! The look-up runs on a thread, and the process waits for it a few milliseconds only: name look-ups, login programs
//! and unreachable clusters may block, because the process ends without them.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use crate::cluster::objects::{self, ObjectFilter, ObjectKind};
use crate::cluster::{self, access, pods};
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::output::{Form, Printer, Prompter};
use crate::provision::keys::is_server_name;
use crate::provision::requirements::requirements;

use super::line;

/// The default time to wait for live values, without `MCPCTL_COMPLETE_WAIT`. Together with the program's start it is
/// below 50 ms.
const BUDGET: Duration = Duration::from_millis(30);

/// The longest configurable wait: a completion must not hang.
const LONGEST: Duration = Duration::from_secs(10);

/// The variable for distant clusters.
const VARIABLE: &str = "MCPCTL_COMPLETE_WAIT";

/// The kind of names to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CompletionKind {
    /// The contexts of the kubeconfig.
    Contexts,
    /// The namespaces of the cluster.
    Namespaces,
    /// The sessions whose pods are there.
    Sessions,
    /// The servers of the catalog.
    Servers,
    /// The pods of gateways, their sessions and servers: what `logs` takes.
    Logged,
    /// The pods of gateways.
    Pods,
    /// The ConfigMaps of the namespace.
    ConfigMaps,
    /// The Secrets of the namespace.
    Secrets,
    /// The keys of the Secret that the line names.
    SecretKeys,
    /// The keys that the servers of the line need, each with a `=`.
    Settable,
}

/// The names, or none if they do not come in time.
pub(super) fn values(wanted: CompletionKind) -> Vec<String> {
    let (sender, receiver) = mpsc::channel();
    let look = move || {
        // the receiver is gone if the answer is late
        let _ = sender.send(look_up(wanted).unwrap_or_default());
    };
    if std::thread::Builder::new().name("completion".to_owned()).spawn(look).is_err() {
        return Vec::new();
    }
    receiver.recv_timeout(budget()).unwrap_or_default()
}

fn budget() -> Duration {
    let given = std::env::var(VARIABLE).ok().and_then(|text| duration::parse(&text).ok());
    given.map_or(BUDGET, |given| given.min(LONGEST))
}

fn look_up(wanted: CompletionKind) -> Result<Vec<String>> {
    let settings = line::read(line::words())?;
    if wanted == CompletionKind::Contexts {
        return cluster::contexts(settings.kubeconfig);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| crate::error::Error::failed("cannot start the runtime").cause(e.to_string()))?;
    // a completion prints its candidates and nothing else
    let (printer, _) = Printer::in_memory(Form::Table);
    let prompter = Prompter::nobody(printer.clone(), false);
    let host = Arc::new(Host::with_prompter(settings, printer, prompter, runtime.handle().clone()));
    let mut names = match wanted {
        CompletionKind::Contexts => Vec::new(),
        CompletionKind::Namespaces => host.wait(access::namespaces(host.cluster()?))?,
        CompletionKind::Servers => {
            host.catalog()?.servers.keys().filter(|name| is_server_name(name)).cloned().collect()
        }
        CompletionKind::Sessions | CompletionKind::Pods | CompletionKind::Logged => {
            let filter = pods::Filter { all_namespaces: host.settings.all_namespaces, ..pods::Filter::default() };
            let found = host.wait(pods::list(host.cluster()?, &filter))?;
            let sessions = pods::sessions(&found).into_iter().map(|session| session.session);
            let names = found.iter().map(|pod| pod.name.clone());
            match wanted {
                CompletionKind::Sessions => sessions.collect(),
                CompletionKind::Pods => names.collect(),
                _ => sessions.chain(names).chain(found.iter().map(|pod| pod.server.to_string())).collect(),
            }
        }
        CompletionKind::ConfigMaps => objects_of(&host, ObjectKind::ConfigMap)?,
        CompletionKind::Secrets => objects_of(&host, ObjectKind::Secret)?,
        CompletionKind::SecretKeys => keys_of_secret(&host)?,
        CompletionKind::Settable => settable(&host)?,
    };
    // no value can look like an option
    names.retain(|name| !name.is_empty() && !name.starts_with('-'));
    names.sort();
    names.dedup();
    // the process is about to end; nothing is waited for
    runtime.shutdown_background();
    Ok(names)
}

/// The names of the objects of a kind in the namespace of the line.
fn objects_of(host: &Host, kind: ObjectKind) -> Result<Vec<String>> {
    let filter = ObjectFilter { any: true, ..ObjectFilter::default() };
    let found = host.wait(objects::list(host.cluster()?, kind, &filter))?;
    Ok(found.into_iter().map(|object| object.name).collect())
}

/// The keys of the Secret whose name is a word of the line.
fn keys_of_secret(host: &Host) -> Result<Vec<String>> {
    let filter = ObjectFilter { any: true, ..ObjectFilter::default() };
    let found = host.wait(objects::list(host.cluster()?, ObjectKind::Secret, &filter))?;
    let named = found.into_iter().filter(|object| line::words().contains(&object.name));
    Ok(named.flat_map(|object| object.data.into_keys()).collect())
}

/// What `--set` takes: the keys that the servers of the line need.
fn settable(host: &Host) -> Result<Vec<String>> {
    let catalog = host.catalog()?;
    let servers = line::words().iter().flat_map(|word| word.split(',')).filter_map(|name| catalog.servers.get(name));
    let needs: Vec<_> = servers.map(|server| requirements(server)).collect();
    let config = needs.iter().flat_map(|needs| &needs.config).map(|need| &need.key);
    let secrets = needs.iter().flat_map(|needs| &needs.secrets).map(|need| &need.key);
    Ok(config.chain(secrets).map(|key| format!("{key}=")).collect())
}
