//! The permissions that scripts need, as RBAC objects of Kubernetes: from effects to rules, and from rules to a Role
//! and a RoleBinding, or to ClusterRole and ClusterRoleBinding.

mod manifest;
mod rules;
mod subject;

pub use manifest::{Manifest, documents, yaml};
pub use rules::{Right, Rule, rights, rules};
pub use subject::Subject;
