//! The subject of a role binding: `User:NAME`, `Group:NAME` or `ServiceAccount:NS:NAME`.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::nearest;

/// The API group of roles, bindings, users and groups.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// A subject to which a Role can be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, as the API server calls it.
    User(String),
    /// A group of users.
    Group(String),
    /// The account of a workload.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    /// The subject as a binding names it.
    #[must_use]
    pub fn document(&self) -> Value {
        match self {
            Self::User(name) => json!({ "kind": "User", "name": name, "apiGroup": GROUP }),
            Self::Group(name) => json!({ "kind": "Group", "name": name, "apiGroup": GROUP }),
            Self::ServiceAccount { namespace, name } => {
                json!({ "kind": "ServiceAccount", "name": name, "namespace": namespace })
            }
        }
    }
}

impl FromStr for Subject {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::usage(format!("`{text}` is not a valid subject: {why}"))
                .hint("write `User:NAME`, `Group:NAME` or `ServiceAccount:NAMESPACE:NAME`")
        };
        let Some((kind, name)) = text.split_once(':') else { return Err(wrong("it has no kind")) };
        if name.is_empty() {
            return Err(wrong("it has no name"));
        }
        match kind {
            // names of users and groups may hold colons themselves
            "User" => Ok(Self::User(name.to_owned())),
            "Group" => Ok(Self::Group(name.to_owned())),
            "ServiceAccount" => match name.split_once(':') {
                Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains(':') => {
                    Ok(Self::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() })
                }
                _ => Err(wrong("an account has a namespace and a name")),
            },
            _ => Err(wrong(&format!("`{kind}` is not a valid kind"))
                .suggest(nearest::nearest(kind, ["User", "Group", "ServiceAccount"]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_and_written() {
        let document = |text: &str| text.parse::<Subject>().unwrap().document().to_string();
        assert_eq!(
            document("User:system:admin"),
            r#"{"kind":"User","name":"system:admin","apiGroup":"rbac.authorization.k8s.io"}"#
        );
        assert_eq!(document("Group:dev"), r#"{"kind":"Group","name":"dev","apiGroup":"rbac.authorization.k8s.io"}"#);
        assert_eq!(document("ServiceAccount:ci:bot"), r#"{"kind":"ServiceAccount","name":"bot","namespace":"ci"}"#);
    }

    #[test]
    fn a_wrong_one_says_what_is_wrong() {
        let error = |text: &str| text.parse::<Subject>().unwrap_err();
        for text in ["me", "User:", "ServiceAccount:ci", "ServiceAccount::x", "ServiceAccount:a:b:c", "user:me"] {
            assert!(error(text).message.starts_with(&format!("`{text}` is not a valid subject: ")), "{text}");
        }
        assert!(error("user:me").hints.iter().any(|hint| hint.contains("`User`")), "{:?}", error("user:me").hints);
    }
}
