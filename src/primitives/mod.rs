//! The Rhai face of mcpctl: one file a namespace, each function an argument check and one call into the
//! layers below. Its `///` text is the documentation that users read.

pub mod language;
pub mod limits;
pub mod raise;
pub mod typed;
pub mod types;
pub mod value;

use std::sync::Arc;

use rhai::{Engine, NativeCallContext, Shared, exported_module};

use crate::host::Host;

/// The namespaces that scripts see.
pub const NAMESPACES: [&str; 0] = [];

/// Makes every primitive and type known to an engine.
pub fn register(engine: &mut Engine) {
    types::register(engine);
    engine.register_global_module(Shared::new(exported_module!(language::functions)));
}

/// The run that a call belongs to.
fn host(context: &NativeCallContext<'_>) -> Arc<Host> {
    match context.tag().and_then(|tag| tag.read_lock::<Arc<Host>>().map(|host| Arc::clone(&host))) {
        Some(host) => host,
        None => Arc::new(Host::detached()),
    }
}
