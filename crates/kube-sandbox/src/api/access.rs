//! Access rules: every request is allowed, except those that a test denies.

use serde_json::Value;

use crate::http::status::{Failure, Result};

/// The user of every request.
pub(crate) const USER: &str = "sandbox";

/// The denied requests: pairs of verb and resource, either of which may be `*`.
#[derive(Debug, Default)]
pub(crate) struct Access {
    denied: Vec<(String, String)>,
}

impl Access {
    pub(crate) fn deny(&mut self, verb: &str, resource: &str) {
        self.denied.push((verb.to_owned(), resource.to_owned()));
    }

    pub(crate) fn allows(&self, verb: &str, resource: &str) -> bool {
        let is = |rule: &str, given: &str| rule == "*" || rule == given;
        !self.denied.iter().any(|(v, r)| is(v, verb) && is(r, resource))
    }

    /// Refuses a request with the message of RBAC.
    pub(crate) fn check(&self, verb: &str, resource: &str, namespace: &str, name: &str) -> Result<()> {
        if self.allows(verb, resource) {
            return Ok(());
        }
        let place = if namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{namespace}\"")
        };
        let why = format!("User \"{USER}\" cannot {verb} resource \"{resource}\" in API group \"\" {place}");
        let plural = resource.split('/').next().unwrap_or(resource);
        Err(Failure::forbidden(plural, name, &why, &[]))
    }

    /// Answers a SelfSubjectAccessReview: the review with its status.
    pub(crate) fn review(&self, mut review: Value) -> Value {
        let attributes = &review["spec"]["resourceAttributes"];
        let text = |name: &str| attributes[name].as_str().unwrap_or_default();
        let resource = match text("subresource") {
            "" => text("resource").to_owned(),
            subresource => format!("{}/{subresource}", text("resource")),
        };
        let allowed = self.allows(text("verb"), &resource);
        review["kind"] = "SelfSubjectAccessReview".into();
        review["apiVersion"] = "authorization.k8s.io/v1".into();
        review["status"] = serde_json::json!({"allowed": allowed});
        review
    }
}
