//! The nodes: what they are and which images they hold. To list them is a right that many users do not have.

use std::collections::BTreeMap;

use http::Request;
use serde::Deserialize;

use super::Cluster;
use crate::error::{Error, Result};

/// More nodes than these are not looked at.
const MOST: usize = 500;

/// So many images a kubelet lists at most, the largest (`nodeStatusMaxImages`, unless it is told otherwise).
pub const LISTED_IMAGES: usize = 50;

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Who provides it, as `kind://docker/dev/dev-control-plane`; empty where nobody says.
    pub provider: String,
    /// Its operating system, in words.
    pub os_image: String,
    /// Its container runtime and version: `containerd://2.1.3`, `docker://27.4.0`.
    pub runtime: String,
    /// The `/etc/machine-id` of its system.
    pub machine_id: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether new pods are kept from it.
    pub cordoned: bool,
    /// The names of the images that it lists: several of each, and not more than [`LISTED_IMAGES`] images.
    pub images: Vec<String>,
    /// How many images it lists.
    pub image_count: usize,
}

#[derive(Deserialize)]
struct Nodes {
    #[serde(default)]
    items: Vec<Document>,
}

#[derive(Deserialize)]
struct Document {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Spec {
    #[serde(default, rename = "providerID")]
    provider: String,
    #[serde(default)]
    unschedulable: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    node_info: Info,
    images: Vec<Image>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Info {
    os_image: String,
    container_runtime_version: String,
    #[serde(rename = "machineID")]
    machine_id: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    names: Vec<String>,
}

/// The nodes, the first 500 of them.
///
/// # Errors
/// The server cannot be asked, or the user may not list nodes.
pub async fn list(cluster: &Cluster) -> Result<Vec<Node>> {
    let request = Request::get(format!("/api/v1/nodes?limit={MOST}"))
        .body(Vec::new())
        .map_err(|_| Error::failed("a request could not be written"))?;
    let nodes: Nodes = cluster.call(request).await?.parse()?;
    Ok(nodes.items.into_iter().map(node).collect())
}

fn node(document: Document) -> Node {
    let Document { metadata, spec, status } = document;
    Node {
        name: metadata.name,
        provider: spec.provider,
        os_image: status.node_info.os_image,
        runtime: status.node_info.container_runtime_version,
        machine_id: status.node_info.machine_id,
        labels: metadata.labels,
        cordoned: spec.unschedulable,
        image_count: status.images.len(),
        images: status.images.into_iter().flat_map(|image| image.names).collect(),
    }
}
