//! The gateway's pods: list, sessions, delete, wait, logs; and one of our own: create, watch, attach, remove.

mod attach;
mod create;
mod delete;
mod failure;
mod follow;
mod health;
mod list;
mod logs;
mod outdated;
mod references;
mod sessions;
mod slim;
mod state;
mod status;
mod tail;
mod variables;
mod wait;
mod watch;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::termination;

pub use attach::{Attached, End, attach};
pub use create::{Admission, Created, create, judge, remove};
pub use delete::{DeleteOptions, Deletion, Progress, Removal, delete, refuse_foreign};
pub use failure::Failure;
pub use follow::{LogEvent, Streams, follow};
pub use health::{Lack, Unhealthy, unhealthy};
pub use list::{Filter, get, list};
pub use logs::{Log, LogLine, LogOptions, each_log, logs};
pub use outdated::{ChangedKeys, outdated};
pub use references::Reference;
pub use sessions::{Session, sessions};
pub use state::{PodState, watch_state};
pub use tail::tail;
pub use variables::variables;
pub use wait::{Until, wait};
pub use watch::{PodWatch, Seen, look};

/// The label that says who made a pod, and the value that says: the gateway.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The gateway's name in [`MANAGED_BY`].
pub const GATEWAY: &str = "mcp-gateway";
/// The label that holds the session id.
pub const SESSION: &str = "mcp-gateway.docker.com/session";
/// The label that holds the session id in pods that lack [`SESSION`].
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// The label that holds the MCP server's name.
pub const SERVER: &str = "app.kubernetes.io/name";
/// The label of a pod that is made for a short time: seconds from its creation on, by the server's clock, after which
/// whoever made it has no more use for it.
pub const LIFETIME: &str = "mcpctl/lifetime-seconds";

/// What is shown of a pod and filtered on; nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its UID: another pod of the same name has another one.
    pub uid: String,
    /// The MCP server's name; empty without its label.
    pub server: Arc<str>,
    /// The session id; empty without its label.
    pub session: Arc<str>,
    /// The status as kubectl words it: `Running`, `CrashLoopBackOff`, `Terminating`.
    pub status: Arc<str>,
    /// The API's phase: `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: Arc<str>,
    /// Why it is not well, in the kubelet's or scheduler's own words; empty if nobody says.
    pub reason: Box<str>,
    /// How many of its containers are ready.
    pub ready: Ready,
    /// How often its containers were started again.
    pub restarts: u32,
    /// Seconds since it was made, by the server's clock.
    pub age: u64,
    /// When it was made.
    pub created: Timestamp,
    /// Its labels.
    pub labels: Labels,
    /// The names of its containers.
    pub containers: Box<[Arc<str>]>,
    /// Whether the gateway made it.
    pub managed: bool,
    /// Whether another object owns it.
    pub owned: bool,
    /// Whether it is on its way out.
    pub terminating: bool,
    /// The finalizers that have to be removed before it is gone.
    pub finalizers: Box<[Arc<str>]>,
    /// Why it still exists although it was deleted: `terminating, held by FINALIZER`; empty where nothing is wrong.
    pub stuck: Box<str>,
}

impl Pod {
    /// Reads one pod as the API sends it. `now` is the server's clock.
    ///
    /// # Errors
    /// What is no pod.
    pub fn from_json(json: &[u8], now: Timestamp) -> serde_json::Result<Self> {
        let pod: slim::SlimPod<'_> = serde_json::from_slice(json)?;
        Ok(pod.into_pod(&mut slim::Texts::default(), now))
    }

    /// Whether its containers run: phase `Running`, and not on its way out.
    #[must_use]
    pub fn is_running(&self) -> bool {
        &*self.phase == "Running" && !self.terminating
    }

    /// What to say of its state: why it is stuck, else kubectl's word.
    #[must_use]
    pub fn standing(&self) -> &str {
        if self.stuck.is_empty() { &self.status } else { &self.stuck }
    }

    /// The next step for a pod that is stuck.
    #[must_use]
    pub fn way_out(&self, forced: bool) -> String {
        termination::way_out("pod", &self.namespace, &self.name, !self.finalizers.is_empty(), forced)
    }

    /// Whether whoever made it has no more use for it, as its label [`LIFETIME`] says.
    #[must_use]
    pub fn is_outlived(&self) -> bool {
        let lifetime = self.labels.get(LIFETIME).and_then(|seconds| seconds.parse::<u64>().ok());
        lifetime.is_some_and(|seconds| self.age > seconds)
    }

    /// Whether all its containers have ended for good.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(&*self.phase, "Succeeded" | "Failed")
    }
}

/// Ready containers of all containers, shown as `1/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// How many are ready.
    pub ready: u32,
    /// How many there are.
    pub total: u32,
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ready, self.total)
    }
}

/// A pod's labels, sorted by key. Texts are shared between the pods of one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(Box<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The value of a label.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        self.0.get(place).map(|(_, value)| &**value)
    }

    /// All labels, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }
}

impl FromIterator<(Arc<str>, Arc<str>)> for Labels {
    fn from_iter<T: IntoIterator<Item = (Arc<str>, Arc<str>)>>(labels: T) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort();
        Self(labels.into())
    }
}
