//! How images get to where a cluster's nodes see them, from what the nodes report about themselves.

use std::path::Path;

use reqwest::Url;

use super::{Container, EngineInfo};
use crate::hostname;

/// A way for images to the nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// The sandbox: its own store.
    Sandbox,
    /// Docker Desktop: the nodes see what its engine has pulled.
    DockerDesktop,
    /// The nodes run on the engine in use here: they see what it has pulled.
    Engine,
    /// kind: `kind load docker-image`, or `kind load image-archive` where its nodes are containers of podman.
    Kind {
        /// The name of the cluster.
        cluster: String,
        /// Whether its nodes are containers of podman.
        podman: bool,
    },
    /// minikube: `minikube image load`.
    Minikube {
        /// The name of the profile.
        profile: String,
    },
    /// k3d: `k3d image import`.
    K3d {
        /// The name of the cluster.
        cluster: String,
    },
    /// Any other cluster: its nodes pull from registries.
    Registry,
    /// The nodes cannot be read: registries are asked, and what else the nodes have is not known.
    Unknown,
}

/// A strategy and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The strategy.
    pub strategy: Strategy,
    /// Why, in a sentence that begins with the strategy: `kind cluster dev, loaded from the engine: …`.
    pub reason: String,
}

/// What a node reports about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSigns {
    /// Its name.
    pub name: String,
    /// `spec.providerID`: kind sets `kind://RUNTIME/CLUSTER/NODE`, k3s `k3s://NODE`.
    pub provider: String,
    /// `status.nodeInfo.osImage`.
    pub os_image: String,
    /// `status.nodeInfo.containerRuntimeVersion`: `docker://27.4.0` where the kubelet uses a Docker engine.
    pub runtime: String,
    /// The label `minikube.k8s.io/name`; empty without.
    pub minikube: String,
}

/// One command of a load, with what it adds to the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadCommand {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Variables and their values.
    pub environment: Vec<(String, String)>,
}

