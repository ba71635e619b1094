//! A compiled script, changed before it runs so that what people naturally write works:
//!
//! * A closure may read the variable on which its method is called: `a.map(|x| a.len() - x)`. Rhai locks a captured
//!   variable while a method works on it. Where the method changes nothing, the receiver becomes a copy, `{ a }.map(…)`;
//!   where it changes the variable, the error gets a place and says what to do.
//! * `?.`, `?[` and the left of `??` give `()` for a missing key.
//! * A closure that outlives its round of a `for` loop keeps that round's value.
//!
//! Positions, documentation and everything else stay. A script that needs nothing of this is left alone.

mod chains;
mod evaluate;
mod loops;
mod tree;

use std::collections::{HashMap, HashSet};

use rhai::{AST, ASTNode, Expr, FnPtr, Module, Shared, Stmt};

use super::functions::{self, is_closure};

pub use evaluate::{in_use, register};

/// What is known of the whole script while one body of it is rewritten.
pub(super) struct Script {
    /// The statements of closures, by the name of their function.
    closures: HashMap<String, Vec<Stmt>>,
}

impl Script {
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
    let bodies: Vec<_> = ast.iter_fn_def().map(|def| (Shared::clone(def), functions::statements(def))).collect();
    let closures = bodies.iter().filter(|(def, _)| is_closure(def));
    let script = Script { closures: closures.map(|(def, body)| (def.name.to_string(), body.clone())).collect() };
    let mut top = ast.statements().to_vec();
    let shared = if lasting { tree::Shared::All } else { tree::Shared::Some(shared_names(&top)) };
    let mut changed = tree::Rewriter::new(&script, shared).statements(&mut top);
    let mut library = Module::new();
    for (def, mut body) in bodies {
        let mut names = shared_names(&body);
        if is_closure(&def) {
            // which of them are captured, and so shared, only the place of the closure tells
            names.extend(def.params.iter().map(ToString::to_string));
        }
        if tree::Rewriter::new(&script, tree::Shared::Some(names)).statements(&mut body)
            && let Some(rewritten) = evaluate::with_body(&def, body)
        {
            changed = true;
            library.set_script_fn(rewritten);
        } else {
            library.set_script_fn(def);
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
