//! A compiled script or module, taken apart into its bodies.

use rhai::{AST, ASTNode, Engine, Expr, Stmt};

use super::body::{self, Body, Called};
use crate::error::Result;
use crate::primitives::api::limits;
use crate::script::diagnostics;
use crate::script::source::Sources;

/// A script or module.
pub(super) struct File {
    ast: AST,
    /// What stands outside functions.
    top: AST,
    functions: Vec<Function>,
}

/// A function with nothing but its body.
struct Function {
    name: String,
    parameters: usize,
    ast: AST,
}

impl File {
    /// Compiles a text. Nothing of it runs.
    pub(super) fn compile(label: &str, text: &str) -> Result<Self> {
        let sources = Sources::default();
        sources.add(label, text);
        let mut engine = Engine::new_raw();
        limits::configure(&mut engine);
        // names are resolved when the script is compiled to be run
        engine.set_strict_variables(false);
        let ast = engine.compile(text).map_err(|failure| diagnostics::explain_syntax(&failure, label, &sources))?;
        let mut top = ast.clone();
        top.clear_functions();
        let functions = ast.iter_functions().map(|function| Function::of(&ast, function.name, function.params.len()));
        Ok(Self { top, functions: functions.collect(), ast })
    }

    /// Whether there is such a function.
    pub(super) fn has(&self, wanted: &Body) -> bool {
        self.functions.iter().any(|function| wanted.means(&function.name, function.parameters))
    }

    /// What a body calls.
    pub(super) fn calls(&self, wanted: &Body) -> Vec<Called> {
        let functions = self.functions.iter().filter(|f| wanted.means(&f.name, f.parameters)).map(|f| &f.ast);
        let top = (*wanted == Body::Top).then_some(&self.top);
        top.into_iter().chain(functions).flat_map(body::calls).collect()
    }

    /// The paths that are imported under a name, anywhere in the file.
    pub(super) fn imported_as(&self, alias: &str) -> Vec<String> {
        let mut paths = Vec::new();
        self.ast.walk(&mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
                && import.1.name == alias
                && let Expr::StringConstant(literal, _) = &import.0
            {
                paths.push(literal.to_string());
            }
            true
        });
        paths
    }
}

impl Function {
    fn of(whole: &AST, name: &str, parameters: usize) -> Self {
        let mut ast = whole.clone();
        ast.clear_statements();
        ast.retain_functions(|_, _, other, count| other == name && count == parameters);
        Self { name: name.to_owned(), parameters, ast }
    }
}
