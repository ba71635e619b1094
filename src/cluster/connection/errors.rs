//! The server's no in our words: what was asked, of whom, where, and what to do. Never a value, never Rust's
//! debug text.

use std::time::Duration;

use kube::core::Status;
use kube::core::response::{StatusCause, StatusDetails};

use super::deadlines::{LONGEST_PAUSE, Postponed, never_left};
use super::unreachable;
use super::verbs::Operation;
use crate::cluster::{Identity, namespaces};
use crate::duration;
use crate::error::{Error, Kind};
use crate::shell;

/// What stands for the script in hints of this module, until somebody knows which one runs.
const ANY_SCRIPT: &str = "SCRIPT";

/// Any error of a kube client: our own come back as they are.
pub(in crate::cluster) fn from_kube(identity: &Identity, operation: &Operation, error: kube::Error) -> Error {
    match error {
        kube::Error::Api(status) => from_status(identity, operation, &status),
        kube::Error::Service(inner) => match inner.downcast::<Error>() {
            Ok(own) => *own,
            Err(inner) => match inner.downcast::<Postponed>() {
                Ok(postponed) => {
                    let mut status = Status { code: postponed.status.as_u16(), ..Status::default() };
                    ask_to_wait(&mut status, postponed.asked);
                    from_status(identity, operation, &status)
                }
                Err(inner) => unanswered(identity, operation, inner.as_ref()),
            },
        },
        kube::Error::SerdeError(cause) => unexpected_answer(operation, &cause),
        kube::Error::BuildRequest(_) | kube::Error::HttpError(_) => {
            Error::failed(format!("cannot ask to {}: the request is not valid", asked(operation)))
        }
        other => unanswered(identity, operation, &other),
    }
}

