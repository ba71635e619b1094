//! Comparisons of values whose types are known and differ: they would fail when they run.

use rhai::{Expr, FnCallExpr, Position};

use crate::primitives::compare;

use super::known::Known;
use super::walk::Walk;

impl Walk<'_, '_> {
    /// An operator that compares.
    pub(super) fn comparison(&mut self, call: &FnCallExpr, known: &[Known<'_>], position: Position) {
        let (operator, [a, b]) = (call.name.as_str(), known) else { return };
        let is_open = |known: &Known<'_>| matches!(known, Known::Any | Known::Args | Known::Function);
        if !matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=") || is_open(a) || is_open(b) {
            return;
        }
        let names = [a.name(), b.name()];
        if compare::can_compare(operator, names) {
            return;
        }
        let text = call.args.iter().find_map(|argument| match argument {
            Expr::StringConstant(text, _) => Some(text.as_str()),
            _ => None,
        });
        self.fails(compare::mismatch(operator, names, text), position);
    }
}
