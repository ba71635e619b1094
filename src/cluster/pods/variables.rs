//! What the pods of a session have in one environment variable.

use std::collections::BTreeSet;

use http::Request;
use serde::Deserialize;

use super::Filter;
use crate::cluster::Cluster;
use crate::error::{Error, Result};

/// The values that the containers of a session's pods have for a variable, as far as they stand in the pods themselves.
///
/// # Errors
/// A session that cannot be a label's value; the server cannot be asked or says no.
pub async fn variables(cluster: &Cluster, namespace: &str, session: &str, name: &str) -> Result<BTreeSet<String>> {
    let filter =
        Filter { namespace: Some(namespace.to_owned()), session: Some(session.to_owned()), ..Filter::default() };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("labelSelector", &filter.label_selector()?)
        .finish();
    let place = filter.place(cluster)?;
    let request = Request::get(format!("/api/v1/namespaces/{place}/pods?{query}"))
        .body(Vec::new())
        .map_err(|_| Error::failed("the request for pods could not be written"))?;
    let found: List = cluster.call(request).await?.parse()?;
    let containers = found.items.into_iter().flat_map(|pod| pod.spec.containers);
    let variables = containers.flat_map(|container| container.env).filter(|variable| variable.name == name);
    Ok(variables.filter_map(|variable| variable.value).collect())
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    #[serde(default)]
    spec: Spec,
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
