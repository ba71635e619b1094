//! The logins that a namespace's pods pull images with: the pull secrets of its `default` service account.

use http::Request;
use serde::Deserialize;

use super::objects::{self, ObjectKind, Value};
use super::{Cluster, names};
use crate::error::{Error, Kind, Result};
use crate::record::Effect;
use crate::secret::Secret;

/// The keys of a pull secret, in today's form and in the old one.
const KEYS: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// What is known of a namespace's pull secrets.
#[derive(Debug, Clone, Default)]
pub struct PullSecrets {
    /// The texts that hold logins, by the secrets' names.
    pub texts: Vec<(String, Secret)>,
    /// Why some could not be read; empty if all were.
    pub unread: Vec<String>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default, rename = "imagePullSecrets")]
    secrets: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

/// Reads the pull secrets of a namespace; `""` is the connection's. What may not be read is told in the result.
///
/// # Errors
/// A wrong name; the server cannot be asked.
pub async fn read(cluster: &Cluster, namespace: &str) -> Result<PullSecrets> {
    let namespace = if namespace.is_empty() { cluster.namespace() } else { namespace };
    names::check_namespace(namespace)?;
    let mut found = PullSecrets::default();
    // a question that a run can do without must not be what `--allow` refuses it for
    let allows = |resource: &str| cluster.recorder().allows(&Effect::cluster("get", resource));
    if !allows("serviceaccounts") {
        found.unread.push("the service account `default` may not be read".to_owned());
        return Ok(found);
    }
    let request = Request::get(format!("/api/v1/namespaces/{namespace}/serviceaccounts/default"))
        .body(Vec::new())
        .map_err(|_| Error::failed("a request could not be written"))?;
    let account: Account = match cluster.call(request).await {
        Ok(answer) => answer.parse()?,
        Err(error) if error.kind == Kind::NotFound => return Ok(found),
        Err(error) if error.kind == Kind::Forbidden => {
            found.unread.push("the service account `default` may not be read".to_owned());
            return Ok(found);
        }
        Err(error) => return Err(error),
    };
    for Named { name } in account.secrets {
        if !allows("secrets") {
            found.unread.push(format!("the pull secret `{name}` may not be read"));
            continue;
        }
        match objects::get(cluster, ObjectKind::Secret, namespace, &name).await {
            Ok(Some(secret)) => {
                let texts = KEYS.iter().filter_map(|key| match secret.data.get(*key) {
                    Some(Value::Secret(text)) => Some((name.clone(), text.clone())),
                    _ => None,
                });
                found.texts.extend(texts);
            }
            Ok(None) => found.unread.push(format!("the pull secret `{name}` is not there")),
            Err(error) if error.kind == Kind::Forbidden => {
                found.unread.push(format!("the pull secret `{name}` may not be read"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