/// A request to which no whole answer came. One that left may have been carried out.
fn unanswered(identity: &Identity, operation: &Operation, error: &(dyn std::error::Error + 'static)) -> Error {
    let told = unreachable::from_chain(identity, error);
    if never_left(error) { told } else { left_open(told, operation) }
}

/// Says of a change whose answer is missing that it may have been carried out.
pub(in crate::cluster) fn left_open(error: Error, operation: &Operation) -> Error {
    if !operation.changes() {
        return error;
    }
    error
        .detail(format!("it is not known whether the request to {} was carried out", asked(operation)))
        .hint("run the command again: it looks first, and does what is left")
}

/// An answer that is not what the API gives: a proxy's page, for example.
pub(in crate::cluster) fn unexpected_answer(operation: &Operation, cause: &serde_json::Error) -> Error {
    let what = if cause.is_data() { "holds something else" } else { "is not JSON" };
    Error::failed(format!("the answer to `{}` {what}", asked(operation)))
        .hint("is this the address of a Kubernetes API server?")
}

/// An answer that is larger than anything that is read. A change has been carried out, or not.
pub(in crate::cluster) fn too_large(operation: &Operation, limit: usize) -> Error {
    let error = Error::invalid(format!("the answer to `{}` is too large", asked(operation)))
        .cause(format!("more than {} MiB are not read", limit >> 20));
    let hint = match operation.subresource.as_str() {
        "log" => "read a part of it: the option `tail` or `since`, as in `mcpctl logs NAME --tail 1000`",
        _ => "is this the address of a Kubernetes API server?",
    };
    left_open(error.hint(hint), operation)
}

/// A `Status` object that says no.
pub(in crate::cluster) fn from_status(identity: &Identity, operation: &Operation, status: &Status) -> Error {
    let error = match status.code {
        _ if is_of_admission(&status.message) => admission(operation, status),
        400 if operation.full_resource() == "pods/log" && status.message.contains(WAITING) => {
            not_started(operation, status)
        }
        401 => unauthorized(identity),
        403 => forbidden(identity, operation, status),
        404 => not_found(operation, status),
        409 if status.reason == "AlreadyExists" => {
            Error::new(Kind::Exists, format!("{} exists already", object(operation, status)))
        }
        409 => Error::new(Kind::Conflict, format!("{} was changed by somebody else", object(operation, status)))
            .hint("run the command again"),
        410 => Error::failed(format!("the list of {} went stale while it was read", operation.resource))
            .hint("run the command again"),
        413 => Error::invalid(format!("{} is too large for the server", object(operation, status))),
        422 => invalid(operation, status),
        429 | 503 | 504 => {
            let error = Error::new(Kind::Unreachable, format!("`{}` is too busy to answer", identity.server));
            let error = match asked_wait(status) {
                Some(wait) => error.cause(format!("{}; Retry-After: {}", code(status), duration::exact(wait))),
                None => error,
            };
            error.hint(try_again(status))
        }
        _ => {
            let error = Error::failed(format!("the server could not {}", asked(operation)));
            match told(operation, status) {
                Some(text) => error.detail(text),
                None => error,
            }
        }
    };
    let error = if error.cause.is_some() { error } else { error.cause(code(status)) };
    // a gateway, or the server itself, has given up waiting for what may have been carried out
    let error = if matches!(status.code, 502 | 504) { left_open(error, operation) } else { error };
    match name(operation, status) {
        "" => error,
        name => error.object(format!("{}/{name}", singular(&operation.resource))),
    }
}

/// Whether an answer is the words of admission: a webhook or a policy that denies, or a webhook that fails. The status
/// code is whatever the webhook chose.
pub(in crate::cluster) fn is_of_admission(message: &str) -> bool {
    message.contains("admission webhook \"")
        || message.contains("failed calling webhook")
        || message.contains("failed to call webhook")
        || message.contains("ValidatingAdmissionPolicy '")
        || message.contains("MutatingAdmissionPolicy '")
}

/// A denial, or a webhook that fails, in its own words: nobody else knows why. The values that were sent are masked where
/// it is printed.
fn admission(operation: &Operation, status: &Status) -> Error {
    let text = status.message.split_whitespace().collect::<Vec<_>>().join(" ");
    let fails = text.contains("failed calling webhook") || text.contains("failed to call webhook");
    let name = text.split_once("webhook \"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
    let (message, kind) = if fails {
        (format!("a webhook of the cluster fails, so the server does not {}", asked(operation)), Kind::Failed)
    } else {
        (format!("admission of the cluster does not allow to {}", asked(operation)), Kind::Forbidden)
    };
    let error = Error::new(kind, message).cause(text.clone());
    if fails {
        return error.hint(format!(
            "the webhook `{name}` has to answer first: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` \
             lists them"
        ));
    }
    error.hint("change what it objects to, or ask those who run the cluster")
}

/// When to come back to a server that is too busy: longer than it was waited for, it has to say itself.
fn try_again(status: &Status) -> String {
    match asked_wait(status) {
        Some(asked) if asked > LONGEST_PAUSE => format!(
            "try again in {}, as it asks: mcpctl waits {} at most",
            duration::exact(asked),
            duration::exact(LONGEST_PAUSE)
        ),
        _ => "try again in a while".to_owned(),
    }
}

/// How long the server asks to wait, if it does.
fn asked_wait(status: &Status) -> Option<Duration> {
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

/// How the server says that a container has not started, before the reason.
const WAITING: &str = " is waiting to start: ";

/// A log of a container that has not started: `container "c" in pod "p" is waiting to start: ContainerCreating`.
fn not_started(operation: &Operation, status: &Status) -> Error {
    let (who, reason) = status.message.split_once(WAITING).unwrap_or_default();
    let container =
        who.split('"').nth(1).map_or_else(|| "the container".to_owned(), |name| format!("container `{name}`"));
    container_not_started(&container, name(operation, status), &operation.namespace, reason.trim())
}

/// A log of a container that has not started, and why it has not.
pub(in crate::cluster) fn container_not_started(container: &str, pod: &str, namespace: &str, reason: &str) -> Error {
    Error::failed(format!("{container} of pod `{pod}` has not started"))
        .cause(reason)
        .hint(format!("`mcpctl status -n {0}` and `mcpctl list -o wide -n {0}` say more", shell::word(namespace)))
}

fn unauthorized(identity: &Identity) -> Error {
    let user = if identity.user.is_empty() { "the user".to_owned() } else { format!("user `{}`", identity.user) };
    let error = Error::new(Kind::Unauthorized, format!("`{}` does not know {user}", identity.server));
    if identity.files.is_empty() {
        return error.hint("its token or certificate may have expired");
    }
    error.hint(format!("its token or certificate in {} may have expired: log in again", identity.files))
}

fn forbidden(identity: &Identity, operation: &Operation, status: &Status) -> Error {
    let Some(denied) = Denied::parse(&status.message) else {
        // Quotas, admission and ending namespaces say no with a 403 too, and only the server knows why.
        let error = Error::new(Kind::Forbidden, format!("the server does not allow to {}", asked(operation)));
        let error = match told(operation, status) {
            Some(text) => error.cause(text),
            None => error,
        };
        return match admitted_by(&operation.namespace, &status.message) {
            Some(hint) => error.hint(hint),
            None => error,
        };
    };
    let user = denied.user.unwrap_or(if identity.user.is_empty() { "unknown" } else { &identity.user });
    let verb = denied.verb.unwrap_or(operation.verb);
    let place = match operation.namespace.as_str() {
        "" if operation.resource == "namespaces" || operation.resource.starts_with('/') => String::new(),
        "" => " in all namespaces".to_owned(),
        namespace => format!(" in namespace `{namespace}`"),
    };
    let error =
        Error::new(Kind::Forbidden, format!("user `{user}` may not {verb} {}{place}", operation.full_resource()));
    let error = error.hint(match operation.namespace.as_str() {
        "" => format!(
            "`mcpctl rbac {ANY_SCRIPT} -A` prints the ClusterRole that is needed; a Role is enough for one namespace: \
             `-n NAME`"
        ),
        namespace => format!(
            "`mcpctl rbac {ANY_SCRIPT} -n {namespace}` prints the Role that is needed, to be bound to this user there"
        ),
    });
    if operation.verb == "patch" && matches!(verb, "patch" | "create") {
        return error.hint(
            "an older Role with `create`, `list` and `get` alone is not enough: objects are applied, which needs `patch`",
        );
    }
    error
}

/// Whether a refusal is about the user's own permissions, and not about what was sent.
pub(in crate::cluster) fn is_about_permissions(status: &Status) -> bool {
    status.code == 401
        || (status.code == 403 && Denied::parse(&status.message).is_some_and(|denied| denied.verb.is_some()))
}

/// What lets in what admission has refused: the words are those of the API server's own plugins.
#[must_use]
pub fn admitted_by(namespace: &str, message: &str) -> Option<String> {
    if message.contains("violates PodSecurity") {
        return Some(format!("{} lets it in", namespaces::admit(namespace)));
    }
    if message.contains("exceeded quota: ") {
        return Some(format!(
            "`kubectl describe resourcequota -n {namespace}` shows what is used: free some of it, or have the quota raised"
        ));
    }
    message.contains("failed quota: ").then(|| {
        format!("a LimitRange in namespace `{namespace}` gives pods the requests and limits that the quota asks for")
    })
}

/// A hint that names the script which runs, where it speaks of any.
#[must_use]
pub fn for_script(hint: &str, script: &str) -> String {
    hint.replace(&format!("mcpctl rbac {ANY_SCRIPT}"), &format!("mcpctl rbac {}", shell::path(script.as_ref())))
}

/// The parts of `pods is forbidden: User "ci" cannot list resource "pods" in API group …`.
struct Denied<'a> {
    user: Option<&'a str>,
    verb: Option<&'a str>,
}

impl<'a> Denied<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        let (_, rest) = message.split_once("User \"")?;
        let (user, rest) = rest.split_once('"')?;
        let rest = rest.trim_start().strip_prefix("cannot ")?;
        let verb = rest.split(' ').next().filter(|verb| !verb.is_empty());
        Some(Self { user: Some(user), verb })
    }
}

