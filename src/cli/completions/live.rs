//! Names that only the kubeconfig, the cluster or the catalog know.
//!
//! All of it happens on a thread that is waited for a few milliseconds only: name look-ups, login programs and dead
//! clusters can block as long as they like, as the process ends without them.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use crate::cluster::{self, access, pods};
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::output::{Form, Printer, Prompter};
use crate::provision::keys::is_server_name;

use super::line;

/// How long a completion waits for live values unless `MCPCTL_COMPLETE_WAIT` says otherwise. Together with the
/// program's start it stays below 50 ms.
const BUDGET: Duration = Duration::from_millis(30);

/// The longest that a person can ask to wait for: a completion must not hang.
const LONGEST: Duration = Duration::from_secs(10);

/// The variable for clusters that are farther away.
const VARIABLE: &str = "MCPCTL_COMPLETE_WAIT";

/// What is to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The contexts of the kubeconfig.
    Contexts,
    /// The namespaces of the cluster.
    Namespaces,
    /// The sessions whose pods are there.
    Sessions,
    /// The servers of the catalog.
    Servers,
}

/// The names, or none if they do not come in time.
pub(super) fn values(wanted: Wanted) -> Vec<String> {
    let (sender, receiver) = mpsc::channel();
    let look = move || {
        // nobody listens any more when it is late
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

fn look_up(wanted: Wanted) -> Result<Vec<String>> {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let settings = line::read(&words)?;
    if wanted == Wanted::Contexts {
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
        Wanted::Contexts => Vec::new(),
        Wanted::Namespaces => host.wait(access::namespaces(host.cluster()?))?,
        Wanted::Servers => host.catalog()?.servers.keys().filter(|name| is_server_name(name)).cloned().collect(),
        Wanted::Sessions => {
            let filter = pods::Filter { all_namespaces: host.settings.all_namespaces, ..pods::Filter::default() };
            let found = host.wait(pods::list(host.cluster()?, &filter))?;
            pods::sessions(&found).into_iter().map(|session| session.session).collect()
        }
    };
    // no value may look like an option
    names.retain(|name| !name.is_empty() && !name.starts_with('-'));
    names.sort();
    names.dedup();
    // the process is about to end; nothing is waited for
    runtime.shutdown_background();
    Ok(names)
}
