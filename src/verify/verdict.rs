//! What became of one server's verification.

use std::collections::BTreeSet;
use std::time::Duration;

use super::diagnosis::{Diagnosis, Problem};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The server listed its tools.
    Answers,
    /// It did not.
    Failed,
    /// Nobody can tell here: the sandbox runs no programs, a remote server has no pod.
    Unknown,
    /// A dry run would ask it.
    Planned,
}

impl Answer {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Planned => "planned",
        }
    }
}

/// What became of one server's verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The server.
    pub server: String,
    /// How it went.
    pub answer: Answer,
    /// The pod that was made for it; empty if none was.
    pub pod: String,
    /// What kind of failure it is.
    pub problem: Option<Problem>,
    /// Why it failed or cannot be told; may hold what the server wrote, masked.
    pub reason: String,
    /// The same without anything that the server wrote: what is written down for good.
    pub plain_reason: String,
    /// What to do; may be empty.
    pub hint: String,
    /// The names of the tools that it listed, sorted.
    pub tools: Vec<String>,
    /// Tools that the catalog lists and the server does not have.
    pub missing: Vec<String>,
    /// Tools that the server has and the catalog does not list, where it lists any.
    pub added: Vec<String>,
    /// The last lines of its log, where it failed and they may be seen.
    pub log: Vec<String>,
    /// How long it took, from the making of its pod to its answer or failure.
    pub time: Duration,
}

impl Verdict {
    pub(super) fn new(server: &str, pod: &str, answer: Answer) -> Self {
        Self {
            server: server.to_owned(),
            answer,
            pod: pod.to_owned(),
            problem: None,
            reason: String::new(),
            plain_reason: String::new(),
            hint: String::new(),
            tools: Vec::new(),
            missing: Vec::new(),
            added: Vec::new(),
            log: Vec::new(),
            time: Duration::ZERO,
        }
    }

    pub(super) fn failed(server: &str, pod: &str, diagnosis: Diagnosis) -> Self {
        Self {
            problem: Some(diagnosis.problem),
            reason: format!("{}{}", diagnosis.reason, diagnosis.said),
            plain_reason: diagnosis.reason,
            hint: diagnosis.hint,
            ..Self::new(server, pod, Answer::Failed)
        }
    }

    pub(super) fn unknown(server: &str, pod: &str, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::new(server, pod, Answer::Unknown) }
    }

    /// A server that listed its tools, beside those that the catalog lists.
    pub(super) fn answers(server: &str, pod: &str, tools: Vec<String>, listed: &BTreeSet<String>) -> Self {
        let found: BTreeSet<String> = tools.into_iter().collect();
        let missing = listed.difference(&found).cloned().collect();
        // a catalog that lists none says nothing about them
        let added = if listed.is_empty() { Vec::new() } else { found.difference(listed).cloned().collect() };
        Self { tools: found.into_iter().collect(), missing, added, ..Self::new(server, pod, Answer::Answers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn missing_and_new_tools_are_named() {
        let listed = names(&["a", "b"]).into_iter().collect();
        let verdict = Verdict::answers("s", "p", names(&["c", "b"]), &listed);
        assert_eq!((verdict.missing, verdict.added, verdict.tools), (names(&["a"]), names(&["c"]), names(&["b", "c"])));
        let verdict = Verdict::answers("s", "p", names(&["c"]), &BTreeSet::new());
        assert!(verdict.missing.is_empty() && verdict.added.is_empty());
    }
}
