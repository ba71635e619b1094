//! How images get to the nodes of the run's cluster, determined once per run.

use crate::cluster::nodes::{self, Node};
use crate::error::{Kind, Result};
use crate::images::strategy::NodeSigns;
use crate::images::{Chosen, Strategy};
use crate::record::Effect;

use super::Host;

/// The label of minikube nodes.
const MINIKUBE: &str = "minikube.k8s.io/name";

/// The operating system that Docker Desktop's engine reports.
const DESKTOP: &str = "Docker Desktop";

impl Host {
    /// How images get to the nodes, and the reason.
    ///
    /// # Errors
    /// There is no cluster to work with.
    pub fn image_strategy(&self) -> Result<&Chosen> {
        self.image_strategy.get_or_init(|| self.recognise()).as_ref().map_err(Clone::clone)
    }

    /// The strategy, if it is known already.
    pub(super) fn known_strategy(&self) -> Option<&Strategy> {
        self.image_strategy.get().and_then(|chosen| chosen.as_ref().ok()).map(|chosen| &chosen.strategy)
    }

    fn recognise(&self) -> Result<Chosen> {
        if self.world()?.is_some() {
            return Ok(Strategy::sandbox());
        }
        let context = self.cluster()?.context().to_owned();
        let nodes = self.nodes()?;
        let signs = nodes.map(|nodes| nodes.into_iter().map(signs).collect::<Vec<_>>());
        let mut chosen = Strategy::recognise(&context, signs.as_deref().map_err(String::as_str));
        let on_docker = signs.as_deref().ok().and_then(Strategy::node_on_docker);
        // without the nodes, the engine's containers may identify the cluster
        let unread = signs.is_err();
        if on_docker.is_none() && !unread && chosen.strategy != Strategy::DockerDesktop {
            return Ok(chosen);
        }
        let images = self.images()?;
        let engine = match self.wait(images.info()) {
            Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => return Err(error),
            engine => engine.map_err(|error| error.message.clone()),
        };
        match &engine {
            Ok(engine) if unread => {
                let containers = self.wait(async { Ok(images.containers().await) })?;
                return Ok(Strategy::by_container(self.cluster()?.server(), engine, &containers).unwrap_or(chosen));
            }
            Err(why) if unread => chosen.reason += &format!("; the engine cannot be asked either: {why}"),
            _ => {}
        }
        if let Some(node) = on_docker {
            chosen = chosen.with_engine(node, engine.as_ref().map_err(String::as_str));
        }
        if let (Strategy::DockerDesktop, Ok(engine)) = (&chosen.strategy, &engine)
            && !matches!(engine.system.as_str(), "" | DESKTOP)
        {
            chosen.reason += &format!(
                "; but the engine in use is another, on `{}`: `docker context ls` prints them, and `DOCKER_HOST` comes \
                 before them",
                engine.system
            );
        }
        Ok(chosen)
    }

    /// The nodes, or why they are not known.
    ///
    /// # Errors
    /// There is no cluster to work with, or the run is at its end.
    pub(super) fn nodes(&self) -> Result<Result<Vec<Node>, String>> {
        // `--allow` must not refuse a run because of an optional request
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
        runtime: node.runtime,
        minikube: node.labels.remove(MINIKUBE).unwrap_or_default(),
    }
}
