//! The Rhai face of mcpctl: one file a namespace, each function an argument check and one call into the
//! layers below. Its `///` text is the documentation that users read.

pub mod api;
pub mod assert;
pub mod catalog;
pub mod cluster;
pub mod envfile;
pub mod fs;
pub mod gateway;
pub mod images;
pub mod json;
pub mod language;
pub mod objects;
pub mod pods;
pub mod process;
pub mod sandbox;
pub mod time;
pub mod ui;
pub mod yaml;

use std::sync::Arc;

use rhai::{Engine, NativeCallContext, Shared, combine_with_exported_module, exported_module};

use crate::host::Host;

/// The namespaces: each its name, the module that fills it, and further modules that add to it.
macro_rules! namespaces {
    ($($name:ident = $first:ident $(:: $inner:ident)* $(+ $more:ident $(:: $part:ident)*)*),* $(,)?) => {
        /// The namespaces that scripts see, sorted.
        pub const NAMESPACES: &[&str] = &[$(stringify!($name)),*];

        fn register_namespaces(engine: &mut Engine) {
            $({
                #[allow(unused_mut, reason = "only a namespace of several files is added to")]
                let mut module = exported_module!($first$(::$inner)*::functions);
                $(combine_with_exported_module!(&mut module, stringify!($more), $more$(::$part)*::functions);)*
                engine.register_static_module(stringify!($name), Shared::new(module));
            })*
        }
    };
}

namespaces![
    assert = assert,
    catalog = catalog,
    cluster = cluster,
    configmaps = objects::configmaps,
    envfile = envfile + envfile::base,
    fs = fs,
    gateway = gateway + gateway::verify,
    images = images,
    json = json,
    pods = pods + pods::logs + pods::servers + pods::watch,
    process = process,
    sandbox = sandbox + sandbox::environment + sandbox::results,
    secrets = objects::secrets,
    time = time,
    ui = ui + objects::manifests + ui::screen,
    yaml = yaml,
];

/// Makes every primitive and type known to an engine.
pub fn register(engine: &mut Engine) {
    api::types::register(engine);
    api::secret::register(engine);
    language::duration::register(engine);
    api::raise::register(engine);
    engine.register_global_module(Shared::new(exported_module!(language::functions)));
    register_namespaces(engine);
}

/// Replaces what the language's own functions do silently or without a limit. They keep their names and documentation.
pub fn replace(engine: &mut Engine) {
    language::growth::register(engine);
    language::compare::register(engine);
    language::closures::register(engine);
    language::replace(engine);
}

/// The run that a call belongs to. An engine without one (the reference reads metadata only) calls nothing.
fn host(context: &NativeCallContext<'_>) -> Arc<Host> {
    let host = context.tag().and_then(|tag| tag.read_lock::<Arc<Host>>().map(|host| Arc::clone(&host)));
    #[expect(clippy::expect_used, reason = "every engine that runs scripts is built with its run as the tag")]
    host.expect("the engine has a run")
}
