//! What became of one server's verification.

use std::collections::BTreeSet;
use std::time::Duration;

use super::diagnosis::{Diagnosis, Problem};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyResult {
    /// The server listed its tools.
    Answers,
    /// It did not.
    Failed,
    /// Nobody can tell here: the sandbox runs no programs, a remote server has no pod.
    Unknown,
    /// A dry run would ask it.
    Planned,
}

impl VerifyResult {
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
    pub answer: VerifyResult,
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
    /// What may be in the way of clients although the server answers; may contain what the server wrote, masked.
    pub warnings: Vec<String>,
    /// The names of the tools that it listed, sorted.
    pub tools: Vec<String>,
    /// Tools that the catalog lists and the server does not have.
    pub missing: Vec<String>,
    /// Tools that the server has and the catalog does not list, where it lists any.
    pub added: Vec<String>,
    /// What matters in its log, where it failed and that may be seen: the error and the last lines.
    pub log: Vec<String>,
    /// How long it took, from the making of its pod to its answer or failure.
    pub time: Duration,
}

impl Verdict {
    pub(super) fn new(server: &str, pod: &str, answer: VerifyResult) -> Self {
        Self {
            server: server.to_owned(),
            answer,
            pod: pod.to_owned(),
            problem: None,
            reason: String::new(),
            plain_reason: String::new(),
            hint: String::new(),
            warnings: Vec::new(),
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
            ..Self::new(server, pod, VerifyResult::Failed)
        }
    }

    /// What cannot be known here, and why.
    pub fn unknown(server: &str, pod: &str, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::new(server, pod, VerifyResult::Unknown) }
    }

    /// A server that listed its tools.
    pub(super) fn answers(server: &str, pod: &str) -> Self {
        Self::new(server, pod, VerifyResult::Answers)
    }

    /// With the tools that came, beside those that the catalog lists. A name that came twice is a warning.
    pub(super) fn listing(mut self, tools: &[String], listed: &BTreeSet<String>) -> Self {
        let mut found = BTreeSet::new();
        let mut repeated = BTreeSet::new();
        for tool in tools {
            if !found.insert(tool.clone()) {
                repeated.insert(format!("`{tool}`"));
            }
        }
        if !repeated.is_empty() {
            let names = repeated.into_iter().collect::<Vec<_>>().join(", ");
            self.warnings.push(format!("it lists more than one tool named {names}: clients see only one of them"));
        }
        if self.answer == VerifyResult::Answers {
            self.missing = listed.difference(&found).cloned().collect();
            // a catalog that lists none says nothing about them
            self.added = if listed.is_empty() { Vec::new() } else { found.difference(listed).cloned().collect() };
        }
        self.tools = found.into_iter().collect();
        self
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
        let verdict = Verdict::answers("s", "p").listing(&names(&["c", "b"]), &listed);
        assert_eq!((verdict.missing, verdict.added, verdict.tools), (names(&["a"]), names(&["c"]), names(&["b", "c"])));
        let verdict = Verdict::answers("s", "p").listing(&names(&["c"]), &BTreeSet::new());
        assert!(verdict.missing.is_empty() && verdict.added.is_empty());
    }

    #[test]
    fn a_name_that_comes_twice_is_a_warning() {
        let verdict = Verdict::answers("s", "p").listing(&names(&["a", "b", "a", "a"]), &BTreeSet::new());
        assert_eq!(verdict.warnings, ["it lists more than one tool named `a`: clients see only one of them"]);
        assert_eq!(verdict.tools, names(&["a", "b"]));
    }
}
