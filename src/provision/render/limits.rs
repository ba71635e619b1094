//! What is known about servers before any value is given: which ones cannot be provisioned at all, and which settings
//! of the others have no effect on Kubernetes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::secret::Secret;

use super::super::catalog::Server;
use super::super::examples::examples;
use super::super::requirements::requirements;
use super::{Options, Values, render};

/// What of each server does not work on Kubernetes as it does on Docker; servers without such things are left out.
///
/// # Errors
/// Servers that cannot be provisioned whatever their values are, each named with its reasons. They are looked for with
/// example values, none of which is kept.
pub fn limits(servers: &[Arc<Server>], options: &Options) -> Result<BTreeMap<String, Vec<String>>> {
    let mut values = Values::default();
    for server in servers {
        let examples = examples(&requirements(server));
        values.config.extend(examples.config);
        values.secrets.extend(examples.secrets.into_iter().map(|(key, value)| (key, Secret::new(value))));
    }
    let rendered = render(servers, &values, options);
    match rendered.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(rendered.notes),
    }
}