impl Strategy {
    /// The name of what the cluster is.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::DockerDesktop => "Docker Desktop",
            Self::Engine => "docker",
            Self::Kind { .. } => "kind",
            Self::Minikube { .. } => "minikube",
            Self::K3d { .. } => "k3d",
            Self::Registry => "other",
            Self::Unknown => "unknown",
        }
    }

    /// What is to be done: `engine` (pull: the nodes see it then), `load` (pull, then load), `registry` (nothing
    /// but ask whether the nodes can pull).
    #[must_use]
    pub const fn way(&self) -> &'static str {
        match self {
            Self::Sandbox | Self::DockerDesktop | Self::Engine => "engine",
            Self::Kind { .. } | Self::Minikube { .. } | Self::K3d { .. } => "load",
            Self::Registry | Self::Unknown => "registry",
        }
    }

    /// The name of the cluster as its own command knows it; empty where there is none.
    #[must_use]
    pub fn cluster(&self) -> &str {
        match self {
            Self::Kind { cluster: name, .. } | Self::K3d { cluster: name } | Self::Minikube { profile: name } => name,
            Self::Sandbox | Self::DockerDesktop | Self::Engine | Self::Registry | Self::Unknown => "",
        }
    }

    /// Whether the images come from podman's engine.
    #[must_use]
    pub const fn uses_podman(&self) -> bool {
        matches!(self, Self::Kind { podman: true, .. })
    }

    /// The commands that put an image of the engine into the nodes, one after the other; none where nothing is loaded.
    /// `image` is the name that its engine knows, `archive` a file that does not exist yet.
    #[must_use]
    pub fn load_commands(&self, image: &str, archive: &Path) -> Vec<LoadCommand> {
        let archive = archive.to_string_lossy();
        let command = |words: &[&str], environment: &[(&str, &str)]| LoadCommand {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        match self {
            Self::Kind { cluster, podman: false } => {
                vec![command(&["kind", "load", "docker-image", image, "--name", cluster], &[])]
            }
            // `kind load docker-image` asks docker for the image even where the nodes are podman's
            Self::Kind { cluster, podman: true } => vec![
                command(&["podman", "save", "--output", &archive, image], &[]),
                command(
                    &["kind", "load", "image-archive", &archive, "--name", cluster],
                    &[("KIND_EXPERIMENTAL_PROVIDER", "podman")],
                ),
            ],
            Self::Minikube { profile } => {
                vec![command(&["minikube", "image", "load", "--daemon=true", "--profile", profile, image], &[])]
            }
            Self::K3d { cluster } => vec![command(&["k3d", "image", "import", image, "--cluster", cluster], &[])],
            Self::Sandbox | Self::DockerDesktop | Self::Engine | Self::Registry | Self::Unknown => Vec::new(),
        }
    }

    fn described(&self) -> String {
        match self {
            Self::Sandbox => "the sandbox has its own image store".to_owned(),
            Self::DockerDesktop => "Docker Desktop, whose nodes see what its engine has pulled".to_owned(),
            Self::Engine => "the nodes run on the engine in use here, and see what it has pulled".to_owned(),
            Self::Kind { cluster, podman: false } => format!("kind cluster `{cluster}`, loaded from the engine"),
            Self::Kind { cluster, podman: true } => format!("kind cluster `{cluster}` on podman, loaded from podman"),
            Self::Minikube { profile } => format!("minikube profile `{profile}`, loaded from the engine"),
            Self::K3d { cluster } => format!("k3d cluster `{cluster}`, loaded from the engine"),
            Self::Registry => "the nodes pull for themselves".to_owned(),
            Self::Unknown => "it is not known how images get to the nodes, so only the registries are asked".to_owned(),
        }
    }

    fn because(self, why: &str) -> Chosen {
        Chosen { reason: format!("{}: {why}", self.described()), strategy: self }
    }

    /// What the sandbox uses.
    #[must_use]
    pub fn sandbox() -> Chosen {
        Chosen { reason: Self::Sandbox.described(), strategy: Self::Sandbox }
    }

    /// Detects the strategy from what the nodes report. The context's name proves nothing: any user can choose it. If
    /// the nodes cannot be read, for the given reason, the strategy is unknown.
    #[must_use]
    pub fn recognise(context: &str, nodes: Result<&[NodeSigns], &str>) -> Chosen {
        let nodes = match nodes {
            Ok([]) => return Self::Unknown.because("the cluster has no node"),
            Ok(nodes) => nodes,
            Err(unread) => return Self::Unknown.because(unread),
        };
        let named = by_context(context);
        match (nodes.iter().find_map(|node| by_node(node).map(|found| (node, found))), named) {
            (Some((node, (strategy, sign))), Some(named)) if named == strategy.name() => {
                strategy.because(&format!("context `{context}`, and node `{}` has {sign}", node.name))
            }
            (Some((node, (strategy, sign))), _) => strategy.because(&format!("node `{}` has {sign}", node.name)),
            (None, Some(named)) => Self::Registry
                .because(&format!("the context `{context}` is named as those of {named} are, but no node is of it")),
            (None, None) => Self::Registry.because("no node is of Docker Desktop, kind, minikube or k3d"),
        }
    }

    /// The node of a cluster whose kubelet uses a Docker engine, which may be the one in use here. An engine is that of
    /// one node only.
    #[must_use]
    pub fn node_on_docker(nodes: &[NodeSigns]) -> Option<&NodeSigns> {
        match nodes {
            [node] if node.runtime.starts_with("docker://") => Some(node),
            _ => None,
        }
    }
}

impl Chosen {
    /// The strategy for a cluster whose node uses a Docker engine, with what the engine in use here reports about
    /// itself, or why it cannot be asked. The two engines are the same if they have the same host name; or the same
    /// version, except for the engine inside a minikube node, because the machine has another one.
    #[must_use]
    pub fn with_engine(self, node: &NodeSigns, engine: Result<&EngineInfo, &str>) -> Self {
        if !matches!(self.strategy, Strategy::Registry | Strategy::Minikube { .. }) {
            return self;
        }
        let has = format!("node `{}` has the container runtime `{}`", node.name, node.runtime);
        let engine = match engine {
            Ok(engine) => engine,
            Err(why) => return Self { reason: format!("{}; {has}, but {why}", self.reason), ..self },
        };
        let version = node.runtime.strip_prefix("docker://").unwrap_or_default().trim_start_matches('v');
        let of = |what: &str| if what.is_empty() { "an unknown system".to_owned() } else { format!("`{what}`") };
        let shown = format!("`{}` on {}", engine.version, of(&engine.system));
        if !engine.host.is_empty() && engine.host.eq_ignore_ascii_case(&node.name) {
            return Strategy::Engine.because(&format!("{has}, and the engine here has that host name ({shown})"));
        }
        let same = !version.is_empty() && engine.version.trim_start_matches('v') == version;
        if same && self.strategy == Strategy::Registry {
            return Strategy::Engine.because(&format!("{has}, and the engine here is that version ({shown})"));
        }
        if self.strategy != Strategy::Registry {
            return self;
        }
        Self { reason: format!("{}; {has}, but the engine in use here is another one ({shown})", self.reason), ..self }
    }
}

