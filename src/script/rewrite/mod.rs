//! Changes a compiled script before it runs so that natural code works:
//!
//! * A closure may read the variable on which its method is called: `a.map(|x| a.len() - x)`. Rhai locks a captured
//!   variable while a method works on it. Where the method changes nothing, the receiver becomes a copy, `{ a }.map(…)`;
//!   where it changes the variable, the error gets a place and says what to do.
//! * `?.`, `?[` and the left of `??` give `()` for a missing key or item.
//! * A closure that outlives its round of a `for` loop keeps that round's value.
//! * `switch` takes a duration as its seconds.
//! * `try` catches neither `exit` nor a refusal, also where a method called the closure that raised it.
//!
//! Positions, documentation and everything else stay. A script that needs none of this is unchanged.

mod chains;
mod evaluate;
mod loops;
mod tree;

use std::collections::{HashMap, HashSet};

use rhai::{AST, ASTNode, Expr, FnPtr, Module, ScriptFuncDef, Shared, Stmt};

use super::functions::{self, is_closure};

pub use evaluate::{in_use, register};
pub use loops::shared_by_rounds;

/// What is known of the whole script while one body of it is rewritten.
pub(super) struct Script {
    /// The statements of closures, by the name of their function.
    closures: HashMap<String, Vec<Stmt>>,
}

impl Script {
    fn of(ast: &AST) -> Self {
        let closures = ast.iter_fn_def().filter(|def| is_closure(def));
        Self { closures: closures.map(|def| (def.name.to_string(), functions::statements(def))).collect() }
    }

    /// The statements of a closure.
    fn body(&self, name: &str) -> &[Stmt] {
        self.closures.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether any node below satisfies a test, closures included.
    fn any(&self, statements: &[Stmt], test: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) -> bool {
        let mut found = false;
        let mut inner = Vec::new();
        for statement in statements {
            walk(statement, &mut |path| {
                found = found || test(path);
                if let Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) = path.last()
                    && let Some(pointer) = value.read_lock::<FnPtr>()
                {
                    inner.push(pointer.fn_name().to_owned());
                }
                !found
            });
        }
        found || inner.iter().any(|name| self.any(self.body(name), test))
    }

    /// Whether a closure's body uses `this`, by which a method may change items.
    fn uses_this(&self, name: &str) -> bool {
        self.any(self.body(name), &mut |path| matches!(path.last(), Some(ASTNode::Expr(Expr::ThisPtr(_)))))
    }
}

/// Walks a statement. Rhai's own walk passes over the value of a `break`.
fn walk(statement: &Stmt, on_node: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) {
    let mut values: Vec<Expr> = Vec::new();
    statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) = path.last() {
            values.push((**value).clone());
        }
        on_node(path)
    });
    for value in &values {
        value.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| on_node(path));
    }
}

/// Rewrites a compiled script. `lasting` is for the lines of a REPL session, whose variables live on: each may have been
/// captured by an earlier line.
#[must_use]
pub fn rewrite(ast: &AST, lasting: bool) -> AST {
    let script = Script::of(ast);
    let mut top = ast.statements().to_vec();
    let shared = if lasting { tree::Shared::All } else { tree::Shared::Some(shared_names(&top)) };
    let mut changed = tree::Rewriter::new(&script, shared).statements(&mut top);
    let mut library = Module::new();
    for def in ast.iter_fn_def() {
        match function(&script, def) {
            Some(rewritten) => {
                changed = true;
                library.set_script_fn(rewritten);
            }
            None => drop(library.set_script_fn(Shared::clone(def))),
        }
    }
    if !changed {
        return ast.clone();
    }
    // an AST that is made anew has neither documentation nor resolver
    let mut rewritten = ast.clone_functions_only_filtered(|_, _, _, _, _| false);
    rewritten.combine(AST::new(top, library));
    if let Some(source) = ast.source() {
        rewritten.set_source(source);
    }
    rewritten
}

/// A function whose body was changed; `None` if it needs nothing.
fn function(script: &Script, def: &Shared<ScriptFuncDef>) -> Option<ScriptFuncDef> {
    let mut is_candidate = false;
    functions::walk(def, &mut |path| {
        is_candidate = is_candidate || tree::is_candidate(path);
        !is_candidate
    });
    if !is_candidate {
        return None;
    }
    let mut body = functions::statements(def);
    let mut names = shared_names(&body);
    if is_closure(def) {
        // only the place of the closure determines which of them are captured, and so shared
        names.extend(def.params.iter().map(ToString::to_string));
    }
    let changed = tree::Rewriter::new(script, tree::Shared::Some(names)).statements(&mut body);
    if changed { evaluate::with_body(def, body) } else { None }
}

/// The variables that closures of a body capture.
fn shared_names(body: &[Stmt]) -> HashSet<String> {
    let mut names = HashSet::new();
    for statement in body {
        walk(statement, &mut |path| {
            if let Some(ASTNode::Stmt(Stmt::Share(variables))) = path.last() {
                names.extend(variables.iter().map(|(variable, _)| variable.name.to_string()));
            }
            true
        });
    }
    names
}

#[cfg(test)]
mod tests;
