//! Compiles and runs a script, on a separate thread with a stack for deep scripts.

use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Scope};

use super::arguments::Args;
use super::header::Header;
use super::origin::Origin;
use super::resolve::Script;
use super::source::Sources;
use super::{check_ast, deprecated, diagnostics, engine, requires, rewrite};
use crate::cluster::for_script;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::limits;
use crate::primitives::language::Exit;

/// The stack of the script thread. 64 call levels of nested closures need about 20 MiB in a debug build; values that
/// nest deeply need more, until the next check of their nesting. What is not used takes no memory.
pub const STACK: usize = 256 * 1024 * 1024;

/// The name of an evaluated line in errors.
pub const EVAL: &str = "<eval>";

/// The result of a script.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its last value, or that of its `main`.
    pub value: Dynamic,
    /// The code it chose with `exit(n)`.
    pub exit: Option<u8>,
}

impl Ended {
    /// The end of a command without a result.
    #[must_use]
    pub fn nothing() -> Self {
        Self::with_code(None)
    }

    /// The end of a command without a result, with its exit code if that is not 0.
    #[must_use]
    pub fn with_code(exit: Option<u8>) -> Self {
        Self { value: Dynamic::UNIT, exit }
    }
}

/// A script that compiled: its header is known, nothing has run.
pub struct Program {
    engine: Engine,
    /// As it was written: errors are placed by it.
    ast: AST,
    /// What runs.
    rewritten: AST,
    sources: Sources,
    label: String,
    /// By what name or path it is called.
    called: String,
    /// Its header.
    pub header: Header,
}

impl Program {
    /// Compiles a script.
    ///
    /// # Errors
    /// Syntax errors, an import that is not allowed, a wrong header; each with its place.
    pub fn compile(host: &Arc<Host>, script: &Script) -> Result<Self> {
        let sources = Sources::default();
        sources.add(&script.label, &script.text);
        host.runs(&script.name);
        let mut engine = engine::build(host, &sources);
        Args::register(&mut engine);
        let mut scope = Scope::new();
        scope.push_constant("ARGS", Args::default());
        let mut ast = engine
            .compile_with_scope(&scope, &script.text)
            .map_err(|failure| diagnostics::explain_syntax(&failure, &script.label, &sources))?;
        ast.set_source(script.label.as_str());
        check_ast::check(&ast, &script.label, &script.text)?;
        let header = Header::read(&ast, &script.label, &script.text)?;
        deprecated::warn(host, &engine, &ast, &script.label);
        let called = match &script.origin {
            Origin::File(path) => path.display().to_string(),
            _ => script.name.clone(),
        };
        let rewritten = rewrite::rewrite(&ast, false);
        Ok(Self { engine, ast, rewritten, sources, label: script.label.clone(), called, header })
    }

    /// Reads a script's header without a run: no host, no primitives.
    ///
    /// # Errors
    /// Syntax errors and a wrong header.
    pub fn header_of(script: &Script) -> Result<Header> {
        let sources = Sources::default();
        sources.add(&script.label, &script.text);
        let mut engine = Engine::new_raw();
        limits::configure(&mut engine);
        // names are resolved when the script is compiled to be run
        engine.set_strict_variables(false);
        let ast = engine.compile(&script.text).map_err(|failure| {
            requires::explains(&script.text, &script.label)
                .unwrap_or_else(|| diagnostics::explain_syntax(&failure, &script.label, &sources))
        })?;
        Header::read(&ast, &script.label, &script.text)
    }

    /// Runs it: `main(args)` if there is one, else from top to bottom with `ARGS`.
    ///
    /// # Errors
    /// What the script throws or a primitive raises and nothing catches, with place and calls.
    pub fn run(&self, args: Args) -> Result<Ended> {
        let mut scope = Scope::new();
        scope.push_constant("ARGS", args.clone());
        let mains: Vec<usize> =
            self.ast.iter_functions().filter(|f| f.name == "main").map(|f| f.params.len()).collect();
        let result = match mains.first() {
            None => self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.rewritten),
            Some(_) if mains.contains(&1) => self.call_main(&mut scope, (args,)),
            Some(_) if mains.contains(&0) => self.call_main(&mut scope, ()),
            Some(count) => {
                let error = Error::new(Kind::Script, format!("`main` has {count} parameters, and gets one"))
                    .hint("write `fn main(args)`: the parameters of the script are `args.NAME`");
                return Err(error);
            }
        };
        finish(result, &self.label, &self.sources, &self.ast).map_err(|error| self.named(error))
    }

    /// Runs the script from top to bottom, then one of its functions, which takes no parameters.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn call(&self, function: &str) -> Result<Ended> {
        let mut scope = Scope::new();
        scope.push_constant("ARGS", Args::default());
        let options = CallFnOptions::new().eval_ast(true);
        let result = self.engine.call_fn_with_options(options, &mut scope, &self.rewritten, function, ());
        finish(result, &self.label, &self.sources, &self.ast).map_err(|error| self.named(error))
    }

    /// An error whose hints name this script where they speak of any.
    fn named(&self, mut error: Error) -> Error {
        for hint in &mut error.hints {
            *hint = for_script(hint, &self.called);
        }
        error
    }

    fn call_main(&self, scope: &mut Scope<'_>, args: impl rhai::FuncArgs) -> Result<Dynamic, Box<EvalAltResult>> {
        self.engine.call_fn_with_options(CallFnOptions::new().eval_ast(true), scope, &self.rewritten, "main", args)
    }
}

/// Evaluates one line of script.
///
/// # Errors
/// Syntax errors and whatever the line raises.
pub fn expression(host: &Arc<Host>, text: &str) -> Result<Ended> {
    let label = EVAL;
    let sources = Sources::default();
    sources.add(label, text);
    host.runs("eval");
    let engine = engine::build(host, &sources);
    let mut ast = engine.compile(text).map_err(|failure| diagnostics::explain_syntax(&failure, label, &sources))?;
    ast.set_source(label);
    check_ast::check(&ast, label, text)?;
    finish(engine.eval_ast::<Dynamic>(&rewrite::rewrite(&ast, false)), label, &sources, &ast)
}

/// What an evaluation gave: its value, the code of `exit(n)`, or its failure in our words.
///
/// # Errors
/// The failure, with its place in `label` or wherever the calls led.
pub fn finish(result: Result<Dynamic, Box<EvalAltResult>>, label: &str, sources: &Sources, ast: &AST) -> Result<Ended> {
    match result {
        // a script that gives its parameters back shows them
        Ok(value) => {
            Ok(Ended { value: value.clone().try_cast::<Args>().map_or(value, |args| args.to_map().into()), exit: None })
        }
        Err(failure) => {
            if let EvalAltResult::ErrorTerminated(value, _) = failure.unwrap_inner()
                && let Some(exit) = value.read_lock::<Exit>()
            {
                return Ok(Ended { value: exit.1.clone(), exit: Some(exit.0) });
            }
            Err(diagnostics::explain(*failure, label, sources, ast))
        }
    }
}
