//! The definitions of the REPL session, for completion. Written at the end of a line, read at key presses.

use std::sync::{Arc, PoisonError, RwLock};

use super::evaluator::Evaluator;
use super::shape::Shape;

/// The REPL session's own names.
#[derive(Debug, Clone, Default)]
pub(super) struct Defined {
    /// Variables and constants, with what they hold.
    pub(super) variables: Vec<(String, Shape)>,
    /// Functions: name and signature.
    pub(super) functions: Vec<(String, String)>,
    /// Imported modules: name, and their functions with signatures.
    pub(super) modules: Vec<(String, Vec<(String, String)>)>,
}

/// The names, shared with the line editor. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<RwLock<Defined>>);

impl Known {
    /// Reads the current names.
    pub(super) fn update(&self, session: &Evaluator) {
        let name = |value: &rhai::Dynamic| session.type_name(value).to_owned();
        let variables = session.variables().map(|(name_, value)| (name_.to_owned(), Shape::of(value, &name)));
        let functions = session.functions().map(|(name, parameters)| (name.to_owned(), call(name, &parameters)));
        let modules = session.modules().iter().map(|(alias, module)| {
            let functions = module.iter_script_fn_info();
            let functions = functions.filter(|(_, _, name, _, _)| !name.contains('$'));
            let named = functions.map(|(_, _, name, _, function)| {
                let parameters: Vec<&str> = function.params.iter().map(rhai::ImmutableString::as_str).collect();
                (name.to_owned(), call(&format!("{alias}::{name}"), &parameters))
            });
            (alias.clone(), named.collect())
        });
        let defined =
            Defined { variables: variables.collect(), functions: functions.collect(), modules: modules.collect() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = defined;
    }

    /// Looks at the names.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Defined) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn call(name: &str, parameters: &[&str]) -> String {
    format!("{name}({})", parameters.join(", "))
}
