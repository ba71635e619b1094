//! The query of a request, and the options of changes in it.

use serde_json::Value;

use super::status::{Cause, Failure, Result};
use crate::api::managed_fields::Manager;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), "1" | "true")
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>> {
        match self.get(name) {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| Failure::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))),
        }
    }

    /// Whether the change is a dry run; `options` names the verb's options in errors.
    pub(crate) fn dry_run(&self, options: &str) -> Result<bool> {
        let given: Vec<Value> =
            self.0.iter().filter(|(n, v)| n == "dryRun" && !v.is_empty()).map(|(_, v)| v.clone().into()).collect();
        dry_run(&Value::Array(given), options)
    }

    /// The manager of a change: the parameter, else the client's name from its `User-Agent`.
    pub(crate) fn manager(&self, user_agent: &str, apply: bool, subresource: &str) -> Result<Manager> {
        let name = match self.get("fieldManager") {
            "" if apply => {
                let cause = Cause::required("fieldManager", "is required for apply patch");
                return Err(Failure::bad_options("PatchOptions", &cause));
            }
            "" => user_agent.split('/').next().filter(|n| !n.is_empty()).unwrap_or("unknown"),
            name => name,
        };
        Ok(Manager { name: name.to_owned(), apply, subresource: subresource.to_owned() })
    }
}

/// Reads `dryRun`, which is a list: empty, or `All`.
pub(crate) fn dry_run(given: &Value, options: &str) -> Result<bool> {
    match given.as_array().map(Vec::as_slice) {
        None | Some([]) => Ok(false),
        Some(list) if list.iter().all(|v| v == "All") => Ok(true),
        Some(_) => Err(Failure::bad_options(options, &Cause::unsupported("dryRun", given, &["All"]))),
    }
}
