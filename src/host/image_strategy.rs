//! How images get to the nodes of the run's cluster, found out once a run.

use crate::cluster::nodes::{self, Node};
use crate::error::{Kind, Result};
use crate::images::strategy::NodeSigns;
use crate::images::{Chosen, Strategy};
use crate::record::Effect;

use super::Host;

/// The label by which minikube marks its nodes.
const MINIKUBE: &str = "minikube.k8s.io/name";

/// What Docker Desktop's engine says that it runs on.
const DESKTOP: &str = "Docker Desktop";

impl Host {
    /// How images get to the nodes, and why that way. Where the nodes may not be listed the context's name decides.
    ///
    /// # Errors
    /// There is no cluster to work with.
    pub fn image_strategy(&self) -> Result<&Chosen> {
        self.image_strategy.get_or_init(|| self.recognise()).as_ref().map_err(Clone::clone)
    }

    fn recognise(&self) -> Result<Chosen> {
        if self.world()?.is_some() {
            return Ok(Strategy::sandbox());
        }
        let context = self.cluster()?.context().to_owned();
        let nodes = self.nodes()?;
        let signs = nodes.map(|nodes| nodes.into_iter().map(signs).collect::<Vec<_>>());
        let mut chosen = Strategy::recognise(&context, signs.as_deref().map_err(String::as_str));
        if chosen.strategy == Strategy::DockerDesktop {
            let images = self.images()?;
            let system = self.wait(async { Ok(images.system().await) })?;
            if !matches!(system.as_str(), "" | DESKTOP) {
                chosen.reason += &format!(
                    "; but the engine in use is another, on `{system}`: `docker context ls` prints them, and \
                     `DOCKER_HOST` comes before them"
                );
            }
        }
        Ok(chosen)
    }

    /// The nodes, or why they are not known.
    ///
    /// # Errors
    /// There is no cluster to work with, or the run is at its end.
    pub(super) fn nodes(&self) -> Result<Result<Vec<Node>, String>> {
        // a question that a run can do without must not be what `--allow` refuses it for
        if !self.recorder.allows(&Effect::cluster("list", "nodes")) {
            return Ok(Err("the nodes may not be listed".to_owned()));
        }
        match self.wait(nodes::list(self.cluster()?)) {
            Ok(nodes) => Ok(Ok(nodes)),
            Err(error) if error.kind.is_final() => Err(error),
            Err(error) if error.kind == Kind::Forbidden => Ok(Err("the nodes may not be listed".to_owned())),
            Err(error) => Ok(Err(format!("the nodes cannot be listed: {}", error.message))),
        }
    }
}

fn signs(mut node: Node) -> NodeSigns {
    NodeSigns {
        name: node.name,
        provider: node.provider,
        os_image: node.os_image,
        minikube: node.labels.remove(MINIKUBE).unwrap_or_default(),
    }
}
