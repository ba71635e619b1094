//! Why a server does not answer: each way to fail in its own words, with the next step.

use std::time::Duration;

use crate::cluster::for_script;
use crate::cluster::pods::PodState;
use crate::duration;
use crate::error::Error;
use crate::shell;

use super::overheard::{Said, is_json};
use super::quote::Quote;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The image is not there or cannot be pulled.
    Image,
    /// The ConfigMap, the Secret, or a key of it is missing.
    Values,
    /// A variable still holds the text of a template, or a placeholder.
    Template,
    /// The cluster did not take the pod: rights, a quota, admission.
    Rejected,
    /// It was not started in time, or cannot be.
    NotStarted,
    /// It ended before it answered.
    Exit,
    /// It said nothing that is an answer, in all the time it had.
    NoAnswer,
    /// What it writes to stdout is no JSON.
    NotJson,
    /// It answered with an error, or with what is no answer.
    Protocol,
    /// Somebody removed its pod.
    Gone,
    /// The connection to it could not be made, or broke.
    Connection,
    /// There is no pod to ask: it is remote, or its tools are images of their own.
    NoPod,
}

impl Problem {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Values => "values",
            Self::Template => "template",
            Self::Rejected => "rejected",
            Self::NotStarted => "not_started",
            Self::Exit => "exit",
            Self::NoAnswer => "no_answer",
            Self::NotJson => "not_json",
            Self::Protocol => "protocol",
            Self::Gone => "gone",
            Self::Connection => "connection",
            Self::NoPod => "no_pod",
        }
    }

    /// Whether the container has run, so that its log may tell more.
    pub(super) const fn has_log(self) -> bool {
        matches!(self, Self::Exit | Self::NoAnswer | Self::NotJson | Self::Protocol | Self::Connection)
    }
}

