//! Whether servers answer: a pod of each as the gateway would start it, the handshake, its tools, and the pod is
//! removed again, whatever happens.
//!
//! A pod is removed after an answer, a failure and Ctrl-C alike; if this process is killed, the pod has a deadline of
//! its own once a node has taken it, and the labels by which `session` and `cleanup` find it and know when it is left
//! behind.

mod diagnosis;
mod handshake;
mod job;
mod overheard;
mod pod;
mod quote;
mod removal;
mod run;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

pub use diagnosis::{Diagnosis, Problem};
pub use job::{Job, Live, templated_variables};
pub use run::verify;
pub use verdict::{Answer, Verdict};

use crate::secret::Vault;

/// How to verify.
#[derive(Debug, Clone)]
pub struct Options {
    /// The namespace of ConfigMap, Secret and pods.
    pub namespace: String,
    /// Name of the ConfigMap.
    pub config_name: String,
    /// Name of the Secret.
    pub secret_name: String,
    /// How long each server may take, from the making of its pod to the list of its tools.
    pub timeout: Duration,
    /// How many servers are verified at once.
    pub concurrency: usize,
    /// The script that runs, for hints that name it.
    pub script: String,
    /// What masks the text that servers write; `None` where it does not know the values of the Secret: then nothing
    /// of that text is shown.
    pub quote: Option<Arc<Vault>>,
}