impl Strategy {
    /// The strategy where the nodes cannot be read, but the API server is reached at a container of the engine in use
    /// here: by a port of this machine that leads to it, or by its address. Its labels show what made it.
    #[must_use]
    pub fn by_container(server: &str, engine: &EngineInfo, containers: &[Container]) -> Option<Chosen> {
        let url = Url::parse(server).ok()?;
        let (host, port) = (hostname::of_url(&url), url.port_or_known_default()?);
        let is_server = |container: &&Container| {
            (hostname::is_loopback(&host) && container.ports.contains(&port)) || container.addresses.contains(&host)
        };
        let (strategy, sign) = containers.iter().filter(is_server).find_map(|container| {
            let label = |name: &str| container.labels.get(name).filter(|value| is_name(value)).cloned();
            let found =
                [("io.x-k8s.kind.cluster", "kind"), ("k3d.cluster", "k3d"), ("name.minikube.sigs.k8s.io", "minikube")];
            found.into_iter().find_map(|(name, product)| {
                let cluster = label(name)?;
                let sign = format!("{name}={cluster}");
                let strategy = match product {
                    "kind" => Self::Kind { cluster, podman: engine.podman },
                    "k3d" => Self::K3d { cluster },
                    _ => Self::Minikube { profile: cluster },
                };
                Some((strategy, sign))
            })
        })?;
        Some(strategy.because(&format!("the API server is in a container of the engine with the label `{sign}`")))
    }
}

/// The product whose contexts are named so.
fn by_context(context: &str) -> Option<&'static str> {
    match context {
        "docker-desktop" | "docker-for-desktop" => Some(Strategy::DockerDesktop.name()),
        "minikube" => Some("minikube"),
        _ if context.starts_with("kind-") => Some("kind"),
        _ if context.starts_with("k3d-") => Some("k3d"),
        _ => None,
    }
}

/// What one node says, and by which sign.
fn by_node(node: &NodeSigns) -> Option<(Strategy, String)> {
    let provider = format!("the provider `{}`", node.provider);
    if let Some(rest) = node.provider.strip_prefix("kind://") {
        let (runtime, rest) = rest.split_once('/')?;
        let cluster = rest.split('/').next().filter(|name| is_name(name))?;
        // Docker Desktop's own cluster of several nodes is made by kind, and mirrors its engine's images
        let desktop = cluster == "desktop" && node.name.starts_with("desktop-");
        let kind = Strategy::Kind { cluster: cluster.to_owned(), podman: runtime == "podman" };
        return Some(match runtime {
            _ if desktop => (Strategy::DockerDesktop, provider),
            "docker" | "podman" => (kind, provider),
            _ => (
                Strategy::Unknown,
                format!(
                    "{provider}, and mcpctl cannot load images from `{runtime}`: `kind load image-archive` does, and \
                     `--skip images` leaves this step out"
                ),
            ),
        });
    }
    if is_name(&node.minikube) {
        let profile = node.minikube.clone();
        return Some((Strategy::Minikube { profile }, format!("the label `minikube.k8s.io/name={}`", node.minikube)));
    }
    if let Some(name) = node.provider.strip_prefix("k3s://k3d-") {
        let cluster = ["-server-", "-agent-"].iter().find_map(|part| name.rsplit_once(part)).map(|(name, _)| name)?;
        return is_name(cluster).then(|| (Strategy::K3d { cluster: cluster.to_owned() }, provider));
    }
    if node.os_image == "Docker Desktop" {
        return Some((Strategy::DockerDesktop, "the system `Docker Desktop`".to_owned()));
    }
    (node.name == "docker-desktop").then(|| (Strategy::DockerDesktop, "that name".to_owned()))
}

/// Whether a name from outside can be an argument of a program.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests;
