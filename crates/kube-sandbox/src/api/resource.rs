//! The kinds of objects that the sandbox supports, and their names in the API.

use serde_json::{Map, Value};

/// A resource of the core v1 API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    Namespaces,
    Pods,
    ConfigMaps,
    Secrets,
}

impl Resource {
    pub(crate) const ALL: [Self; 4] = [Self::Namespaces, Self::Pods, Self::ConfigMaps, Self::Secrets];

    /// The name in paths and permissions.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Pods => "pods",
            Self::ConfigMaps => "configmaps",
            Self::Secrets => "secrets",
        }
    }

    pub(crate) const fn singular(self) -> &'static str {
        match self {
            Self::Namespaces => "namespace",
            Self::Pods => "pod",
            Self::ConfigMaps => "configmap",
            Self::Secrets => "secret",
        }
    }

    pub(crate) const fn short_name(self) -> Option<&'static str> {
        match self {
            Self::Namespaces => Some("ns"),
            Self::Pods => Some("po"),
            Self::ConfigMaps => Some("cm"),
            Self::Secrets => None,
        }
    }

    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespace",
            Self::Pods => "Pod",
            Self::ConfigMaps => "ConfigMap",
            Self::Secrets => "Secret",
        }
    }

    /// An object as the API returns it: stored objects have neither `kind` nor `apiVersion`.
    pub(crate) fn document(self, object: &Value) -> Value {
        let mut map = Map::new();
        map.insert("kind".to_owned(), self.kind().into());
        map.insert("apiVersion".to_owned(), "v1".into());
        map.extend(object.as_object().cloned().unwrap_or_default());
        Value::Object(map)
    }

    pub(crate) const fn namespaced(self) -> bool {
        !matches!(self, Self::Namespaces)
    }

    pub(crate) fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.plural() == plural)
    }

    pub(crate) fn from_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.kind() == kind)
    }

    /// Whether a deletion is answered with the object and not with a Status, as the API server does for this kind.
    pub(crate) const fn delete_returns_object(self) -> bool {
        matches!(self, Self::Pods | Self::Namespaces)
    }
}

/// The place of one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) resource: Resource,
    /// Empty for namespaces.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}
