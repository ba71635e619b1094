//! Failures in the words of the API server: `Status` objects with code, reason and details.

use serde_json::{Map, Value, json};

use crate::api::resource::Resource;

/// The failure of a request.
#[derive(Debug, Clone)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    code: u16,
    reason: &'static str,
    message: String,
    details: Map<String, Value>,
}

/// The result of a handler.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// One cause of a failure, about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Cause {
    /// A value that is not allowed; `value` is shown as JSON, like Go's `%q` for text.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Self { reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}"), field: field.into() }
    }

    pub(crate) fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self { reason: "FieldValueRequired", message, field: field.into() }
    }

    pub(crate) fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self { reason: "FieldValueForbidden", message: format!("Forbidden: {why}"), field: field.into() }
    }

    pub(crate) fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self {
            reason: "FieldValueTooLong",
            message: format!("Too long: may not be more than {bytes} bytes"),
            field: field.into(),
        }
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| format!("\"{s}\"")).collect();
        Self {
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {value}: supported values: {}", supported.join(", ")),
            field: field.into(),
        }
    }

    fn json(&self) -> Value {
        if self.field.is_empty() {
            json!({"reason": self.reason, "message": self.message})
        } else {
            json!({"reason": self.reason, "message": self.message, "field": self.field})
        }
    }
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts { code, reason, message: message.into(), details: Map::new() }))
    }

    fn about(mut self, kind: &str, name: &str) -> Self {
        if !name.is_empty() {
            self.0.details.insert("name".to_owned(), name.into());
        }
        if !kind.is_empty() {
            self.0.details.insert("kind".to_owned(), kind.into());
        }
        self
    }

    fn causes(mut self, causes: &[Cause]) -> Self {
        self.0.details.insert("causes".to_owned(), causes.iter().map(Cause::json).collect());
        self
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.0.details.insert("retryAfterSeconds".to_owned(), seconds.into());
        self
    }

    pub(crate) fn not_found(resource: Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", resource.plural())).about(resource.plural(), name)
    }

    /// An unknown path of the API.
    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(crate) fn exists(resource: Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", resource.plural()))
            .about(resource.plural(), name)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// A failure that the server has no better class for (typed patch objects).
    pub(crate) fn unclassified(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// An invalid parameter of a request (`options` is like `PatchOptions`).
    pub(crate) fn bad_options(options: &str, cause: &Cause) -> Self {
        let message = format!("{options}.meta.k8s.io \"\" is invalid: {}: {}", cause.field, cause.message);
        let mut failure = Self::new(422, "Invalid", message).about(options, "").causes(std::slice::from_ref(cause));
        failure.0.details.insert("group".to_owned(), "meta.k8s.io".into());
        failure
    }

    /// A merge patch whose result is not an object of its kind.
    pub(crate) fn bad_patch(resource: Resource, result: &Value, why: &str) -> Self {
        // the server shows its fields in the order of their names
        let mut fields = resource.document(result);
        fields.as_object_mut().into_iter().for_each(Map::sort_keys);
        let cause = Cause::invalid("patch", &fields.to_string().into(), why);
        Self::new(422, "Invalid", format!(" \"\" is invalid: patch: {}", cause.message)).causes(&[cause])
    }

    /// A precondition of a deletion does not hold.
    pub(crate) fn precondition(resource: Resource, name: &str, why: &str) -> Self {
        let kind = resource.kind();
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {kind} \"{name}\": {why}"))
            .about(kind, name)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    /// A body whose `Content-Type` is unknown.
    pub(crate) fn unsupported_body() -> Self {
        Self::new(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/yaml",
        )
    }

    /// The request has no token, or a wrong one.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// A request with impersonation; without this error, the answer would be that for the own user.
    pub(crate) fn impersonated() -> Self {
        Self::new(403, "Forbidden", "the sandbox has one user and does not support impersonation (`Impersonate-User`)")
    }

    /// The client accepts none of the supported forms.
    pub(crate) fn not_acceptable() -> Self {
        const KNOWN: &str = "application/json, application/json;as=Table;g=meta.k8s.io;v=v1";
        Self::new(406, "NotAcceptable", format!("406: Not Acceptable\n\nAvailable representations: {KNOWN}"))
    }

    /// A patch of an unknown kind.
    pub(crate) fn unsupported_patch() -> Self {
        Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit}"))
    }

    pub(crate) fn conflict(resource: Resource, name: &str, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.plural()))
            .about(resource.plural(), name)
    }

    /// The object changed since the resourceVersion that the request names.
    pub(crate) fn modified(resource: Resource, name: &str) -> Self {
        Self::conflict(
            resource,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// An apply conflicts with other field managers; `message` is the list of them.
    pub(crate) fn apply_conflict(count: usize, message: &str, causes: &[Cause]) -> Self {
        let noun = if count == 1 { "conflict" } else { "conflicts" };
        Self::new(409, "Conflict", format!("Apply failed with {count} {noun}: {message}")).causes(causes)
    }

    pub(crate) fn invalid(resource: Resource, name: &str, causes: &[Cause]) -> Self {
        let mut list: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        list.dedup();
        let list = match list.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        Self::new(422, "Invalid", format!("{} \"{name}\" is invalid: {list}", resource.kind()))
            .about(resource.kind(), name)
            .causes(causes)
    }

    /// A denial of RBAC; `what` is like `"" in the namespace "x"`.
    pub(crate) fn forbidden(resource: &str, name: &str, why: &str, causes: &[Cause]) -> Self {
        let object = if name.is_empty() { resource.to_owned() } else { format!("{resource} \"{name}\"") };
        let kind = resource.split('/').next().unwrap_or(resource);
        let failure = Self::new(403, "Forbidden", format!("{object} is forbidden: {why}")).about(kind, name);
        if causes.is_empty() { failure } else { failure.causes(causes) }
    }

    /// A denial of admission with the status code of its webhook, or a webhook that fails.
    pub(crate) fn admission(code: u16, message: impl Into<String>) -> Self {
        let reason = match code {
            403 => "Forbidden",
            422 => "Invalid",
            500 => "InternalError",
            _ => "",
        };
        Self::new(code, reason, message)
    }

    /// A list's continue token or a watch's start is older than what is kept.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// A resourceVersion that does not exist yet.
    pub(crate) fn too_new(wanted: u64, current: u64) -> Self {
        let mut failure =
            Self::new(504, "Timeout", format!("Timeout: Too large resource version: {wanted}, current: {current}"))
                .retry_after(1);
        let cause = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
        failure.0.details.insert("causes".to_owned(), cause);
        failure
    }

    /// The injected failure with a status code.
    pub(crate) fn ordered(code: u16) -> Self {
        match code {
            400 => Self::bad_request("the request was ordered to fail"),
            401 => Self::unauthorized(),
            403 => Self::new(403, "Forbidden", "forbidden: ordered to fail"),
            409 => Self::new(409, "Conflict", "Operation cannot be fulfilled: ordered to fail"),
            410 => Self::expired("The provided continue parameter is too old to display a consistent list result."),
            429 => Self::new(429, "TooManyRequests", "too many requests, please try again later").retry_after(1),
            503 => Self::new(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => Self::new(504, "Timeout", "Timeout: request did not complete within the allotted timeout"),
            404 => Self::no_such_path(),
            _ => Self(Box::new(Parts {
                code,
                reason: "InternalError",
                message: "Internal error occurred: ordered to fail".to_owned(),
                details: Map::new(),
            })),
        }
    }

    pub(crate) fn code(&self) -> u16 {
        self.0.code
    }

    /// Sets the time after which to retry, or (`None`) removes it.
    pub(crate) fn retried_after(mut self, seconds: Option<u32>) -> Self {
        self.0.details.shift_remove("retryAfterSeconds");
        match seconds {
            Some(seconds) => self.retry_after(seconds),
            None => self,
        }
    }

    /// Seconds for the `Retry-After` header.
    pub(crate) fn retry_seconds(&self) -> Option<u64> {
        self.0.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }

    /// The `Status` object.
    pub(crate) fn json(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.0.message,
        });
        if !self.0.reason.is_empty() {
            status["reason"] = self.0.reason.into();
        }
        if !self.0.details.is_empty() || matches!(self.0.code, 404 | 405) {
            status["details"] = Value::Object(self.0.details.clone());
        }
        status["code"] = self.0.code.into();
        status
    }
}

/// The `Status` that answers a deletion done at once.
pub(crate) fn deleted(resource: Resource, name: &str, uid: &str) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {"name": name, "kind": resource.plural(), "uid": uid},
    })
}
