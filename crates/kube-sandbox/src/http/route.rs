//! The resource, object and verb of a path and a method.

use http::Method;

use super::query::Query;
use crate::api::resource::{Key, Resource};

/// The target of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A document of discovery, or a health check.
    Document,
    /// All objects of a kind, of one namespace or (empty) of all.
    Collection { resource: Resource, namespace: String },
    /// One object, or a part of it such as `log`.
    Object { key: Key, subresource: String },
    /// `selfsubjectaccessreviews`.
    AccessReview,
    /// An unknown path of the API.
    Unknown,
    /// A path outside of the API.
    Nothing,
}

impl Target {
    pub(crate) fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["version" | "api" | "apis" | "healthz" | "livez" | "readyz"]
            | ["api", "v1"]
            | ["apis", "authorization.k8s.io"]
            | ["apis", "authorization.k8s.io", "v1"]
            | ["openapi", "v3"]
            | ["openapi", "v3", "api", "v1"] => Self::Document,
            ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] => Self::AccessReview,
            ["api", "v1", "namespaces", name] => Self::object(Resource::Namespaces, "", name, ""),
            ["api", "v1", plural] => Self::collection(plural, ""),
            ["api", "v1", "namespaces", name, part @ ("status" | "finalize")] => {
                Self::object(Resource::Namespaces, "", name, part)
            }
            ["api", "v1", "namespaces", namespace, plural] => Self::collection(plural, namespace),
            ["api", "v1", "namespaces", namespace, plural, name, rest @ ..] => match Resource::from_plural(plural) {
                Some(resource) if resource.namespaced() && rest.len() <= 1 => {
                    Self::object(resource, namespace, name, rest.first().copied().unwrap_or_default())
                }
                _ => Self::Unknown,
            },
            ["api" | "apis", ..] => Self::Unknown,
            _ => Self::Nothing,
        }
    }

    fn collection(plural: &str, namespace: &str) -> Self {
        match Resource::from_plural(plural) {
            Some(resource) if resource.namespaced() || namespace.is_empty() => {
                Self::Collection { resource, namespace: namespace.to_owned() }
            }
            _ => Self::Unknown,
        }
    }

    fn object(resource: Resource, namespace: &str, name: &str, subresource: &str) -> Self {
        Self::Object { key: Key::new(resource, namespace, name), subresource: subresource.to_owned() }
    }

    /// The verb of a request for permissions; empty if there is none.
    pub(crate) fn verb(&self, method: &Method, query: &Query) -> &'static str {
        let one = matches!(self, Self::Object { .. });
        match (method, self) {
            (_, Self::Document | Self::Unknown | Self::Nothing) => "",
            (&Method::GET, _) if one => "get",
            (&Method::GET, _) if query.flag("watch") => "watch",
            (&Method::GET, _) => "list",
            (&Method::POST, _) => "create",
            (&Method::PUT, _) => "update",
            (&Method::PATCH, _) => "patch",
            (&Method::DELETE, _) if one => "delete",
            (&Method::DELETE, _) => "deletecollection",
            _ => "",
        }
    }

    /// The resource with its subresource, in the form of permissions: `pods`, `pods/log`.
    pub(crate) fn resource(&self) -> String {
        match self {
            Self::Collection { resource, .. } => resource.plural().to_owned(),
            Self::Object { key, subresource } if subresource.is_empty() => key.resource.plural().to_owned(),
            Self::Object { key, subresource } => format!("{}/{subresource}", key.resource.plural()),
            Self::AccessReview => "selfsubjectaccessreviews".to_owned(),
            Self::Document | Self::Unknown | Self::Nothing => String::new(),
        }
    }

    pub(crate) fn namespace(&self) -> &str {
        match self {
            Self::Collection { namespace, .. } => namespace,
            Self::Object { key, .. } => &key.namespace,
            _ => "",
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Object { key, .. } => &key.name,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_method_give_resource_and_verb() {
        let list = Target::of("/api/v1/pods");
        assert_eq!((list.resource().as_str(), list.namespace()), ("pods", ""));
        assert_eq!(list.verb(&Method::GET, &Query::parse("watch=true")), "watch");
        assert_eq!(list.verb(&Method::DELETE, &Query::default()), "deletecollection");
        let log = Target::of("/api/v1/namespaces/mcp/pods/a/log");
        assert_eq!((log.resource().as_str(), log.namespace(), log.name()), ("pods/log", "mcp", "a"));
        assert_eq!(Target::of("/api/v1/podz"), Target::Unknown);
        assert_eq!(Target::of("/nonsense"), Target::Nothing);
    }
}