/// The namespace of a request that was refused because it does not exist.
pub(in crate::cluster) fn missing_namespace(operation: &Operation, status: &Status) -> Option<String> {
    let is_missing = status.code == 404 && missing_kind(status) == "namespaces" && operation.resource != "namespaces";
    is_missing.then(|| name(operation, status).to_owned())
}

fn missing_kind(status: &Status) -> &str {
    status.details.as_ref().map_or("", |details| details.kind.as_str())
}

fn not_found(operation: &Operation, status: &Status) -> Error {
    if let Some(namespace) = missing_namespace(operation, status) {
        return namespaces::error(&namespace, None);
    }
    let missing_kind = missing_kind(status);
    if name(operation, status).is_empty() {
        return Error::not_found(format!("the server knows nothing of {}", operation.full_resource()));
    }
    // an apply needs no object, and what is said of one names its kind
    if missing_kind.is_empty() && operation.verb == "patch" {
        return Error::not_found(format!("the server has no `{}`", operation.full_resource()))
            .hint("`kubectl api-resources` lists what it has");
    }
    Error::not_found(format!("no {}", object(operation, status)))
}

/// Which fields are wrong and why, without the values, which the server's own text quotes.
fn invalid(operation: &Operation, status: &Status) -> Error {
    let mut error = Error::invalid(format!("the server does not take {}", object(operation, status)));
    let causes = status.details.iter().flat_map(|details| &details.causes);
    for cause in causes {
        let field = if cause.field.is_empty() || cause.field == "[]" { "the object" } else { &cause.field };
        error = error.detail(format!("`{field}`: {}", why(cause)));
    }
    if status.message.contains("field is immutable when `immutable` is set") {
        error = error.hint("it was made immutable: use another name, or delete it first");
    }
    error
}

