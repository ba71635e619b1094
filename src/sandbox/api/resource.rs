//! The kinds of object that the sandbox holds, and what the API calls them.

/// A resource of the core v1 API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::sandbox) enum Resource {
    Namespaces,
    Pods,
    ConfigMaps,
    Secrets,
}

impl Resource {
    pub(in crate::sandbox) const ALL: [Self; 4] = [Self::Namespaces, Self::Pods, Self::ConfigMaps, Self::Secrets];

    /// The name in paths and permissions.
    pub(in crate::sandbox) const fn plural(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Pods => "pods",
            Self::ConfigMaps => "configmaps",
            Self::Secrets => "secrets",
        }
    }

    pub(in crate::sandbox) const fn singular(self) -> &'static str {
        match self {
            Self::Namespaces => "namespace",
            Self::Pods => "pod",
            Self::ConfigMaps => "configmap",
            Self::Secrets => "secret",
        }
    }

    pub(in crate::sandbox) const fn short_name(self) -> Option<&'static str> {
        match self {
            Self::Namespaces => Some("ns"),
            Self::Pods => Some("po"),
            Self::ConfigMaps => Some("cm"),
            Self::Secrets => None,
        }
    }

    pub(in crate::sandbox) const fn kind(self) -> &'static str {
        match self {
            Self::Namespaces => "Namespace",
            Self::Pods => "Pod",
            Self::ConfigMaps => "ConfigMap",
            Self::Secrets => "Secret",
        }
    }

    pub(in crate::sandbox) const fn namespaced(self) -> bool {
        !matches!(self, Self::Namespaces)
    }

    pub(in crate::sandbox) fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.plural() == plural)
    }

    pub(in crate::sandbox) fn from_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.kind() == kind)
    }

    /// Whether a deletion is answered with the object rather than with a Status, as the API server's
    /// strategies for these kinds ask for.
    pub(in crate::sandbox) const fn delete_returns_object(self) -> bool {
        matches!(self, Self::Pods | Self::Namespaces)
    }
}

/// The place of one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::sandbox) struct Key {
    pub(in crate::sandbox) resource: Resource,
    /// Empty for namespaces.
    pub(in crate::sandbox) namespace: String,
    pub(in crate::sandbox) name: String,
}

impl Key {
    pub(in crate::sandbox) fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Self { resource, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}
