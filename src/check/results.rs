//! Values of calls without a result: `let y = x.sort();` gives `()`, because `sort` changes `x` itself.

use rhai::{Expr, FnCallExpr, Position};

use crate::script::functions::variable_name;
use crate::script::receivers;

use super::chains::Link;
use super::known::Known;
use super::message::mistake;
use super::natives::Natives;
use super::unit::Body;
use super::walk::Walk;

/// Functions that return a new value instead.
const GIVING: [(&str, &str); 6] = [
    ("sort", "sorted()"),
    ("sort_by", "sorted(…)"),
    ("sort_desc", "order_desc()"),
    ("trim", "trimmed()"),
    ("make_upper", "to_upper()"),
    ("make_lower", "to_lower()"),
];

impl<'a> Walk<'a, '_> {
    /// An expression whose value is used.
    pub(super) fn used(&mut self, expression: &'a Expr) -> Known<'a> {
        let known = self.expression(expression);
        if let Some((call, position)) = last_method(expression)
            && matches!(known, Known::Unit)
            && gives_nothing(call)
        {
            self.found(no_value(&call.name), position, false);
        }
        known
    }

    /// A method in the middle of a chain, before a link: `list.sort().len()`, `list.sort()[0]`.
    pub(super) fn nothing_follows(&mut self, part: &Expr, link: Link, next: &Expr) -> bool {
        let Expr::MethodCall(call, position) = part else { return false };
        // any value has it, also `()`
        let is_of_any =
            link == Link::Dot && matches!(next, Expr::MethodCall(call, _) if self.is_of_every_value(&call.name));
        if is_of_any || !gives_nothing(call) {
            return false;
        }
        self.mistyped(no_value(&call.name), *position);
        true
    }

    /// The value of the closure of `map`, or of a function: it changes its own copy of a parameter and gives `()`. The
    /// first parameters of a closure are its captured variables, which are not copies.
    pub(super) fn lost_change(&mut self, body: &'a Body, captured: usize) {
        if let Some(rhai::Stmt::Expr(value)) = body.statements.last()
            && let Some((call, position)) = last_method(value)
            && gives_nothing(call)
            && root(value).is_some_and(|name| body.params.iter().skip(captured).any(|param| param == name))
            && !self.unit.changes.may_have_key(&call.name)
        {
            self.found(no_value(&call.name), position, false);
        }
    }
}

fn no_value(name: &str) -> crate::error::Error {
    let error = mistake(format!("`{name}` changes its value in place and gives `()`"));
    match GIVING.iter().find(|(method, _)| *method == name) {
        Some((_, instead)) => error.hint(format!("`.{instead}` gives a new value")),
        None => error.hint(format!("call it as a separate statement: `x.{name}(…);`, then use `x`")),
    }
}

/// The variable that a chain starts from.
fn root(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => variable_name(&chain.lhs),
        _ => None,
    }
}

/// The method call with which a chain ends.
fn last_method(expression: &Expr) -> Option<(&FnCallExpr, Position)> {
    match expression {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => last_method(&chain.rhs),
        Expr::MethodCall(call, position) => Some((call, *position)),
        // a value in a string is a block
        Expr::Stmt(block) => match block.statements() {
            [rhai::Stmt::Expr(value)] => last_method(value),
            _ => None,
        },
        _ => None,
    }
}

/// Whether no method of the name gives a value.
fn gives_nothing(call: &FnCallExpr) -> bool {
    let natives = Natives::get().of(&call.name);
    let mut same = natives.iter().filter(|native| native.parameter_count() == call.args.len() + 1).peekable();
    same.peek().is_some() && !receivers::keeps(&call.name) && same.all(|native| native.returns() == "()")
}
