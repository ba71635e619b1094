//! Why a server does not answer: each way to fail in its own words, with the next step.

use crate::cluster::for_script;
use crate::error::Error;
use crate::shell;

use super::job::Unset;
use super::quote::Quote;

/// The hint for a server that ended and has a log.
const LAST_LINES: &str = "its last lines say why: often a value that it does not like";
/// The same without a log.
const NO_LINES: &str =
    "its log is empty or cannot be read: check its command and its values; it must run until its input ends";

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
    /// It wrote no answer in all the time it had.
    NoAnswer,
    /// It writes text to stdout that is not JSON.
    NotJson,
    /// It answered with an error, or against the protocol.
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
        let hint = if code.is_some() { LAST_LINES } else { "" };
        // a container may write its message itself
        Self::new(Problem::Exit, format!("{how} before it answered"), hint).saying(quote.message(message))
    }

    /// The pod is gone, and not by our doing.
    pub(super) fn gone() -> Self {
        Self::new(Problem::Gone, "somebody removed its pod before it answered", "")
    }

    /// Adds what its log says of the next step, and the variables that nothing sets, as far as they can matter: those that
    /// the server needs, and those that its log names.
    pub(super) fn naming(mut self, unset: &[Unset], log: &[String]) -> Self {
        if matches!(self.problem, Problem::Image | Problem::Values | Problem::Rejected | Problem::NotStarted) {
            return self;
        }
        if self.hint == LAST_LINES && log.iter().all(|line| line.trim().is_empty()) {
            self.hint = NO_LINES.to_owned();
        }
        let is_named = |name: &str| log.iter().any(|line| has_word(line, name)) || has_word(&self.said, name);
        let named = unset.iter().filter(|unset| unset.is_required || is_named(&unset.name));
        let named: Vec<&str> = named.map(|unset| unset.name.as_str()).collect();
        if !named.is_empty() {
            let end = if self.hint.is_empty() { "" } else { "; " };
            self.hint = format!("{}{end}nothing sets {}", self.hint, quoted(&named));
        }
        self
    }
}

/// Whether a text has a name that is not part of a longer one.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
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
        for (log, hint) in
            [(&["no such url".to_owned()][..], LAST_LINES), (&[], NO_LINES), (&[" ".to_owned()], NO_LINES)]
        {
            assert_eq!(ended(Some(0), "Completed", "").naming(&[], log).hint, hint, "{log:?}");
        }
        let killed = ended(Some(137), "OOMKilled", "");
        assert_eq!(killed.reason, "it ended with code 137 (OOMKilled) before it answered");
        let evicted = ended(None, "Evicted", "low on memory");
        assert_eq!(evicted.reason, "its pod was given up (Evicted) before it answered");
        assert_eq!(evicted.said, ": low on memory");
        assert_eq!(ended(Some(128), "StartError", "no such file").problem, Problem::NotStarted);
        assert_eq!(ended(Some(1), "Error", "bad key canary-ended").said, ": bad key ***");
    }

    #[test]
    fn unset_variables_come_last_and_only_if_they_can_matter() {
        let unset = |name: &str, is_required| Unset { name: name.to_owned(), is_required };
        let all = [unset("NEEDED", true), unset("NAME", false), unset("OTHER", false)];
        for (log, problem, hint, expected) in [
            ("", Problem::NoAnswer, "", "nothing sets `NEEDED`"),
            ("", Problem::NoAnswer, "wait", "wait; nothing sets `NEEDED`"),
            ("NAME is empty", Problem::Exit, "look", "look; nothing sets `NEEDED`, `NAME`"),
            ("set NAME, OTHER", Problem::Exit, "look", "look; nothing sets `NEEDED`, `NAME`, `OTHER`"),
            ("$NAME", Problem::Protocol, "look", "look; nothing sets `NEEDED`, `NAME`"),
            ("export NAME=", Problem::NotJson, "look", "look; nothing sets `NEEDED`, `NAME`"),
            ("RENAME, NAMES, MY_NAME and name", Problem::Exit, "look", "look; nothing sets `NEEDED`"),
            ("OTHER_NAME", Problem::Exit, "look", "look; nothing sets `NEEDED`"),
            ("NAME", Problem::Image, "look", "look"),
            ("NAME", Problem::Values, "look", "look"),
            ("NAME", Problem::Rejected, "look", "look"),
            ("NAME", Problem::NotStarted, "look", "look"),
        ] {
            let named = Diagnosis::new(problem, "", hint).naming(&all, &[log.to_owned()]);
            assert_eq!(named.hint, expected, "{log}");
        }
        let said = Diagnosis::new(Problem::Protocol, "", "").saying(": set OTHER").naming(&all[1..], &[]);
        assert_eq!(said.hint, "nothing sets `OTHER`");
        assert_eq!(Diagnosis::new(Problem::Exit, "", "look").naming(&[], &[]).hint, "look");
    }
}
