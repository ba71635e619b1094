//! Why a server that runs does not answer as it should: it is late, it fails, or strict clients would not accept it.

use std::time::Duration;

use crate::cluster::pods::PodState;
use crate::duration;
use crate::server_pod::{Deviation, Failure, TranscriptState};

use super::diagnosis::{Diagnosis, Problem};
use super::quote::Quote;

/// The hint where a program does not seem to be a server.
const IMAGE: &str = "is the image an MCP server over stdio?";

impl Diagnosis {
    /// The time is over. `error` is the line of its log that looks like the error.
    pub(super) fn late(
        state: &PodState,
        heard: &TranscriptState,
        error: Option<&str>,
        timeout: Duration,
        quote: Quote<'_>,
    ) -> Self {
        let within = duration::exact(timeout);
        let longer = "give it longer with `--timeout`";
        if let PodState::Waiting { reason, message } = state {
            let known: Vec<&str> = [reason.as_str(), message.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
            let known = if known.is_empty() { "no node has taken it".to_owned() } else { known.join(": ") };
            return Self::new(Problem::NotStarted, format!("not started within {within}: {known}"), longer);
        }
        if heard.lacks_line_end() {
            return Self::new(
                Problem::Protocol,
                "its answer has no line end, so clients wait for the rest of it",
                IMAGE,
            );
        }
        if let Some(rejection) = &heard.rejection {
            let reason = "it rejected `initialize`, and did not answer `server/discover`";
            return Self::new(Problem::Protocol, reason, IMAGE).saying(quote.message(rejection));
        }
        if heard.pages > 0 {
            let reason = format!("its list of tools has not ended within {within}: {} pages", heard.pages);
            return Self::new(Problem::Protocol, reason, longer);
        }
        let is_only_text = heard.messages == 0 && heard.text_lines > 0;
        if is_only_text || heard.foreign_lines > 0 {
            // it may be the answer, so it is not a matter of patience
            let what = if is_only_text { Deviation::Text } else { Deviation::Foreign };
            let hint = format!("a server must write its log to stderr; {IMAGE}");
            return Self { hint, ..Self::deviating(what, heard, "", quote) };
        }
        let request = if heard.pending.is_empty() { "`initialize`".to_owned() } else { format!("`{}`", heard.pending) };
        if heard.messages > 0 {
            let reason = format!("no answer to {request} within {within}: it wrote {}", lines(heard.messages));
            let last = quote.line(&heard.last);
            let last = if last.is_empty() { last } else { format!(", the last{last}") };
            return Self::new(Problem::NoAnswer, reason, longer).saying(last);
        }
        let logged = error.map(|line| quote.line(line)).filter(|line| !line.is_empty());
        let logged = logged.map(|line| format!("; its log has{line}")).unwrap_or_default();
        let reason = format!("no answer within {within}: nothing came on its stdout");
        Self::new(Problem::NoAnswer, reason, longer).saying(logged)
    }

    /// A conversation that came to nothing, other than by the end of the server or of the connection.
    pub(super) fn failed(failure: &Failure, heard: &TranscriptState, quote: Quote<'_>) -> Self {
        let protocol = |reason: String, hint: &str| Self::new(Problem::Protocol, reason, hint);
        match failure {
            Failure::Refused { method: "initialize", message, .. } => {
                protocol("it rejected `initialize`".to_owned(), "").saying(quote.message(message))
            }
            Failure::Refused { method, message, .. } => {
                let id = if heard.deviations().contains(&Deviation::NullId) { " whose id is null" } else { "" };
                protocol(format!("it answered `{method}` with an error{id}"), "").saying(quote.message(message))
            }
            Failure::Invalid { method, what, value } => {
                let value = if value.is_empty() { String::new() } else { quote.line(value) };
                let value = if value.is_empty() { value } else { format!(":{value}") };
                protocol(format!("its answer to `{method}` {what}"), "").saying(value)
            }
            Failure::Framed => protocol(
                "it frames its messages by `Content-Length` headers, as language servers do".to_owned(),
                "in MCP each message is one line of JSON: is the image an MCP server over stdio?",
            ),
            Failure::TooLong => protocol("it wrote a line of more than 8 MiB".to_owned(), IMAGE),
            Failure::Closed => Self::new(Problem::Connection, "its stdout was closed before it answered", ""),
        }
    }

    /// What strict clients, among them the gateway, do not accept from a server that answers.
    pub(super) fn deviating(deviation: Deviation, heard: &TranscriptState, server: &str, quote: Quote<'_>) -> Self {
        let stderr = format!(
            "clients such as the gateway drop a server that does this: it must write its log to stderr; `mcpctl verify {server} --lenient` accepts it"
        );
        let (problem, reason, hint) = match deviation {
            Deviation::Text => (
                Problem::NotJson,
                format!("it writes text to stdout that is not JSON: {}", lines(heard.text_lines)),
                stderr,
            ),
            Deviation::ByteOrderMark => {
                (Problem::NotJson, "it writes a byte order mark to stdout, which is not JSON".to_owned(), stderr)
            }
            Deviation::Foreign => {
                let count = lines(heard.foreign_lines);
                (Problem::Protocol, format!("it writes JSON to stdout that is not a message of MCP: {count}"), stderr)
            }
            Deviation::SeveralLines => (
                Problem::Protocol,
                "its messages span several lines, and clients read each line as one message".to_owned(),
                String::new(),
            ),
            Deviation::NullId => (
                Problem::Protocol,
                "it answers with the id null instead of the request's, so clients do not find the request".to_owned(),
                String::new(),
            ),
            Deviation::StringId => (
                Problem::Protocol,
                "it answers with the id as a string instead of a number, so clients do not find the request".to_owned(),
                String::new(),
            ),
        };
        let line = match deviation {
            Deviation::Text => quote.line(&heard.first_text),
            Deviation::Foreign => quote.line(&heard.first_foreign),
            _ => String::new(),
        };
        Self::new(problem, reason, hint).saying(line)
    }
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Secret, Vault};

