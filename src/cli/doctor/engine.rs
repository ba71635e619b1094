//! The engine of this machine.

use crate::images::endpoint::DockerSettings;
use crate::images::{DockerEngine, ImageStore as _};

use super::finding::{Finding, State};
use super::scene::Scene;

const CHECK: &str = "engine";

pub(super) fn look(scene: &Scene) -> Vec<Finding> {
    if scene.host.settings.sandbox.is_some() {
        return vec![Finding::ok(CHECK, "simulated")];
    }
    let settings = DockerSettings::from_environment();
    let address = settings.address();
    let engine = DockerEngine::new(settings);
    vec![match scene.wait(engine.connect()) {
        Ok(()) => Finding::ok(CHECK, format!("answers at {}", address.unwrap_or_default())),
        // without one nothing can be pulled or loaded from here, but nodes may pull for themselves
        Err(error) => Finding::of(CHECK, State::Warning, &error),
    }]
}
