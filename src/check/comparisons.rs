//! Comparisons of values whose types are known and differ: they would fail when they run.

use rhai::{Expr, FnCallExpr, Position};

use super::known::Known;
use super::walk::Walk;
use crate::primitives::language::compare;

impl Walk<'_, '_> {
    /// An operator that compares.
    pub(super) fn comparison(&mut self, call: &FnCallExpr, known: &[Known<'_>], position: Position) {
        let (operator, [a, b]) = (call.name.as_str(), known) else { return };
        if !matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=") {
            return;
        }
        let Some(names) = differing(operator, a.present(), b.present()) else { return };
        let error = compare::mismatch(operator, names, text(&call.args));
        // `()` can be compared with anything
        let is_optional = known.iter().any(|known| matches!(known, Known::Optional(_)));
        if is_optional { self.found(error, position, false) } else { self.mistyped(error, position) }
    }

    /// `value in list`, `list.contains(value)`, `list.index_of(value)`: an error unless the list is empty.
    pub(super) fn membership(&mut self, list: &Known<'_>, value: &Known<'_>, arguments: &[Expr], position: Position) {
        if let Known::Array(item) = list
            && !matches!(**item, Known::Optional(_))
            && let Some(names) = differing("==", item, value)
        {
            self.found(compare::never_contains(names, text(arguments)), position, false);
        }
    }
}

/// The names of two types that cannot be compared; `None` if they can, or are not known.
fn differing(operator: &str, a: &Known<'_>, b: &Known<'_>) -> Option<[&'static str; 2]> {
    let is_open = |known: &Known<'_>| matches!(known, Known::Any | Known::Args | Known::Function | Known::Optional(_));
    let names = [a.name(), b.name()];
    (!is_open(a) && !is_open(b) && !compare::can_compare(operator, names)).then_some(names)
}

/// The string among the operands.
fn text(arguments: &[Expr]) -> Option<&str> {
    arguments.iter().find_map(|argument| match argument {
        Expr::StringConstant(text, _) => Some(text.as_str()),
        _ => None,
    })
}
