//! The engine that runs scripts: primitives, limits, interrupts, and disabled features.

use std::sync::Arc;

use rhai::{Dynamic, Engine};

use super::bounds;
use super::imports::Imports;
use super::rewrite;
use super::source::Sources;
use crate::host::Host;
use crate::primitives;
use crate::primitives::api::limits;

/// Builds the engine of one run.
#[must_use]
pub fn build(host: &Arc<Host>, sources: &Sources) -> Engine {
    let mut engine = Engine::new();
    limits::configure(&mut engine);
    primitives::register(&mut engine);
    primitives::replace(&mut engine);
    rewrite::register(&mut engine);
    engine.set_default_tag(Dynamic::from(Arc::clone(host)));
    engine.set_module_resolver(Imports::new(sources.clone()));
    bounds::enforce(&mut engine, host);
    let printing = Arc::clone(host);
    engine.on_print(move |text| printing.print(text));
    let debugging = Arc::clone(host);
    engine.on_debug(move |text, source, position| {
        let place = source.map_or_else(String::new, |source| format!("{source}:"));
        debugging.printer.note(&format!("{place}{position}: {text}"));
    });
    engine
}
