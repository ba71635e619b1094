//! Closures that outlive their round of a `for` loop: each keeps the value of its own round.

use rhai::{AST, ASTFlags, ASTNode, Expr, Ident, Position, Stmt, StmtBlock};

use crate::script::functions::{Closure, variable_name};
use crate::script::receivers;

use super::Script;

/// The variables that closures capture for later although the loop around changes them: all of these closures see the
/// last value. With the places where they are captured.
#[must_use]
pub fn shared_by_rounds(ast: &AST) -> Vec<(String, Position)> {
    let mut script: Option<Script> = None;
    let mut found: Vec<(String, Position)> = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let Some(ASTNode::Stmt(Stmt::Share(variables))) = path.last() else { return true };
        let Some(parent) = path.len().checked_sub(3).map(|at| &path[at]) else { return true };
        for node in path {
            let ASTNode::Stmt(Stmt::For(..) | Stmt::While(..) | Stmt::Do(..)) = node else { continue };
            let (rounds, body) = parts(node);
            if !outlives(parent, body) {
                continue;
            }
            for (variable, _) in variables.iter() {
                let name = variable.name.as_str();
                let is_changed = if rounds.contains(&name) {
                    changes(script.get_or_insert_with(|| Script::of(ast)), body, name)
                } else {
                    !declares(body, name) && assigns(body, name)
                };
                if is_changed && !found.iter().any(|(_, position)| *position == variable.pos) {
                    found.push((name.to_owned(), variable.pos));
                }
            }
        }
        true
    });
    found
}

/// The variables that a loop gives to each of its rounds, and its body.
fn parts<'a>(node: &ASTNode<'a>) -> (Vec<&'a str>, &'a [Stmt]) {
    match node {
        ASTNode::Stmt(Stmt::For(parts, _)) => {
            let (item, counter, flow) = &**parts;
            let rounds = std::iter::once(item).chain(counter.as_ref()).map(|name| name.name.as_str()).collect();
            (rounds, flow.body.statements())
        }
        ASTNode::Stmt(Stmt::While(flow, _) | Stmt::Do(flow, ..)) => (Vec::new(), flow.body.statements()),
        _ => (Vec::new(), &[]),
    }
}

/// Whether a closure is kept where its round does not end it: in a list, a map, or a variable that is passed on.
fn outlives(parent: &ASTNode<'_>, body: &[Stmt]) -> bool {
    match parent {
        ASTNode::Expr(Expr::MethodCall(call, _)) => receivers::only_changes(&call.name),
        ASTNode::Expr(Expr::Array(..) | Expr::Map(..)) | ASTNode::Stmt(Stmt::Assignment(..)) => true,
        ASTNode::Stmt(Stmt::Var(declaration, ..)) => is_passed_on(body, &declaration.0.name),
        _ => false,
    }
}

/// Whether a closure in a variable is used otherwise than to be called.
fn is_passed_on(body: &[Stmt], name: &str) -> bool {
    any(body, &mut |path| {
        let [.., parent, ASTNode::Expr(used)] = path else { return false };
        variable_name(used) == Some(name)
            && match parent {
                ASTNode::Expr(Expr::Dot(..) | Expr::FnCall(..)) | ASTNode::Stmt(Stmt::FnCall(..)) => false,
                ASTNode::Expr(Expr::MethodCall(call, _)) => receivers::only_changes(&call.name),
                _ => true,
            }
    })
}

/// Whether a body makes a variable anew in each round.
fn declares(body: &[Stmt], name: &str) -> bool {
    any(body, &mut |path| match path.last() {
        Some(ASTNode::Stmt(Stmt::Var(declaration, ..))) => declaration.0.name == name,
        Some(ASTNode::Stmt(Stmt::TryCatch(flow, _))) => variable_name(&flow.expr) == Some(name),
        Some(node) => parts(node).0.contains(&name),
        None => false,
    })
}

/// Whether a body itself, not one of its closures, assigns to a variable.
fn assigns(body: &[Stmt], name: &str) -> bool {
    any(body, &mut |path| {
        matches!(path.last(), Some(ASTNode::Stmt(Stmt::Assignment(assignment)))
            if root(&assignment.1.lhs) == Some(name))
    })
}

/// Whether any node of a body satisfies a test; its closures are not walked.
fn any(body: &[Stmt], test: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) -> bool {
    let mut found = false;
    for statement in body {
        super::walk(statement, &mut |path| {
            found = found || test(path);
            !found
        });
    }
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
