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

use std::sync::{Arc, OnceLock};

use rhai::{Engine, Module, NativeCallContext, Shared};

use crate::cluster::objects::ObjectKind;
use crate::host::Host;

/// The namespaces: each its name, the modules that fill it, and the kind of object that its functions are for.
macro_rules! namespaces {
    ($($name:ident = $($part:ident)::+ $(+ $($more:ident)::+)* $(for $kind:ident)?),* $(,)?) => {
        /// The namespaces that scripts see, sorted.
        pub const NAMESPACES: &[&str] = &[$(stringify!($name)),*];

        /// Their modules, made once: all engines share them.
        fn modules() -> &'static [(&'static str, Shared<Module>)] {
            static MODULES: OnceLock<Vec<(&str, Shared<Module>)>> = OnceLock::new();
            MODULES.get_or_init(|| vec![$({
                let parts = [&$($part::)+functions::RHAI_MANIFEST, $(&$($more::)+functions::RHAI_MANIFEST),*];
                let kinds: &[ObjectKind] = &[$(ObjectKind::$kind)?];
                (stringify!($name), api::functions::module(stringify!($name), &parts, kinds.first().copied()))
            }),*])
        }
    };
}

namespaces![
    assert = assert,
    catalog = catalog,
    cluster = cluster,
    configmaps = objects::namespace for ConfigMap,
    envfile = envfile + envfile::base,
    fs = fs,
    gateway = gateway + gateway::verify,
    images = images,
    json = json,
    pods = pods + pods::logs + pods::servers + pods::watch,
    process = process,
    sandbox = sandbox + sandbox::environment + sandbox::results,
    secrets = objects::namespace + objects::secrets for Secret,
    time = time,
    ui = ui + objects::manifests + ui::screen,
    yaml = yaml,
];

/// The functions without a namespace.
fn global() -> &'static Shared<Module> {
    static GLOBAL: OnceLock<Shared<Module>> = OnceLock::new();
    GLOBAL.get_or_init(|| api::functions::module("", &[&language::functions::RHAI_MANIFEST], None))
}

/// Makes every primitive and type known to an engine.
pub fn register(engine: &mut Engine) {
    api::types::register(engine);
    api::secret::register(engine);
    language::duration::register(engine);
    api::raise::register(engine);
    engine.register_global_module(Shared::clone(global()));
    for (name, module) in modules() {
        engine.register_static_module(*name, Shared::clone(module));
    }
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
