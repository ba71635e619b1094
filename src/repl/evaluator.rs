//! The state between lines: variables, functions, imports, and the engine that runs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Caches, Dynamic, Engine, Locked, Module, Scope, Shared, Stmt};

use super::manual;
use super::transcript::{LABEL, Transcript};
use crate::error::{Kind, Result};
use crate::host::Host;
use crate::memory;
use crate::primitives::language::nesting::Survey;
use crate::script::imports::Imports;
use crate::script::run::{self, Ended};
use crate::script::source::Sources;
use crate::script::{check_ast, diagnostics, engine, rewrite};

/// The state of a REPL session's script side.
pub(super) struct Evaluator {
    host: Arc<Host>,
    engine: Engine,
    sources: Sources,
    transcript: Transcript,
    scope: Scope<'static>,
    definitions: AST,
    modules: BTreeMap<String, Shared<Module>>,
}

impl Evaluator {
    /// Begins with nothing defined.
    pub(super) fn new(host: Arc<Host>) -> Self {
        let sources = Sources::default();
        let engine = build(&host, &sources);
        Self {
            host,
            engine,
            sources,
            transcript: Transcript::default(),
            scope: Scope::new(),
            definitions: AST::empty(),
            modules: BTreeMap::new(),
        }
    }

    /// The run that lines belong to.
    pub(super) fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Continues with another run; variables, functions and imports stay.
    pub(super) fn continue_with(&mut self, host: Arc<Host>) {
        self.engine = build(&host, &self.sources);
        for (name, module) in &self.modules {
            self.engine.register_static_module(name, Shared::clone(module));
        }
        self.host = host;
    }

    /// The variables, the latest of each name.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &Dynamic)> {
        self.scope.iter_raw().map(|(name, _, value)| (name, value))
    }

    /// The functions that were defined, with their parameters.
    pub(super) fn functions(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let own = self.definitions.iter_functions().filter(|function| !function.name.contains('$'));
        own.map(|function| (function.name, function.params))
    }

    /// The imported modules by their names.
    pub(super) fn modules(&self) -> &BTreeMap<String, Shared<Module>> {
        &self.modules
    }

    /// A type's name as scripts call it.
    pub(super) fn type_name<'a>(&'a self, value: &'a Dynamic) -> &'a str {
        self.engine.map_type_name(value.type_name())
    }

    /// Evaluates an entry: a line, or several that belong together. Its definitions stay; if it fails, all earlier ones
    /// do.
    ///
    /// # Errors
    /// Syntax errors, and what the entry raises, with its place.
    pub(super) fn evaluate(&mut self, text: &str, file: Option<&str>) -> Result<Ended> {
        let placed = self.transcript.add(text, file);
        let result = self.evaluate_placed(&placed, file);
        if result.as_ref().is_err_and(|error| error.kind == Kind::Limit)
            || self.host.recorder.deferred_error().is_some()
        {
            self.make_room();
        }
        result.map_err(|error| self.transcript.localize(error))
    }

    /// After a limit: drops the variables that nest too deeply, and the largest ones until half of the memory is
    /// free, so that later lines work.
    fn make_room(&mut self) {
        // the engine ends all that follows on the error
        self.continue_with(Arc::clone(&self.host));
        let mut sizes = Vec::new();
        for (name, value) in self.variables() {
            let mut survey = Survey::default();
            let bytes = survey.visit(value).map_or(usize::MAX, |()| survey.bytes);
            sizes.push((bytes, name.to_owned()));
        }
        sizes.sort();
        while let Some((bytes, name)) = sizes.pop()
            && (bytes == usize::MAX || memory::used() > memory::limit() / 2)
        {
            let _ = self.scope.remove::<Dynamic>(&name);
            self.host.printer.note(&format!("the variable `{name}` was removed: it took too much memory"));
        }
    }

    fn evaluate_placed(&mut self, text: &str, file: Option<&str>) -> Result<Ended> {
        // what is wrong with an entry is not a matter of earlier ones
        self.sources.add(LABEL, text);
        let compiled = self
            .engine
            .compile_with_scope(&self.scope, text)
            .map_err(|failure| diagnostics::explain_syntax(&failure, LABEL, &self.sources));
        self.sources.add(LABEL, self.transcript.text());
        let mut ast = compiled?;
        ast.set_source(LABEL);
        check_ast::check(&ast, LABEL, text)?;
        if imports(&ast) {
            // a module's file may have changed since it was imported last
            self.engine.set_module_resolver(Imports::new(self.sources.clone()));
        }
        let mut whole = self.definitions.merge(&ast);
        whole.set_source(LABEL);
        self.definitions = whole.clone();
        self.definitions.clear_statements();
        let result = self.run(&rewrite::rewrite(&whole, true), file);
        if shadows(&self.scope) {
            self.scope = self.scope.clone_visible();
        }
        run::finish(result, LABEL, &self.sources, &whole)
    }

    /// As the engine evaluates a script, but constants of earlier lines can be reached by `global::`, and imports
    /// are kept.
    fn run(&mut self, ast: &AST, file: Option<&str>) -> Result<Dynamic, Box<rhai::EvalAltResult>> {
        let mut global = self.engine.new_global_runtime_state();
        // imports start from the folder of the file that is loaded
        global.source = Some(file.unwrap_or(LABEL).into());
        global.lib.push(Shared::clone(ast.shared_lib()));
        let constants = self.scope.iter_raw().filter(|(_, constant, _)| *constant);
        let constants: BTreeMap<_, _> = constants.map(|(name, _, value)| (name.into(), value.clone())).collect();
        global.constants = Some(Shared::new(Locked::new(constants)));
        #[expect(deprecated, reason = "the one way to evaluate with a separate state")]
        let result =
            self.engine.eval_statements_raw(&mut global, &mut Caches::new(), &mut self.scope, ast.statements());
        for (name, module) in global.iter_imports_raw() {
            self.modules.insert(name.to_string(), Shared::clone(module));
            self.engine.register_static_module(name.as_str(), Shared::clone(module));
        }
        result
    }
}

fn build(host: &Arc<Host>, sources: &Sources) -> Engine {
    let mut engine = engine::build(host, sources);
    manual::register(&mut engine, host);
    engine
}

fn imports(ast: &AST) -> bool {
    let mut found = false;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        found |= matches!(path.last(), Some(ASTNode::Stmt(Stmt::Import(..))));
        !found
    });
    found
}

fn shadows(scope: &Scope<'_>) -> bool {
    let mut names = std::collections::BTreeSet::new();
    !scope.iter_raw().all(|(name, ..)| names.insert(name))
}
