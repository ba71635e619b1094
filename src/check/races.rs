//! Closures that use a variable while a method changes it: `a.retain(|x| a.len() > x)`.

use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::script::functions::{Closure, variable_name};
use crate::script::receivers;
use crate::script::rewrite;

use super::natives::Natives;
use super::walk::Walk;

/// A name for the copy of a variable.
const COPY: &str = "before";

impl<'a> Walk<'a, '_> {
    /// Looks at the methods of a chain. One that only reads works on a copy, and so does all that follows it.
    pub(super) fn races(&mut self, chain: &'a Expr) {
        let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = chain else { return };
        let Some(variable) = variable_name(&parts.lhs) else { return };
        let mut rest = &parts.rhs;
        loop {
            let (part, next) = match rest {
                Expr::Dot(chain, ..) | Expr::Index(chain, ..) => (&chain.lhs, Some(&chain.rhs)),
                other => (other, None),
            };
            if let Expr::MethodCall(call, position) = part
                && let Some(closure) = using(call, variable)
            {
                if receivers::keeps(&call.name) {
                    return;
                }
                self.race(call, *position, variable, &closure);
            }
            match next {
                Some(next) => rest = next,
                None => return,
            }
        }
    }

    fn race(&mut self, call: &FnCallExpr, position: Position, variable: &str, closure: &Closure<'a>) {
        let error = rewrite::in_use(variable, &call.name);
        let error = match self.with_a_copy(position, variable, closure) {
            Some(line) => {
                let mut error = error;
                error.hints = vec![format!("copy it first: `let {COPY} = {variable};`, then `{line}`")];
                error
            }
            None => error,
        };
        // a map's own function is called in another way
        let is_native = !Natives::get().of(&call.name).is_empty() && !self.unit.changes.may_have_key(&call.name);
        if is_native { self.fails(error, position) } else { self.found(error, position, false) }
    }

    /// The line of a call, with the copy in the closure. `None` where the closure spans several lines.
    fn with_a_copy(&self, position: Position, variable: &str, closure: &Closure<'a>) -> Option<String> {
        let body = self.unit.closure(&closure.name)?;
        let mut columns = Vec::new();
        for statement in &body.statements {
            statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
                if let Some(ASTNode::Expr(expression)) = path.last()
                    && variable_name(expression) == Some(variable)
                {
                    columns.push(expression.position());
                }
                !matches!(path.last(), Some(ASTNode::Stmt(Stmt::Share(_))))
            });
        }
        if columns.is_empty() || columns.iter().any(|column| column.line() != position.line()) {
            return None;
        }
        let line = self.unit.text.lines().nth(position.line()?.checked_sub(1)?)?;
        let mut letters: Vec<char> = line.chars().collect();
        let mut columns: Vec<usize> = columns.iter().filter_map(|column| column.position()).collect();
        columns.sort_unstable();
        columns.dedup();
        let length = variable.chars().count();
        for column in columns.into_iter().rev() {
            let from = column.checked_sub(1)?;
            letters.splice(from..(from + length).min(letters.len()), COPY.chars());
        }
        Some(letters.into_iter().collect::<String>().trim().to_owned())
    }
}

/// The closure among the arguments of a call that captures a variable.
fn using<'a>(call: &'a FnCallExpr, variable: &str) -> Option<Closure<'a>> {
    call.args.iter().filter_map(Closure::of).find(|closure| closure.captures(variable))
}
