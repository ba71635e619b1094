//! Objects of the kinds that a schedule is made of, as whole documents: applied, read, listed and removed.
//!
//! ConfigMaps and Secrets that several owners share are for [`objects`](super::objects); what is here has one owner.

mod apply;
mod read;
mod remove;

pub use apply::{Made, apply, create, judge};
pub use read::{get, list};
pub use remove::remove;

use serde_json::Value;

use crate::record::{Change, Outcome};

use super::Cluster;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// The account of a workload.
    ServiceAccount,
    /// Files of a workload.
    ConfigMap,
    /// Rights in a namespace.
    Role,
    /// To whom a Role is given.
    RoleBinding,
    /// Rights everywhere.
    ClusterRole,
    /// To whom a ClusterRole is given.
    ClusterRoleBinding,
    /// What is run again and again.
    CronJob,
    /// What is run once.
    Job,
}

impl DocumentKind {
    /// Every kind, in the order in which they are made.
    pub const ALL: [Self; 8] = [
        Self::ServiceAccount,
        Self::ConfigMap,
        Self::Role,
        Self::RoleBinding,
        Self::ClusterRole,
        Self::ClusterRoleBinding,
        Self::CronJob,
        Self::Job,
    ];

    /// The kind of a document, as it says itself.
    #[must_use]
    pub fn of(document: &Value) -> Option<Self> {
        let kind = document["kind"].as_str()?;
        Self::ALL.into_iter().find(|known| known.kind() == kind)
    }

    /// The API's name of it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::ServiceAccount => "ServiceAccount",
            Self::ConfigMap => "ConfigMap",
            Self::Role => "Role",
            Self::RoleBinding => "RoleBinding",
            Self::ClusterRole => "ClusterRole",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::CronJob => "CronJob",
            Self::Job => "Job",
        }
    }

    /// The word for it in output: `cronjob`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccount",
            Self::ConfigMap => "configmap",
            Self::Role => "role",
            Self::RoleBinding => "rolebinding",
            Self::ClusterRole => "clusterrole",
            Self::ClusterRoleBinding => "clusterrolebinding",
            Self::CronJob => "cronjob",
            Self::Job => "job",
        }
    }

    /// Whether it lies in a namespace.
    #[must_use]
    pub const fn namespaced(self) -> bool {
        !matches!(self, Self::ClusterRole | Self::ClusterRoleBinding)
    }

    /// Its group and version, as `batch/v1`.
    #[must_use]
    pub const fn api(self) -> &'static str {
        match self {
            Self::ServiceAccount | Self::ConfigMap => "v1",
            Self::CronJob | Self::Job => "batch/v1",
            _ => "rbac.authorization.k8s.io/v1",
        }
    }

    /// The path of all of the kind, in one namespace or (empty) in all.
    fn collection(self, namespace: &str) -> String {
        let root = if self.api() == "v1" { "/api/v1".to_owned() } else { format!("/apis/{}", self.api()) };
        let plural = format!("{}s", self.name());
        match namespace {
            "" => format!("{root}/{plural}"),
            namespace => format!("{root}/namespaces/{namespace}/{plural}"),
        }
    }

    /// The path of one.
    fn path(self, namespace: &str, name: &str) -> String {
        let namespace = if self.namespaced() { namespace } else { "" };
        format!("{}/{name}", self.collection(namespace))
    }
}

/// A text at a place of a document; empty where there is none.
fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Notes what becomes of an object.
fn note(cluster: &Cluster, change: &Change, outcome: Outcome) {
    cluster.recorder().change(Change { outcome, ..change.clone() });
}
