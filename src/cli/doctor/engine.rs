//! The engine of this machine, and how images get from it to the cluster's nodes.

use crate::images::{DockerEngine, ImageStore as _};
use crate::record::Effect;

use super::finding::{Finding, State};
use super::scene::Scene;

const ENGINE: &str = "engine";
const STRATEGY: &str = "image strategy";

pub(super) fn look(scene: &Scene) -> Vec<Finding> {
    let (way, strategy) = match scene.cluster(STRATEGY).map(|_| scene.host.image_strategy()) {
        Ok(Ok(chosen)) => (chosen.strategy.way(), Finding::ok(STRATEGY, chosen.reason.clone())),
        Ok(Err(error)) => ("", Finding::of(STRATEGY, State::Warning, &error)),
        Err(unknown) => ("", unknown),
    };
    vec![engine(scene, way), strategy]
}

/// Without an engine nothing can be pulled or loaded from here. That is in the way only where the nodes have their
/// images from it.
fn engine(scene: &Scene, way: &str) -> Finding {
    if scene.host.settings.sandbox.is_some() {
        return Finding::ok(ENGINE, "simulated");
    }
    let settings = scene.host.docker_settings();
    let address = settings.address();
    let engine = DockerEngine::new(settings);
    let allowed = scene.host.recorder.effect(Effect::named("images: read"));
    match allowed.and_then(|()| scene.wait(engine.connect())) {
        Ok(()) => Finding::ok(ENGINE, format!("answers at {}", address.unwrap_or_default())),
        Err(error) => {
            let state = if matches!(way, "engine" | "load") { State::Failed } else { State::Warning };
            Finding::of(ENGINE, state, &error)
        }
    }
}