    fn heard(change: impl FnOnce(&mut TranscriptState)) -> TranscriptState {
        let mut heard = TranscriptState::default();
        change(&mut heard);
        heard
    }

    /// What is reported of a server that did not answer in time.
    fn late(heard: &TranscriptState, error: Option<&str>) -> Diagnosis {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-late"));
        Diagnosis::late(&PodState::Running, heard, error, Duration::from_secs(20), Quote(Some(&vault)))
    }

    #[test]
    fn a_server_that_is_late_is_reported_by_what_it_wrote() {
        let silent = late(&TranscriptState::default(), None);
        assert_eq!(silent.reason, "no answer within 20s: nothing came on its stdout");
        let logged = late(&TranscriptState::default(), Some("no route to canary-late"));
        assert_eq!((logged.problem, logged.said.as_str()), (Problem::NoAnswer, "; its log has `no route to ***`"));
        let line = format!("{} canary-late", "x".repeat(495));
        let mut heard = heard(|heard| {
            heard.text_lines = 2;
            heard.first_text.clone_from(&line);
            heard.last.clone_from(&line);
        });
        let garbage = late(&heard, None);
        assert_eq!(
            (garbage.problem, garbage.reason.as_str()),
            (Problem::NotJson, "it writes text to stdout that is not JSON: 2 lines")
        );
        assert_eq!(garbage.said, format!(" `{} ***`", "x".repeat(495)));
        heard.messages = 1;
        heard.pending = "tools/list";
        let slow = late(&heard, None);
        assert_eq!(slow.reason, "no answer to `tools/list` within 20s: it wrote 1 line");
        assert!(!slow.said.contains("can"), "{}", slow.said);
        let unknown = Diagnosis::late(&PodState::Running, &heard, None, Duration::from_secs(20), Quote(None));
        assert_eq!((unknown.reason, unknown.said), (slow.reason, String::new()));
    }

    #[test]
    fn what_is_not_a_matter_of_patience_is_not_given_more_time() {
        let foreign = late(
            &heard(|heard| {
                heard.foreign_lines = 1;
                heard.first_foreign = "{}".to_owned();
            }),
            None,
        );
        assert_eq!((foreign.problem, foreign.said.as_str()), (Problem::Protocol, " `{}`"));
        assert!(!foreign.hint.contains("longer"));
        let batch = late(
            &heard(|heard| {
                heard.messages = 1;
                heard.pending = "tools/list";
                heard.foreign_lines = 1;
                heard.first_foreign = "[{}]".to_owned();
            }),
            None,
        );
        assert_eq!((batch.problem, batch.said.as_str()), (Problem::Protocol, " `[{}]`"));
        let rejected = late(&heard(|heard| heard.rejection = Some("no canary-late".to_owned())), None);
        assert_eq!((rejected.problem, rejected.said.as_str()), (Problem::Protocol, ": no ***"));
        let endless = late(&heard(|heard| heard.pages = 3), None);
        assert_eq!(endless.reason, "its list of tools has not ended within 20s: 3 pages");
    }

    #[test]
    fn a_server_that_was_not_started_waits_for_something() {
        let waits = |reason: &str| {
            let state = PodState::Waiting { reason: reason.to_owned(), message: String::new() };
            Diagnosis::late(&state, &TranscriptState::default(), None, Duration::from_secs(20), Quote(None)).reason
        };
        assert_eq!(waits("ContainerCreating"), "not started within 20s: ContainerCreating");
        assert!(waits("").ends_with("no node has taken it"));
    }
}
