//! Whether servers answer: a pod of each as the gateway would start it, `initialize`, its tools, and the pod is
//! removed, whatever happens.
//!
//! A pod is removed after an answer, a failure and Ctrl-C alike; if this process is killed, the pod has a deadline of
//! its own once a node has taken it, and the labels by which `session` and `cleanup` find it and know when it is left
//! behind.

mod ask;
mod diagnosis;
mod job;
mod log_digest;
mod pod;
mod protocol_diagnosis;
mod quote;
mod removal;
mod run;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

pub use diagnosis::{Diagnosis, Problem};
pub use job::{Job, Live, Variables, variables};
pub use run::verify;
pub use verdict::{Verdict, VerifyResult};

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
    /// Whether text on stdout is a warning instead of a failure.
    pub lenient: bool,
    /// The script that runs, for hints that name it.
    pub script: String,
    /// What masks the text that servers write; `None` where it does not know the values of the Secret: then nothing
    /// of that text is shown.
    pub quote: Option<Arc<Vault>>,
}
