//! Values that are none: `let y = x.sort();` gives `()`, for `sort` changes `x` itself.

use rhai::{Expr, FnCallExpr, Position};

use crate::script::functions::variable_name;
use crate::script::receivers;

use super::known::Known;
use super::message::mistake;
use super::natives::Natives;
use super::walk::Walk;

/// Functions that give a new value instead.
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

    /// The closure of `map`, whose value is an item: it changes its own copy of the item and gives `()`.
    pub(super) fn item_of_map(&mut self, closure: &str) {
        let Some(body) = self.unit.closure(closure) else { return };
        if let Some(rhai::Stmt::Expr(value)) = body.statements.last()
            && let Some((call, position)) = last_method(value)
            && gives_nothing(call)
            && root(value).is_some_and(|name| body.params.last().is_some_and(|item| item == name))
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
        None => error.hint(format!("call it as a statement of its own: `x.{name}(…);`, and use `x` then")),
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
