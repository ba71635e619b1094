//! The engine of this machine, and how images get from it to the cluster's nodes.

use super::context::DoctorContext;
use super::finding::{CheckState, Finding};
use crate::images::{Chosen, DockerEngine, ImageStore as _, Strategy};
use crate::record::Effect;

const ENGINE: &str = "engine";
const STRATEGY: &str = "image strategy";

pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    let (way, strategy) = match context.cluster(STRATEGY).map(|_| context.host.image_strategy()) {
        Ok(Ok(chosen)) => (chosen.strategy.way(), strategy_of(chosen)),
        Ok(Err(error)) => ("", Finding::of(STRATEGY, CheckState::Warning, &error)),
        Err(unknown) => ("", unknown),
    };
    vec![engine(context, way), strategy]
}

/// How images get to the nodes; an unknown answer is not `ok`.
fn strategy_of(chosen: &Chosen) -> Finding {
    if chosen.strategy == Strategy::Unknown {
        return Finding::warning(
            STRATEGY,
            chosen.reason.clone(),
            "if the nodes have the images already, `--skip images` leaves this step of `provision` out",
        );
    }
    Finding::ok(STRATEGY, chosen.reason.clone())
}

/// Without an engine nothing can be pulled or loaded from here. That is in the way only where the nodes have their
/// images from it.
fn engine(context: &DoctorContext, way: &str) -> Finding {
    if context.host.settings.sandbox.is_some() {
        return Finding::ok(ENGINE, "simulated");
    }
    let settings = context.host.docker_settings();
    let address = settings.address();
    let engine = DockerEngine::new(settings);
    let allowed = context.host.recorder.effect(Effect::named("images: read"));
    match allowed.and_then(|()| context.wait(engine.connect())) {
        Ok(()) => Finding::ok(ENGINE, format!("answers at {}", address.unwrap_or_default())),
        Err(error) => {
            let state = if matches!(way, "engine" | "load") { CheckState::Failed } else { CheckState::Warning };
            Finding::of(ENGINE, state, &error)
        }
    }
}
