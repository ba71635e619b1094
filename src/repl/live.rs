//! Names that are fetched: sessions, pods, servers, namespaces, contexts. A separate thread fetches them with short
//! timeouts; a key press reads the current names and, if they are old, requests new ones.

use std::future::Future;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::clean;
use crate::cluster::{access, contexts, pods};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::script::resolve::Places;

/// How long one question to the cluster may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The age after which a read requests new names.
const STALE: Duration = Duration::from_secs(5);

/// The names, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) contexts: Vec<String>,
    pub(super) namespaces: Vec<String>,
    pub(super) pods: Vec<String>,
    pub(super) sessions: Vec<String>,
    pub(super) servers: Vec<String>,
    pub(super) scripts: Vec<String>,
}

/// The names that are known, and the way to ask for more. Cheap to clone.
#[derive(Clone)]
pub(super) struct Live {
    names: Arc<RwLock<Names>>,
    host: Arc<Mutex<Arc<Host>>>,
    asked: Arc<Mutex<Instant>>,
    wishes: SyncSender<()>,
}

impl Live {
    /// Nothing is known and nothing fetched yet.
    pub(super) fn of(host: &Arc<Host>) -> Self {
        // one wish may wait while another is being fulfilled
        let (wishes, wished) = sync_channel(1);
        let live = Self {
            names: Arc::default(),
            host: Arc::new(Mutex::new(Arc::clone(host))),
            asked: Arc::new(Mutex::new(Instant::now())),
            wishes,
        };
        let (names, host) = (Arc::clone(&live.names), Arc::clone(&live.host));
        std::thread::spawn(move || fetch_all(&wished, &host, &names));
        live
    }

    /// What is known. Never waits for anything but another reader's or the fetcher's assignment.
    pub(super) fn names(&self) -> Names {
        if lock(&self.asked).elapsed() > STALE {
            self.wish();
        }
        self.names.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the names fetched, again if a line has changed something, or from another run if there is one.
    pub(super) fn renew(&self, host: &Arc<Host>, changed: bool) {
        let moved = !Arc::ptr_eq(&lock(&self.host), host);
        if moved {
            *lock(&self.host) = Arc::clone(host);
            // another place has other pods
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            *names = Names { contexts: std::mem::take(&mut names.contexts), ..Names::default() };
        }
        if moved || changed {
            self.wish();
        }
    }

    fn wish(&self) {
        *lock(&self.asked) = Instant::now();
        // a full queue has the same wish in it already
        let _ = self.wishes.try_send(());
    }
}

/// Fulfils wishes until the REPL session is over.
fn fetch_all(wished: &Receiver<()>, host: &Mutex<Arc<Host>>, names: &RwLock<Names>) {
    while wished.recv().is_ok() {
        let present = Arc::clone(&lock(host));
        let quiet = present.in_background(TIMEOUT);
        let set = |set: &dyn Fn(&mut Names)| {
            // what was asked of a place that was left meanwhile is of no use
            if Arc::ptr_eq(&present, &lock(host)) {
                set(&mut names.write().unwrap_or_else(PoisonError::into_inner));
            }
        };
        let scripts: Vec<String> = Places::from_environment().all().into_iter().map(|script| script.name).collect();
        set(&|names| names.scripts.clone_from(&scripts));
        if let Ok(found) = contexts(quiet.settings.kubeconfig.clone()) {
            set(&|names| names.contexts = shown(&found));
        }
        if let Ok(found) = all_pods(&quiet) {
            set(&|names| {
                names.pods = shown(found.iter().map(|pod| &pod.name));
                names.sessions = shown(found.iter().map(|pod| &*pod.session));
            });
        }
        if let Ok(found) = ask(&quiet, async { access::namespaces(quiet.cluster()?).await }) {
            set(&|names| names.namespaces = shown(&found));
        }
        if let Ok(catalog) = quiet.catalog() {
            set(&|names| names.servers = shown(catalog.servers.keys()));
        }
    }
}

fn all_pods(host: &Host) -> Result<Vec<pods::Pod>> {
    ask(host, async { pods::list(host.cluster()?, &pods::Filter::default()).await })
}

/// Asks the cluster with a time limit, also where retries would continue.
fn ask<T>(host: &Host, question: impl Future<Output = Result<T>>) -> Result<T> {
    host.cluster()?;
    host.wait(async {
        tokio::time::timeout(TIMEOUT, question).await.map_err(|_| Error::new(Kind::Timeout, "no answer in time"))?
    })
}

/// Names that can be typed within quotes, sorted, each once. Foreign ones may contain control characters and quotes.
fn shown<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    let plain = |name: &str| !name.is_empty() && !clean::is_unclean(name) && !name.contains(['"', '\\']);
    let mut names: Vec<String> =
        names.into_iter().map(|name| name.as_ref().to_owned()).filter(|name| plain(name)).collect();
    names.sort();
    names.dedup();
    names
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
