//! The Rhai face of mcpctl: one file a namespace, each function an argument check and one call into the
//! layers below. Its `///` text is the documentation that users read.

pub mod assert;
mod assert_closure;
mod assert_difference;
pub mod catalog;
mod catalog_tables;
pub mod closures;
pub mod cluster;
pub mod compare;
pub mod configmaps;
pub mod duration_value;
pub mod env_base;
mod env_given;
mod env_pair;
mod env_single;
mod env_value;
pub mod envfile;
pub mod fs;
pub mod gateway;
pub mod growth;
mod image;
pub mod images;
pub mod json;
pub mod language;
pub mod limits;
pub mod manifests;
pub mod nesting;
mod object;
mod objects;
pub mod options;
mod parsed;
mod pod;
mod pod_delete;
pub mod pod_logs;
pub mod pod_watch;
pub mod pods;
pub mod process;
pub mod raise;
mod ran;
mod references;
mod rendering;
mod requirement;
pub mod sandbox;
pub mod sandbox_around;
mod sandbox_files;
pub mod sandbox_look;
mod sandbox_order;
mod sandbox_scene;
pub mod secret;
pub mod secrets;
mod server;
pub mod show;
mod sort;
mod tables;
pub mod time;
pub mod typed;
pub mod types;
pub mod ui;
pub mod ui_screen;
pub mod unknown_names;
pub mod value;
mod verification;
pub mod verify;
pub mod yaml;

use std::sync::Arc;

use rhai::{Engine, NativeCallContext, Shared, combine_with_exported_module, exported_module};

use crate::host::Host;

/// The namespaces: each its name, the module that fills it, and further modules that add to it.
macro_rules! namespaces {
    ($($name:ident $(+ $more:ident)*),* $(,)?) => {
        /// The namespaces that scripts see, sorted.
        pub const NAMESPACES: &[&str] = &[$(stringify!($name)),*];

        fn register_namespaces(engine: &mut Engine) {
            $({
                #[allow(unused_mut, reason = "only a namespace of several files is added to")]
                let mut module = exported_module!($name::functions);
                $(combine_with_exported_module!(&mut module, stringify!($more), $more::functions);)*
                engine.register_static_module(stringify!($name), Shared::new(module));
            })*
        }
    };
}

namespaces![
    assert,
    catalog,
    cluster,
    configmaps,
    envfile + env_base,
    fs,
    gateway + verify,
    images,
    json,
    pods + pod_logs + pod_watch,
    process,
    sandbox + sandbox_around + sandbox_look,
    secrets,
    time,
    ui + manifests + ui_screen,
    yaml,
];

/// Makes every primitive and type known to an engine.
pub fn register(engine: &mut Engine) {
    types::register(engine);
    secret::register(engine);
    duration_value::register(engine);
    raise::register(engine);
    engine.register_global_module(Shared::new(exported_module!(language::functions)));
    register_namespaces(engine);
}

/// Replaces what the language's own functions do silently or without a limit. They keep their names and documentation.
pub fn replace(engine: &mut Engine) {
    growth::register(engine);
    compare::register(engine);
    closures::register(engine);
    language::replace(engine);
}

/// The run that a call belongs to. An engine without one (the reference reads metadata only) calls nothing.
fn host(context: &NativeCallContext<'_>) -> Arc<Host> {
    let host = context.tag().and_then(|tag| tag.read_lock::<Arc<Host>>().map(|host| Arc::clone(&host)));
    #[expect(clippy::expect_used, reason = "every engine that runs scripts is built with its run as the tag")]
    host.expect("the engine has a run")
}
