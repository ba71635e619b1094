//! `help("pods::delete")` and `:doc pods::delete`.

use std::sync::Arc;

use rhai::{Engine, EvalAltResult, NativeCallContext};

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::nearest;
use crate::primitives::api::raise::Raise;
use crate::reference::{self, FunctionEntry, text};

/// The pages of a topic: all of a function, or a line for each function of a namespace.
///
/// # Errors
/// There is nothing of that name.
pub(super) fn pages(topic: &str) -> Result<String> {
    let topic = topic.trim().trim_end_matches("()").trim_end_matches("::");
    let found = reference::topic(topic);
    if found.is_empty() {
        let paths: Vec<String> = reference::entries().iter().map(FunctionEntry::path).collect();
        let known = paths.iter().map(String::as_str).chain(reference::namespaces());
        return Err(Error::new(Kind::Script, format!("no function or namespace `{topic}`"))
            .suggest(nearest::nearest(topic, known))
            .hint(format!("the namespaces are {}", reference::namespaces().join(", "))));
    }
    if reference::is_namespace(topic) || found.iter().all(|entry| entry.module == topic) {
        return Ok(text::overview(&found));
    }
    Ok(found.iter().map(|entry| text::page(entry)).collect::<Vec<_>>().join("\n"))
}

/// Whether a line asks for help, which a script cannot.
pub(super) fn is_call(line: &str) -> bool {
    line.trim_start().strip_prefix("help").is_some_and(|rest| rest.trim_start().starts_with('('))
}

/// Makes `help` known to an engine: as a function, because that is what a person tries first.
pub(super) fn register(engine: &mut Engine, host: &Arc<Host>) {
    let printing = Arc::clone(host);
    engine.register_fn("help", move |context: NativeCallContext<'_>, topic: &str| -> Result<(), Box<EvalAltResult>> {
        let pages = pages(topic).raise(&context)?;
        printing.printer.out(pages.trim_end());
        Ok(())
    });
    let printing = Arc::clone(host);
    engine.register_fn("help", move || printing.printer.out(super::meta::help().trim_end()));
}
