//! How the functions of a namespace reach an engine. Each is written once: the form without its optional argument, and
//! the forms for both kinds of objects, are derived from it.

use std::any::TypeId;
use std::collections::HashMap;

use rhai::plugin::{FnManifestEntry, ModuleManifest, PluginFunc, RhaiResult};
use rhai::{
    Array, Dynamic, Engine, FuncMetadata, FuncRegistration, ImmutableString, Map, Module, NativeCallContext, Shared,
};

use crate::cluster::objects::ObjectKind;

/// What a type is called in a signature. The reference reads signatures as they are written.
pub trait Written {
    /// The type itself.
    type Same;
    /// Every array is of this type.
    type Array;
}

impl<T> Written for T {
    type Same = T;
    type Array = Array;
}

/// The type of a last parameter that can be left out: it is then empty, or `()`.
pub type Optional<T> = <T as Written>::Same;

/// An array whose items are all of one type.
pub type ArrayOf<T> = <T as Written>::Array;

/// A string argument, unless it was left out.
pub(in crate::primitives) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The functions of a namespace as a module. In functions that take an `ObjectKind` first, it is `kind`.
pub(in crate::primitives) fn module(
    name: &str,
    parts: &[&'static ModuleManifest],
    kind: Option<ObjectKind>,
) -> Shared<Module> {
    let mut module = Module::new();
    module.set_id(name);
    for part in parts {
        let signatures = signatures(part);
        for function in part.functions() {
            if let Some(signature) = signatures.get(&function.calc_hash(&[])) {
                register(&mut module, function, signature, kind);
            }
        }
    }
    module.build_index();
    Shared::new(module)
}

/// What is known of each function, by its hash. Only an engine gives it.
fn signatures(part: &'static ModuleManifest) -> HashMap<u64, FuncMetadata> {
    let mut module = Module::new();
    part.functions().iter().for_each(|function| function.register_into(&mut module));
    let mut engine = Engine::new_raw();
    engine.register_static_module("part", Shared::new(module));
    engine
        .collect_fn_metadata(None, |info| Some((info.metadata.hash, info.metadata.clone())), false)
        .into_iter()
        .collect()
}

fn register(module: &mut Module, function: &FnManifestEntry, signature: &FuncMetadata, kind: Option<ObjectKind>) {
    let kind = kind.filter(|_| signature.params_info.first().is_some_and(|first| first.ends_with(": ObjectKind")));
    match kind {
        None => function.register_into(module),
        Some(kind) => {
            let bound = Bound { function: function.func, first: Some(Dynamic::from(kind)), last: None };
            let comments = signature.comments.iter().map(|comment| filled(comment, kind));
            bound.register(module, signature, comments.collect());
        }
    }
    if signature.params_info.last().is_some_and(|last| last.contains(": Optional<")) {
        let last = signature.param_types.last().map(|id| empty(*id));
        let bound = Bound { function: function.func, first: kind.map(Dynamic::from), last };
        bound.register(module, signature, Vec::new());
    }
}

/// The value of an argument that is left out.
fn empty(kind: TypeId) -> Dynamic {
    match kind {
        kind if kind == TypeId::of::<Map>() => Map::new().into(),
        kind if kind == TypeId::of::<Array>() => Array::new().into(),
        kind if kind == TypeId::of::<ImmutableString>() => "".into(),
        _ => Dynamic::UNIT,
    }
}

/// The documentation of a function for one kind of object: `{kind}` and `{namespace}` are filled in, and what stands in
/// `{secrets: …}` is kept for secrets only.
fn filled(comment: &str, kind: ObjectKind) -> String {
    let (name, namespace) = (kind.kind(), kind.resource());
    let mut text = comment.replace("{kind}", name).replace("{namespace}", namespace);
    while let Some(start) = text.find("{secrets: ") {
        let Some(length) = text[start..].find('}') else { break };
        let inner = text[start + "{secrets: ".len()..start + length].to_owned();
        text.replace_range(start..=start + length, if kind == ObjectKind::Secret { &inner } else { "" });
    }
    text
}

/// A function whose first or last argument is given already.
struct Bound {
    function: &'static (dyn PluginFunc + Send + Sync),
    first: Option<Dynamic>,
    last: Option<Dynamic>,
}

impl Bound {
    fn register(self, module: &mut Module, signature: &FuncMetadata, comments: Vec<String>) {
        let open = usize::from(self.first.is_some())..signature.num_params - usize::from(self.last.is_some());
        let parameters = signature.params_info[open.clone()].iter().chain([&signature.return_type]);
        FuncRegistration::new(signature.name.clone())
            .with_namespace(signature.namespace)
            .with_params_info(parameters)
            .with_comments(comments)
            .set_into_module_raw(module, &signature.param_types[open], self.into());
    }
}

impl PluginFunc for Bound {
    fn call(&self, context: Option<NativeCallContext<'_>>, arguments: &mut [&mut Dynamic]) -> RhaiResult {
        let (mut first, mut last) = (self.first.clone(), self.last.clone());
        let given = arguments.iter_mut().map(|argument| &mut **argument);
        let mut all: Vec<&mut Dynamic> = first.iter_mut().chain(given).chain(last.iter_mut()).collect();
        self.function.call(context, &mut all)
    }

    fn is_method_call(&self) -> bool {
        self.function.is_method_call()
    }

    fn has_context(&self) -> bool {
        self.function.has_context()
    }

    fn is_pure(&self) -> bool {
        self.function.is_pure()
    }

    fn is_volatile(&self) -> bool {
        self.function.is_volatile()
    }
}
