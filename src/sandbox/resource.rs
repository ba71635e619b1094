//! The kinds of object that the sandbox holds, and what the API calls them.

/// A resource of the core v1 API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Resource {
    Namespaces,
    Pods,
    ConfigMaps,
    Secrets,
}

impl Resource {
    pub(super) const ALL: [Self; 4] = [Self::Namespaces, Self::Pods, Self::ConfigMaps, Self::Secrets];

    /// The name in paths and permissions.
    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Pods => "pods",
            Self::ConfigMaps => "configmaps",
            Self::Secrets => "secrets",
        }
    }

    pub(super) const fn singular(self) -> &'static str {
        match self {
            Self::Namespaces => "namespace",
            Self::Pods => "pod",
            Self::ConfigMaps => "configmap",
            Self::Secrets => "secret",
        }
    }

    pub(super) const fn short_name(self) -> Option<&'static str> {
        match self {
            Self::Namespaces => Some("ns"),
            Self::Pods => Some("po"),
            Self::ConfigMaps => Some("cm"),
            Self::Secrets => None,
        }
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespace",
            Self::Pods => "Pod",
            Self::ConfigMaps => "ConfigMap",
            Self::Secrets => "Secret",
        }
    }

    pub(super) const fn namespaced(self) -> bool {
        !matches!(self, Self::Namespaces)
    }

    pub(super) fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.plural() == plural)
    }

    pub(super) fn from_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.kind() == kind)
    }

    /// Whether a deletion is answered with the object rather than with a Status, as the API server's
    /// strategies for these kinds ask for.
    pub(super) const fn delete_returns_object(self) -> bool {
        matches!(self, Self::Pods | Self::Namespaces)
    }
}

/// The place of one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) resource: Resource,
    /// Empty for namespaces.
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}
