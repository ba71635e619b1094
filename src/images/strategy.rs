//! How images get to where a cluster's nodes see them, from what the cluster and its context say of themselves.

/// A way for images to the nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// The sandbox: its own store.
    Sandbox,
    /// Docker Desktop: the nodes see what its engine has pulled.
    DockerDesktop,
    /// kind: `kind load docker-image`.
    Kind {
        /// The name of the cluster.
        cluster: String,
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
}

/// A strategy and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The strategy.
    pub strategy: Strategy,
    /// Why, in a sentence that begins with the strategy: `kind cluster dev, loaded from the engine: …`.
    pub reason: String,
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSigns {
    /// Its name.
    pub name: String,
    /// `spec.providerID`: kind sets `kind://RUNTIME/CLUSTER/NODE`, k3s `k3s://NODE`.
    pub provider: String,
    /// `status.nodeInfo.osImage`.
    pub os_image: String,
    /// The label `minikube.k8s.io/name`; empty without.
    pub minikube: String,
}

impl Strategy {
    /// The name of what the cluster is.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::DockerDesktop => "Docker Desktop",
            Self::Kind { .. } => "kind",
            Self::Minikube { .. } => "minikube",
            Self::K3d { .. } => "k3d",
            Self::Registry => "other",
        }
    }

    /// What is to be done: `engine` (pull: the nodes see it then), `load` (pull, then load), `registry` (nothing
    /// but ask whether the nodes can pull).
    #[must_use]
    pub const fn way(&self) -> &'static str {
        match self {
            Self::Sandbox | Self::DockerDesktop => "engine",
            Self::Kind { .. } | Self::Minikube { .. } | Self::K3d { .. } => "load",
            Self::Registry => "registry",
        }
    }

    /// The name of the cluster as its own command knows it; empty where there is none.
    #[must_use]
    pub fn cluster(&self) -> &str {
        match self {
            Self::Kind { cluster: name } | Self::K3d { cluster: name } | Self::Minikube { profile: name } => name,
            Self::Sandbox | Self::DockerDesktop | Self::Registry => "",
        }
    }

    /// The program and its arguments that put an image of the engine into the nodes.
    #[must_use]
    pub fn load_command(&self, image: &str) -> Option<Vec<String>> {
        let words: Vec<&str> = match self {
            Self::Kind { cluster } => vec!["kind", "load", "docker-image", image, "--name", cluster],
            Self::Minikube { profile } => {
                vec!["minikube", "image", "load", "--daemon=true", "--profile", profile, image]
            }
            Self::K3d { cluster } => vec!["k3d", "image", "import", image, "--cluster", cluster],
            Self::Sandbox | Self::DockerDesktop | Self::Registry => return None,
        };
        Some(words.into_iter().map(str::to_owned).collect())
    }

    fn described(&self) -> String {
        match self {
            Self::Sandbox => "the sandbox has a store of its own".to_owned(),
            Self::DockerDesktop => "Docker Desktop, whose nodes see what its engine has pulled".to_owned(),
            Self::Kind { cluster } => format!("kind cluster `{cluster}`, loaded from the engine"),
            Self::Minikube { profile } => format!("minikube profile `{profile}`, loaded from the engine"),
            Self::K3d { cluster } => format!("k3d cluster `{cluster}`, loaded from the engine"),
            Self::Registry => "the nodes pull for themselves".to_owned(),
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

    /// Recognises the strategy. The nodes' word counts more than the context's name, which anybody can choose;
    /// where the nodes cannot be read, for the reason given, the name alone decides.
    #[must_use]
    pub fn recognise(context: &str, nodes: Result<&[NodeSigns], &str>) -> Chosen {
        let named = by_context(context);
        let nodes = match nodes {
            Ok(nodes) => nodes,
            Err(unread) => {
                let strategy = named.unwrap_or(Self::Registry);
                return strategy.because(&format!("by the name of the context `{context}` alone: {unread}"));
            }
        };
        match (nodes.iter().find_map(|node| by_node(node).map(|found| (node, found))), named) {
            (Some((node, (strategy, sign))), Some(named)) if named.name() == strategy.name() => {
                strategy.because(&format!("context `{context}`, and node `{}` has {sign}", node.name))
            }
            (Some((node, (strategy, sign))), _) => strategy.because(&format!("node `{}` has {sign}", node.name)),
            (None, Some(named)) if nodes.is_empty() => {
                named.because(&format!("by the name of the context `{context}` alone: there is no node"))
            }
            (None, Some(named)) => Self::Registry.because(&format!(
                "the context `{context}` is named as those of {} are, but no node is of it",
                named.name()
            )),
            (None, None) => Self::Registry.because("no node is of Docker Desktop, kind, minikube or k3d"),
        }
    }
}

fn by_context(context: &str) -> Option<Strategy> {
    let named = |name: &str| is_name(name).then(|| name.to_owned());
    if matches!(context, "docker-desktop" | "docker-for-desktop") {
        Some(Strategy::DockerDesktop)
    } else if let Some(name) = context.strip_prefix("kind-") {
        named(name).map(|cluster| Strategy::Kind { cluster })
    } else if let Some(name) = context.strip_prefix("k3d-") {
        named(name).map(|cluster| Strategy::K3d { cluster })
    } else if context == "minikube" {
        Some(Strategy::Minikube { profile: context.to_owned() })
    } else {
        None
    }
}

/// What one node says, and by which sign.
fn by_node(node: &NodeSigns) -> Option<(Strategy, String)> {
    let provider = format!("the provider `{}`", node.provider);
    if let Some(rest) = node.provider.strip_prefix("kind://") {
        let cluster = rest.split('/').nth(1).filter(|name| is_name(name))?;
        // Docker Desktop's own cluster of several nodes is made by kind, and mirrors its engine's images
        let desktop = cluster == "desktop" && node.name.starts_with("desktop-");
        let kind = || Strategy::Kind { cluster: cluster.to_owned() };
        return Some((if desktop { Strategy::DockerDesktop } else { kind() }, provider));
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
mod tests {
    use super::*;

    fn node(name: &str, provider: &str) -> NodeSigns {
        NodeSigns { name: name.to_owned(), provider: provider.to_owned(), ..NodeSigns::default() }
    }

    fn recognise(context: &str, nodes: &[NodeSigns]) -> (String, String) {
        let chosen = Strategy::recognise(context, Ok(nodes));
        (format!("{} {}", chosen.strategy.name(), chosen.strategy.cluster()), chosen.reason)
    }

    #[test]
    fn the_nodes_say_what_the_cluster_is() {
        let kind = node("dev-control-plane", "kind://docker/dev/dev-control-plane");
        let desktop = node("desktop-control-plane", "kind://docker/desktop/desktop-control-plane");
        let k3d = node("k3d-a-server-b-server-0", "k3s://k3d-a-server-b-server-0");
        let minikube = NodeSigns { minikube: "team".into(), ..node("team", "") };
        let old_desktop = NodeSigns { os_image: "Docker Desktop".into(), ..node("docker-desktop", "") };
        for (context, node, expected) in [
            ("kind-dev", &kind, "kind dev"),
            ("renamed", &kind, "kind dev"),
            ("docker-desktop", &desktop, "Docker Desktop "),
            ("docker-desktop", &old_desktop, "Docker Desktop "),
            ("k3d-a-server-b", &k3d, "k3d a-server-b"),
            ("team", &minikube, "minikube team"),
            ("prod", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
            ("kind-prod", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
            ("docker-desktop", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
            ("x", &node("n", "kind://docker/--name=x/n"), "other "),
        ] {
            assert_eq!(recognise(context, std::slice::from_ref(node)).0, expected, "{context}");
        }
    }

    #[test]
    fn the_reason_is_told() {
        let kind = node("dev-control-plane", "kind://docker/dev/dev-control-plane");
        assert_eq!(
            recognise("kind-dev", &[kind]).1,
            "kind cluster `dev`, loaded from the engine: context `kind-dev`, and node `dev-control-plane` has the \
             provider `kind://docker/dev/dev-control-plane`"
        );
        assert_eq!(
            recognise("kind-prod", &[node("n", "gce://x")]).1,
            "the nodes pull for themselves: the context `kind-prod` is named as those of kind are, but no node is of it"
        );
        let unread = |context: &str| Strategy::recognise(context, Err("nodes may not be listed")).reason;
        assert_eq!(
            unread("docker-desktop"),
            "Docker Desktop, whose nodes see what its engine has pulled: by the name of the context `docker-desktop` \
             alone: nodes may not be listed"
        );
        assert!(unread("prod").starts_with("the nodes pull for themselves: by the name"));
        assert_eq!(Strategy::recognise("minikube", Ok(&[])).strategy.name(), "minikube");
    }

    #[test]
    fn a_load_command_is_an_array_of_arguments() {
        let kind = Strategy::Kind { cluster: "dev".into() };
        assert_eq!(
            kind.load_command("mcp/x:latest").unwrap(),
            ["kind", "load", "docker-image", "mcp/x:latest", "--name", "dev"]
        );
        let minikube = Strategy::Minikube { profile: "p".into() };
        assert_eq!(
            minikube.load_command("x:1").unwrap(),
            ["minikube", "image", "load", "--daemon=true", "--profile", "p", "x:1"]
        );
        let k3d = Strategy::K3d { cluster: "a".into() };
        assert_eq!(k3d.load_command("x:1").unwrap(), ["k3d", "image", "import", "x:1", "--cluster", "a"]);
        assert!(Strategy::Registry.load_command("x").is_none() && Strategy::DockerDesktop.load_command("x").is_none());
    }
}
