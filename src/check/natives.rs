//! Every function that is written in Rust: the primitives, and what the language brings. Read once, and only when
//! a script calls something; documentation is parsed only where a message needs it.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::OnceLock;

use rhai::Engine;

use crate::primitives;
use crate::reference::metadata::type_name;

/// One overload of a function.
#[derive(Debug)]
pub(super) struct Native {
    /// The types of its parameters.
    pub(super) params: Vec<TypeId>,
    /// Their names and Rust types, as `path: &str`.
    infos: Vec<String>,
    returns: String,
    /// Its documentation; kept for primitives only.
    pub(super) comments: String,
}

impl Native {
    /// The name of a parameter.
    pub(super) fn parameter(&self, at: usize) -> &str {
        self.infos.get(at).map_or("", |info| info.split(':').next().unwrap_or_default().trim())
    }

    /// The type of a parameter, as scripts call it.
    pub(super) fn parameter_type(&self, at: usize) -> String {
        self.infos.get(at).and_then(|info| info.split_once(':')).map_or_else(String::new, |(_, kind)| type_name(kind))
    }

    /// How many parameters it has, the value of a method included.
    pub(super) fn parameter_count(&self) -> usize {
        self.params.len()
    }

    /// The type of its result, as scripts call it.
    pub(super) fn returns(&self) -> String {
        type_name(&self.returns)
    }
}

/// All of them, by `namespace::name` or bare name.
#[derive(Debug, Default)]
pub(super) struct Natives(HashMap<String, Vec<Native>>);

impl Natives {
    /// The functions of this program.
    pub(super) fn get() -> &'static Self {
        static NATIVES: OnceLock<Natives> = OnceLock::new();
        NATIVES.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut engine = Engine::new();
        primitives::register(&mut engine);
        primitives::replace(&mut engine);
        let list = engine.collect_fn_metadata(
            None,
            |info| {
                let of = info.metadata;
                let name = match info.namespace.as_str() {
                    "" => of.name.to_string(),
                    namespace => format!("{namespace}::{}", of.name),
                };
                let comments = if info.namespace.is_empty() { String::new() } else { of.comments.join("\n") };
                Some((
                    name,
                    Native {
                        params: of.param_types.to_vec(),
                        infos: of.params_info.iter().map(ToString::to_string).collect(),
                        returns: of.return_type.to_string(),
                        comments,
                    },
                ))
            },
            true,
        );
        let mut natives: HashMap<String, Vec<Native>> = HashMap::with_capacity(list.len());
        for (name, native) in list {
            natives.entry(name).or_default().push(native);
        }
        Self(natives)
    }

    /// The overloads of a function, by its path.
    pub(super) fn of(&self, path: &str) -> &[Native] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// The names of a namespace's functions; `""` for those without one that a script can call.
    pub(super) fn names(&self, namespace: &str) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(move |path| match path.rsplit_once("::") {
            Some((of, name)) => (of == namespace).then_some(name),
            None => {
                (namespace.is_empty() && path.starts_with(|c: char| c.is_ascii_alphabetic()) && !path.contains('$'))
                    .then_some(path.as_str())
            }
        })
    }
}