fn why(cause: &StatusCause) -> String {
    // `Invalid value: "…": text` quotes the value; `Forbidden: text` and `Too long: text` do not.
    let text = match cause.reason.as_str() {
        "FieldValueForbidden" | "FieldValueTooLong" | "FieldValueTooMany" => {
            cause.message.split_once(": ").map_or(cause.message.as_str(), |(_, text)| text)
        }
        "FieldValueRequired" => "is required",
        "FieldValueDuplicate" => "is there twice",
        "FieldValueNotSupported" => "has a value that is not known",
        "FieldValueNotFound" => "names something that is not there",
        _ => "has a value that is not valid",
    };
    text.to_owned()
}

/// The server's own sentence, where it cannot hold a value: its answers to a wrong body quote it.
fn told(operation: &Operation, status: &Status) -> Option<String> {
    let quotes = matches!(operation.resource.as_str(), "secrets" | "configmaps")
        && matches!(operation.verb, "create" | "update" | "patch")
        && matches!(status.code, 400 | 500);
    (!quotes && !status.message.is_empty()).then(|| status.message.clone())
}

fn code(status: &Status) -> String {
    let known = http::StatusCode::from_u16(status.code).ok().and_then(|code| code.canonical_reason());
    known.map_or_else(|| status.code.to_string(), |reason| format!("{} {reason}", status.code))
}

fn asked(operation: &Operation) -> String {
    let what = format!("{} {}", operation.verb, operation.full_resource());
    if operation.name.is_empty() { what } else { format!("{what} `{}`", operation.name) }
}

fn name<'a>(operation: &'a Operation, status: &'a Status) -> &'a str {
    let told = status.details.as_ref().map_or("", |details| details.name.as_str());
    if told.is_empty() { &operation.name } else { told }
}

/// `pod `x` in namespace `a``.
fn object(operation: &Operation, status: &Status) -> String {
    let what = format!("{} `{}`", singular(&operation.resource), name(operation, status));
    if operation.namespace.is_empty() { what } else { format!("{what} in namespace `{}`", operation.namespace) }
}

fn singular(resource: &str) -> &str {
    resource.strip_suffix('s').unwrap_or(resource)
}

/// Puts a `Retry-After` into a `Status` object.
pub(in crate::cluster) fn ask_to_wait(status: &mut Status, patience: Duration) {
    let details = status.details.get_or_insert_with(|| StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 0,
    });
    details.retry_after_seconds = u32::try_from(patience.as_secs()).unwrap_or(u32::MAX);
}

#[cfg(test)]
mod tests;
