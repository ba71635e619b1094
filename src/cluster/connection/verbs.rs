//! What a request asks of the API: its verb, resource, namespace and name, and whether it changes anything.
//!
//! The guard, the dry run, the recorder and the retries judge by this and never by the HTTP method: attach,
//! exec and port-forward are GETs that change, access reviews are POSTs that read.

use http::{Method, Request};

/// Subresources that open a channel into a pod, node or service: whatever the method, they can change things.
const CHANNELS: [&str; 4] = ["attach", "exec", "portforward", "proxy"];

/// Resources that answer a question by a POST and store nothing.
const REVIEWS: [&str; 6] = [
    "localsubjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "subjectaccessreviews",
    "tokenreviews",
];

/// Subresources whose changes the server can judge without doing them.
const JUDGED_SUBRESOURCES: [&str; 3] = ["", "scale", "status"];

/// Resources whose creation the server does although it is asked not to.
const NEVER_JUDGED: [&str; 1] = ["bindings"];

/// Whether a request changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It reads.
    Read,
    /// It changes an object.
    Change,
    /// It opens a channel through which anything can happen.
    Channel,
}

/// What one request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The API's verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: &'static str,
    /// The plural resource name; the path itself for what is no resource (`/version`).
    pub resource: String,
    /// The subresource; empty if there is none.
    pub subresource: String,
    /// The namespace; empty for all namespaces and for what has none.
    pub namespace: String,
    /// The object's name; empty for lists and creations.
    pub name: String,
    /// Whether it changes anything.
    pub nature: Nature,
    /// Whether its answer may take for ever: watch, `logs -f`, channels.
    pub endless: bool,
}

impl Operation {
    /// Reads a request's path, query and method.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        let uri = request.uri();
        let segments: Vec<&str> = uri.path().split('/').filter(|s| !s.is_empty()).collect();
        let rest = match segments.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] if !rest.is_empty() => rest,
            _ => return Self::outside(request),
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, inner @ ..] if !matches!(inner, [] | ["status" | "finalize"]) => {
                (*namespace, inner)
            }
            _ => ("", rest),
        };
        let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        let (resource, name, subresource) = (part(0), part(1), part(2));
        let verb = verb(request, !name.is_empty());
        let nature = if CHANNELS.contains(&subresource.as_str()) {
            Nature::Channel
        } else if matches!(verb, "get" | "list" | "watch") || REVIEWS.contains(&resource.as_str()) {
            Nature::Read
        } else {
            Nature::Change
        };
        let follows = subresource == "log" && flag(request, "follow");
        let endless = verb == "watch" || follows || nature == Nature::Channel;
        Self { verb, resource, subresource, namespace: namespace.to_owned(), name, nature, endless }
    }

    /// Whether it changes anything, or may.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.nature != Nature::Read
    }

    /// Whether the server can be asked to judge it without doing it.
    #[must_use]
    pub fn can_be_judged(&self) -> bool {
        self.nature == Nature::Change
            && !self.resource.starts_with('/')
            && JUDGED_SUBRESOURCES.contains(&self.subresource.as_str())
            && !NEVER_JUDGED.contains(&self.resource.as_str())
    }

    /// The resource as Roles name it: `pods`, `pods/log`.
    #[must_use]
    pub fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    fn outside<B>(request: &Request<B>) -> Self {
        let verb = verb(request, true);
        Self {
            verb,
            resource: request.uri().path().to_owned(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            nature: if verb == "get" { Nature::Read } else { Nature::Change },
            endless: false,
        }
    }
}

fn verb<B>(request: &Request<B>, named: bool) -> &'static str {
    match *request.method() {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ if flag(request, "watch") => "watch",
        _ if named => "get",
        _ => "list",
    }
}

fn flag<B>(request: &Request<B>, name: &str) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == name && matches!(&*value, "true" | "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str) -> Operation {
        Operation::of(&Request::builder().method(method).uri(uri).body(()).unwrap())
    }

    #[test]
    fn each_request_has_its_verb_resource_and_nature() {
        let table = [
            ("GET", "/api/v1/namespaces/a/pods?&limit=500", "list pods", Nature::Read),
            ("GET", "/api/v1/pods?limit=500", "list pods", Nature::Read),
            ("GET", "/api/v1/pods?watch=true", "watch pods", Nature::Read),
            ("GET", "/api/v1/namespaces/a/pods/b", "get pods", Nature::Read),
            ("GET", "/api/v1/namespaces/a/pods/b/log?follow=true", "get pods/log", Nature::Read),
            ("GET", "/api/v1/namespaces/a/pods/b/attach?stdin=true", "get pods/attach", Nature::Channel),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", "create pods/exec", Nature::Channel),
            ("DELETE", "/api/v1/namespaces/a/pods/b", "delete pods", Nature::Change),
            ("DELETE", "/api/v1/namespaces/a/pods", "deletecollection pods", Nature::Change),
            ("PATCH", "/api/v1/namespaces/a/configmaps/b?fieldManager=x", "patch configmaps", Nature::Change),
            ("POST", "/api/v1/namespaces", "create namespaces", Nature::Change),
            ("GET", "/api/v1/namespaces/a", "get namespaces", Nature::Read),
            ("PUT", "/api/v1/namespaces/a/finalize", "update namespaces/finalize", Nature::Change),
            ("POST", "/api/v1/namespaces/a/serviceaccounts/b/token", "create serviceaccounts/token", Nature::Change),
            (
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                "create selfsubjectaccessreviews",
                Nature::Read,
            ),
            ("GET", "/version", "get /version", Nature::Read),
            ("POST", "/nowhere", "create /nowhere", Nature::Change),
        ];
        for (method, uri, expected, nature) in table {
            let operation = asked(method, uri);
            assert_eq!(format!("{} {}", operation.verb, operation.full_resource()), expected, "{method} {uri}");
            assert_eq!(operation.nature, nature, "{method} {uri}");
        }
        assert_eq!(asked("GET", "/api/v1/namespaces/a/pods/b").namespace, "a");
        assert_eq!(asked("GET", "/api/v1/namespaces/a/pods/b").name, "b");
        assert_eq!(asked("GET", "/api/v1/namespaces/a").name, "a");
        assert_eq!(asked("GET", "/api/v1/namespaces/a").namespace, "");
    }

    #[test]
    fn what_never_ends_and_what_cannot_be_judged_is_known() {
        assert!(asked("GET", "/api/v1/pods?watch=1").endless);
        assert!(asked("GET", "/api/v1/namespaces/a/pods/b/log?follow=true").endless);
        assert!(!asked("GET", "/api/v1/namespaces/a/pods/b/log").endless);
        assert!(asked("GET", "/api/v1/namespaces/a/pods/b/attach").endless);
        assert!(asked("DELETE", "/api/v1/namespaces/a/pods/b").can_be_judged());
        assert!(!asked("POST", "/api/v1/namespaces/a/pods/b/eviction").can_be_judged());
        assert!(!asked("POST", "/api/v1/namespaces/a/bindings").can_be_judged());
        assert!(!asked("POST", "/nowhere").can_be_judged());
    }
}