/// Why a server does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The kind.
    pub problem: Problem,
    /// The reason, without the server's name and without anything that the server wrote.
    pub reason: String,
    /// What the server wrote, to be shown right after the reason: masked, and empty where it may not be shown.
    pub said: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl Diagnosis {
    pub(super) fn new(problem: Problem, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem, reason: reason.into(), said: String::new(), hint: hint.into() }
    }

    pub(super) fn saying(self, said: impl Into<String>) -> Self {
        Self { said: said.into(), ..self }
    }

    /// The variables of a server that still hold template text, or whatever else stands for a value.
    pub(super) fn template(server: &str, config_name: &str, variables: &[&str], what: &str) -> Self {
        let names = quoted(variables);
        let hold = if variables.len() == 1 { "its variable" } else { "its variables" };
        let holds = if variables.len() == 1 { "holds" } else { "hold" };
        Self::new(
            Problem::Template,
            format!("{hold} {names} still {holds} {what} in ConfigMap `{config_name}`"),
            format!("give the value itself and run `mcpctl provision {} --base BASE` again", shell::word(server)),
        )
    }

    /// The cluster's no to the pod. `script` is the one that runs.
    pub(super) fn rejected(error: &Error, script: &str) -> Self {
        Self::refused(Problem::Rejected, error, script)
    }

    /// The cluster's no to anything that came after it.
    pub(super) fn connection(error: &Error, script: &str) -> Self {
        Self::refused(Problem::Connection, error, script)
    }

    fn refused(problem: Problem, error: &Error, script: &str) -> Self {
        Self::new(
            problem,
            error.to_string(),
            error.hints.first().map(|hint| for_script(hint, script)).unwrap_or_default(),
        )
    }

    /// A container that waits for something that will not come; `None` if it only takes its time.
    pub(super) fn waiting(server: &str, reason: &str, message: &str) -> Option<Self> {
        let told = if message.is_empty() { reason } else { message };
        match reason {
            "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed" => Some(Self::new(
                Problem::Image,
                format!("the node cannot get its image: {told}"),
                "check the image's name in the catalog, and what the nodes may pull",
            )),
            "CreateContainerConfigError" => Some(Self::new(
                Problem::Values,
                missing(told),
                format!("`mcpctl provision {} --base BASE` puts it there", shell::word(server)),
            )),
            "CreateContainerError" | "RunContainerError" | "PreCreateHookError" => {
                Some(Self::new(Problem::NotStarted, format!("its container cannot be started: {told}"), ""))
            }
            _ => None,
        }
    }

    /// A container that has ended.
    pub(super) fn ended(code: Option<i64>, reason: &str, message: &str, quote: Quote<'_>) -> Self {
        let how = match (code, reason) {
            (_, "StartError" | "ContainerCannotRun") => {
                return Self::new(
                    Problem::NotStarted,
                    format!("its program cannot be started ({reason})"),
                    "its image or its command in the catalog is wrong",
                )
                .saying(quote.message(message));
            }
            (Some(code), "" | "Error" | "Completed") => format!("it ended with code {code}"),
            (Some(code), reason) => format!("it ended with code {code} ({reason})"),
            (None, "") => "its pod ended without a run".to_owned(),
            (None, reason) => format!("its pod was given up ({reason})"),
        };
        let hint = if code.is_some() { "its last lines say why: often a value that it does not like" } else { "" };
        // a container may write its message itself
        Self::new(Problem::Exit, format!("{how} before it answered"), hint).saying(quote.message(message))
    }

    /// The pod is gone, and not by our doing.
    pub(super) fn gone() -> Self {
        Self::new(Problem::Gone, "somebody removed its pod before it answered", "")
    }

    /// The time is over. `log` are the last lines of a server of which nothing was read: what it wrote before it was
    /// listened to is there, with what it wrote to stderr.
    pub(super) fn late(state: &PodState, said: &Said, log: &[String], timeout: Duration, quote: Quote<'_>) -> Self {
        let within = duration::exact(timeout);
        let longer = "give it longer with `--timeout`";
        let image = "is the image an MCP server over stdio?";
        if let PodState::Waiting { reason, message } = state {
            let told: Vec<&str> = [reason.as_str(), message.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
            let told = if told.is_empty() { "no node has taken it".to_owned() } else { told.join(": ") };
            return Self::new(Problem::NotStarted, format!("not started within {within}: {told}"), longer);
        }
        if said.errors > 0 && said.errors == said.messages {
            let reason = format!("it answered with an error, and with nothing else within {within}");
            return Self::new(Problem::Protocol, reason, image).saying(quote.line(&said.error));
        }
        if said.messages > 0 {
            let reason = format!("no answer within {within}: it said {}", lines(said.messages));
            let last = quote.line(&said.last);
            let last = if last.is_empty() { last } else { format!(", the last{last}") };
            return Self::new(Problem::NoAnswer, reason, longer).saying(last);
        }
        if said.foreign > 0 {
            let reason = format!("what it writes to stdout is no message of MCP: {}", lines(said.foreign));
            return Self::new(Problem::Protocol, reason, image).saying(quote.line(&said.first_foreign));
        }
        let stderr = format!("a server must write its log to stderr; {image}");
        if said.others > 0 {
            let reason = format!("what it writes to stdout is no JSON: {}", lines(said.others));
            return Self::new(Problem::NotJson, reason, stderr).saying(quote.line(&said.first_other));
        }
        let silent = format!("no answer within {within}: nothing came on its stdout");
        let written: Vec<&String> = log.iter().filter(|line| !line.trim().is_empty()).collect();
        match written.first() {
            Some(first) if !written.iter().any(|line| is_json(line)) => {
                let reason = format!("{silent}, and what it wrote before is no JSON");
                Self::new(Problem::NotJson, reason, stderr).saying(quote.line(first))
            }
            _ => Self::new(Problem::NoAnswer, silent, longer),
        }
    }
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The kubelet's `couldn't find key K in Secret NS/NAME` and `secret "NAME" not found` in our words; others as they are.
fn missing(message: &str) -> String {
    let key = message.strip_prefix("couldn't find key ").and_then(|rest| rest.split_once(" in "));
    if let Some((key, object)) = key
        && let Some((kind, place)) = object.split_once(' ')
        && let Some((_, name)) = place.split_once('/')
    {
        return format!("key `{key}` is missing in {kind} `{name}`");
    }
    for (start, kind) in [("secret \"", "Secret"), ("configmap \"", "ConfigMap")] {
        if let Some(name) = message.strip_prefix(start).and_then(|rest| rest.strip_suffix("\" not found")) {
            return format!("there is no {kind} `{name}`");
        }
    }
    format!("its environment cannot be made: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Secret, Vault};

    #[test]
    fn the_kubelets_words_for_missing_values_are_put_into_ours() {
        let told = |message| Diagnosis::waiting("grafana", "CreateContainerConfigError", message).unwrap();
        let key = told("couldn't find key grafana.api_key in Secret mcp/mcp-gateway-secrets");
        assert_eq!(key.reason, "key `grafana.api_key` is missing in Secret `mcp-gateway-secrets`");
        assert_eq!((key.problem, key.hint.contains("mcpctl provision grafana")), (Problem::Values, true));
        assert_eq!(told("secret \"s\" not found").reason, "there is no Secret `s`");
        assert_eq!(told("configmap \"c\" not found").reason, "there is no ConfigMap `c`");
        assert_eq!(told("else").reason, "its environment cannot be made: else");
    }

    #[test]
    fn a_refusal_keeps_its_hint_and_names_the_script() {
        let error = Error::failed("no").hint("`mcpctl rbac SCRIPT -n mcp` prints the Role that is needed");
        let refused = Diagnosis::rejected(&error, "verify");
        assert_eq!(refused.hint, "`mcpctl rbac verify -n mcp` prints the Role that is needed");
        assert_eq!(Diagnosis::connection(&error, "verify").hint, refused.hint);
    }

    #[test]
    fn images_keep_the_pullers_reason_and_patience_is_no_failure() {
        let image = Diagnosis::waiting("x", "ErrImagePull", "not found").unwrap();
        assert_eq!(
            (image.problem, image.reason.as_str()),
            (Problem::Image, "the node cannot get its image: not found")
        );
        assert_eq!(Diagnosis::waiting("x", "ContainerCreating", ""), None);
        assert_eq!(Diagnosis::waiting("x", "", ""), None);
    }

    #[test]
    fn an_end_has_its_code_and_a_program_that_is_not_there_is_told_apart() {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-ended"));
        let ended = |code, reason, message| Diagnosis::ended(code, reason, message, Quote(Some(&vault)));
        assert_eq!(ended(Some(2), "Error", "").reason, "it ended with code 2 before it answered");
        let killed = ended(Some(137), "OOMKilled", "");
        assert_eq!(killed.reason, "it ended with code 137 (OOMKilled) before it answered");
        let evicted = ended(None, "Evicted", "low on memory");
        assert_eq!(evicted.reason, "its pod was given up (Evicted) before it answered");
        assert_eq!(evicted.said, ": low on memory");
        assert_eq!(ended(Some(128), "StartError", "no such file").problem, Problem::NotStarted);
        assert_eq!(ended(Some(1), "Error", "bad key canary-ended").said, ": bad key ***");
    }

    /// What is told of a server that did not answer in time.
    fn late(said: &Said, log: &[&str]) -> Diagnosis {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-late"));
        let log: Vec<String> = log.iter().map(|line| (*line).to_owned()).collect();
        Diagnosis::late(&PodState::Running, said, &log, Duration::from_secs(20), Quote(Some(&vault)))
    }

    #[test]
    fn a_late_server_is_told_by_what_it_said() {
        assert_eq!(late(&Said::default(), &[]).reason, "no answer within 20s: nothing came on its stdout");
        let line = format!("{} canary-late", "x".repeat(75));
        let mut said = Said { others: 2, first_other: line.clone(), last: line, ..Said::default() };
        let garbage = late(&said, &[]);
        assert_eq!(garbage.reason, "what it writes to stdout is no JSON: 2 lines");
        assert_eq!(garbage.said, format!(" `{} ***`", "x".repeat(75)));
        said.messages = 1;
        let slow = late(&said, &[]);
        assert_eq!((slow.problem, slow.said.contains("can")), (Problem::NoAnswer, false));
        let unknown = Diagnosis::late(&PodState::Running, &said, &[], Duration::from_secs(20), Quote(None));
        assert_eq!((unknown.reason, unknown.said), (slow.reason, String::new()));
    }

    #[test]
    fn json_that_is_no_answer_is_no_matter_of_patience() {
        let said = Said { foreign: 1, first_foreign: "{}".to_owned(), ..Said::default() };
        let foreign = late(&said, &[]);
        assert_eq!((foreign.problem, foreign.said.as_str()), (Problem::Protocol, " `{}`"));
        assert!(!foreign.hint.contains("longer"));
        let refused =
            late(&Said { messages: 1, errors: 1, error: "no canary-late".to_owned(), ..Said::default() }, &[]);
        assert_eq!((refused.problem, refused.said.as_str()), (Problem::Protocol, " `no ***`"));
    }

    #[test]
    fn what_was_written_before_anybody_listened_is_in_the_log() {
        let early = late(&Said::default(), &["", "welcome canary-late"]);
        assert_eq!((early.problem, early.said.as_str()), (Problem::NotJson, " `welcome ***`"));
        assert!(!early.hint.contains("longer"));
        assert_eq!(late(&Said::default(), &["{\"level\":\"info\"}"]).problem, Problem::NoAnswer);
    }

    #[test]
    fn a_server_that_was_not_started_waits_for_something() {
        let waits = |reason: &str| {
            let state = PodState::Waiting { reason: reason.to_owned(), message: String::new() };
            Diagnosis::late(&state, &Said::default(), &[], Duration::from_secs(20), Quote(None)).reason
        };
        assert_eq!(waits("ContainerCreating"), "not started within 20s: ContainerCreating");
        assert!(waits("").ends_with("no node has taken it"));
    }
}
