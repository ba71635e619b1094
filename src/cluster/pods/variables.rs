//! What the pods of each session have in one environment variable.

use std::collections::{BTreeMap, BTreeSet};

use http::Request;
use serde::Deserialize;

use super::{Filter, INSTANCE, SESSION};
use crate::cluster::Cluster;
use crate::error::{Error, Result};

/// By session, the values that the containers of the gateway's pods have for a variable, as far as the pods contain them
/// themselves. Sessions without the variable are left out.
///
/// # Errors
/// The server cannot be asked or says no.
pub async fn variables(cluster: &Cluster, namespace: &str, name: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let filter = Filter { namespace: Some(namespace.to_owned()), ..Filter::default() };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("labelSelector", &filter.label_selector()?)
        .finish();
    let place = filter.place(cluster)?;
    let request = Request::get(format!("/api/v1/namespaces/{place}/pods?{query}"))
        .body(Vec::new())
        .map_err(|_| Error::failed("the request for pods could not be written"))?;
    let found: List = cluster.call(request).await?.parse()?;
    let mut sessions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mut pod in found.items {
        let session = pod.metadata.labels.remove(SESSION).or_else(|| pod.metadata.labels.remove(INSTANCE));
        let variables = pod.spec.containers.into_iter().flat_map(|container| container.env);
        for value in variables.filter(|variable| variable.name == name).filter_map(|variable| variable.value) {
            sessions.entry(session.clone().unwrap_or_default()).or_default().insert(value);
        }
    }
    Ok(sessions)
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    env: Vec<Variable>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: Option<String>,
}
