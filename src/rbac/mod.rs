//! The rights that scripts need, as the objects of Kubernetes' RBAC: from effects to rules, and from rules to a Role
//! and a RoleBinding, or their kinds for the whole cluster.

mod manifest;
mod rules;
mod subject;

pub use manifest::{Manifest, documents, yaml};
pub use rules::{Right, Rule, rights, rules};
pub use subject::Subject;
