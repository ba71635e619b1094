//! One line of the report.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::for_script;
use crate::duration;
use crate::error::{Error, Kind};

/// What is said of a check that needs an API server where none answers.
const UNREACHED: &str = "not known, since no API server answers";

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckState {
    /// As it should be.
    Ok,
    /// It may be in the way, or is not known.
    Warning,
    /// Provisioning from here cannot work, or its servers cannot.
    Failed,
}

impl CheckState {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was looked at, how it is, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) state: CheckState,
    found: String,
    next: String,
}

impl Finding {
    /// All is as it should be.
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: CheckState::Ok, found: found.into(), next: String::new() }
    }

    /// Something to know of.
    pub(super) fn warning(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: CheckState::Warning, found: found.into(), next: next.into() }
    }

    /// Something that has to be mended.
    pub(super) fn failed(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: CheckState::Failed, found: found.into(), next: next.into() }
    }

    /// What an error says: its message and cause, and its first hint as the next step.
    pub(super) fn of(check: &'static str, state: CheckState, error: &Error) -> Self {
        let found = match &error.cause {
            Some(cause) => format!("{}: {cause}", error.message),
            None => error.message.clone(),
        };
        let next = match error.kind {
            Kind::Forbidden if error.hints.is_empty() => "ask for the right, or choose another user".to_owned(),
            _ => error.hints.first().map(|hint| for_script(hint, script_of(check))).unwrap_or_default(),
        };
        Self { check, state, found, next }
    }

    /// Whether it names pods that are not healthy.
    pub(super) fn is_of_unhealthy_pods(&self) -> bool {
        self.check == super::pods::CHECK && self.state != CheckState::Ok && self.found != UNREACHED
    }

    /// What could not be looked at because the API server is not reached; the line `api server` says why.
    pub(super) fn unknown(check: &'static str) -> Self {
        Self::warning(check, UNREACHED, "mend what `kubeconfig` and `api server` say first")
    }

    /// Findings for people: all that is not known because the API server is not reached is one line, behind the
    /// others, so that it does not bury what has failed.
    pub(super) fn folded(findings: &[Self]) -> Vec<Self> {
        let (unknown, mut told): (Vec<Self>, Vec<Self>) =
            findings.iter().cloned().partition(|finding| finding.found == UNREACHED);
        if let Some(first) = unknown.first() {
            let checks: Vec<&str> = unknown.iter().map(|finding| finding.check).collect();
            told.push(Self::warning("others", format!("{UNREACHED}: {}", checks.join(", ")), first.next.clone()));
        }
        told
    }

    /// A group that did not end in time.
    pub(super) fn without_answer(check: &'static str, limit: Duration) -> Self {
        Self::failed(
            check,
            format!("no answer within {}", duration::exact(limit)),
            "allow it more time with `--timeout 30s`",
        )
    }

    /// The lines of the table: what was found, and below it the next step, which is too long for a column beside it.
    /// The home folder is `~` there.
    pub(super) fn rows(&self, home: Option<&Path>) -> Vec<[String; 3]> {
        let home = home.filter(|home| home.parent().is_some()).map(|home| format!("{}/", home.display()));
        let short = |text: &str| home.as_ref().map_or_else(|| text.to_owned(), |home| text.replace(home, "~/"));
        // a cell with nothing in it would be shown as `<none>`
        let blank = || " ".to_owned();
        let mut rows = vec![[self.check.to_owned(), self.state.name().to_owned(), short(&self.found)]];
        if !self.next.is_empty() {
            rows.push([blank(), blank(), short(&format!("next: {}", self.next))]);
        }
        rows
    }

    /// The line for programs.
    pub(super) fn document(&self) -> Value {
        json!({ "name": self.check, "state": self.state.name(), "found": self.found, "next": self.next })
    }
}

/// The shipped script that needs the right without which a check cannot be made.
fn script_of(check: &str) -> &'static str {
    if check == "sessions" { "cleanup" } else { "provision" }
}

/// Some names of many, with how many are left out: `a, b and 3 more`.
pub(super) fn some<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    const MOST: usize = 4;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match names.len().checked_sub(MOST).filter(|more| *more > 1) {
        Some(more) => format!("{} and {more} more", names[..MOST].join(", ")),
        None => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_cut() {
        assert_eq!(some(["a"]), "`a`");
        assert_eq!(some(["a", "b", "c", "d", "e"]), "`a`, `b`, `c`, `d`, `e`");
        assert_eq!(some(["a", "b", "c", "d", "e", "f"]), "`a`, `b`, `c`, `d` and 2 more");
    }

    #[test]
    fn what_is_not_known_is_one_line() {
        let findings = [Finding::unknown("api server"), Finding::ok("engine", "fine"), Finding::unknown("rights")];
        let told = Finding::folded(&findings);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].found, "not known, since no API server answers: api server, rights");
    }

    #[test]
    fn people_see_the_home_folder_as_a_tilde_and_programs_in_full() {
        let finding = Finding::ok("kubeconfig", "context dev, from `/home/me/.kube/config`");
        assert_eq!(finding.rows(Some(Path::new("/home/me")))[0][2], "context dev, from `~/.kube/config`");
        assert_eq!(finding.rows(Some(Path::new("/")))[0][2], finding.found);
        assert_eq!(finding.document()["found"], "context dev, from `/home/me/.kube/config`");
    }

    #[test]
    fn an_error_is_its_message_cause_and_first_hint() {
        let error = Error::failed("cannot").cause("broken").hint("mend it").hint("or not");
        let finding = Finding::of("engine", CheckState::Failed, &error);
        assert_eq!(finding.rows(None), [["engine", "failed", "cannot: broken"], [" ", " ", "next: mend it"]]);
        assert_eq!(Finding::ok("engine", "fine").rows(None).len(), 1);
        let refused = Error::new(Kind::Forbidden, "no").hint("`mcpctl rbac SCRIPT -n mcp` prints the Role");
        let next = |check| Finding::of(check, CheckState::Warning, &refused).next;
        assert_eq!(next("sessions"), "`mcpctl rbac cleanup -n mcp` prints the Role");
        assert_eq!(next("secret keys"), "`mcpctl rbac provision -n mcp` prints the Role");
    }
}
