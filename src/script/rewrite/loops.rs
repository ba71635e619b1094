//! Closures that outlive their round of a `for` loop: each keeps the value of its own round.

use rhai::{AST, ASTFlags, ASTNode, Expr, Ident, Position, Stmt, StmtBlock};

use crate::script::functions::{Closure, variable_name};
use crate::script::receivers;

use super::Script;

/// The variables of `for` loops that closures capture for later although the loop changes them: all of these closures
/// see the last value. With the places where they are captured.
#[must_use]
pub fn shared_by_rounds(ast: &AST) -> Vec<(String, Position)> {
    let mut script: Option<Script> = None;
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let Some(ASTNode::Stmt(Stmt::Share(variables))) = path.last() else { return true };
        let parent = path.len().checked_sub(3).map(|at| &path[at]);
        if matches!(parent, Some(ASTNode::Expr(Expr::MethodCall(call, _))) if receivers::calls(&call.name)) {
            return true;
        }
        let loops = path.iter().filter_map(|node| match node {
            ASTNode::Stmt(Stmt::For(parts, _)) => Some(&**parts),
            _ => None,
        });
        for (item, counter, flow) in loops {
            for (variable, _) in variables.iter() {
                let is_round = item.name == variable.name || counter.as_ref().is_some_and(|c| c.name == variable.name);
                let script = script.get_or_insert_with(|| Script::of(ast));
                if is_round && changes(script, flow.body.statements(), &variable.name) {
                    found.push((variable.name.to_string(), variable.pos));
                }
            }
        }
        true
    });
    found
}

/// Whether a body changes a variable: assigns to it, or calls a method on it that may change it.
pub(super) fn changes(script: &Script, body: &[Stmt], name: &str) -> bool {
    script.any(body, &mut |path| match path.last() {
        Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => root(&assignment.1.lhs) == Some(name),
        Some(ASTNode::Expr(Expr::MethodCall(call, _))) if !receivers::keeps(&call.name) => {
            path.iter().any(|node| matches!(node, ASTNode::Expr(expression) if root(expression) == Some(name)))
        }
        _ => false,
    })
}

/// The variable that a chain starts from.
fn root(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => root(&chain.lhs),
        other => variable_name(other),
    }
}

/// Whether a closure makes no further closure, which could outlive it.
pub(super) fn is_innermost(script: &Script, name: &str) -> bool {
    !script.any(
        script.body(name),
        &mut |path| matches!(path.last(), Some(ASTNode::Expr(expression)) if Closure::of(expression).is_some()),
    )
}

/// `{ let x = x; share x; curry(closure, x) }`: the closure captures a copy. Gives whether anything was changed.
pub(super) fn capture_copies(closure: &mut Expr, names: &[String]) -> bool {
    let Some(found) = Closure::capturing(closure) else { return false };
    let copied: Vec<(Ident, Expr)> = found
        .captured
        .iter()
        .filter_map(|variable| {
            let name = variable_name(variable)?;
            let ident = Ident { name: name.into(), pos: variable.position() };
            names.iter().any(|known| known == name).then(|| (ident, by_name(variable)))
        })
        .collect();
    let Expr::Stmt(block) = closure else { return false };
    if copied.is_empty() {
        return false;
    }
    let (start, end) = (block.position(), block.end_position());
    let copies = copied.into_iter().map(|(ident, value)| {
        let position = ident.pos;
        Stmt::Var(Box::new((ident, value, None)), ASTFlags::NONE, position)
    });
    let capture = block.statements().iter().map(|statement| match statement {
        // the new variables move all others: they are found by their names
        Stmt::Share(variables) => {
            Stmt::Share(Box::new(variables.iter().map(|(name, _)| (name.clone(), None)).collect()))
        }
        Stmt::Expr(curry) => match &**curry {
            Expr::FnCall(call, position) => {
                let mut call = call.clone();
                for argument in &mut call.args {
                    *argument = by_name(argument);
                }
                Stmt::Expr(Box::new(Expr::FnCall(call, *position)))
            }
            other => Stmt::Expr(Box::new(other.clone())),
        },
        other => other.clone(),
    });
    let statements: Vec<Stmt> = copies.chain(capture).collect();
    **block = StmtBlock::new(statements, start, end);
    true
}

/// A variable that is found by its name, not by its distance.
fn by_name(variable: &Expr) -> Expr {
    match variable {
        Expr::Variable(found, _, position) => {
            let mut found = found.clone();
            found.0 = None;
            Expr::Variable(found, None, *position)
        }
        other => other.clone(),
    }
}
