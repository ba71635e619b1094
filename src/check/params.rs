//! The positions of the items of `PARAMS`.

use rhai::{Expr, Position, Stmt};

use super::unit::Unit;

/// The position of a parameter's name in `PARAMS`.
pub(super) fn position_of(unit: &Unit, name: &str) -> Position {
    let declared = unit.ast.statements().iter().find_map(|statement| match statement {
        Stmt::Var(declaration, ..) if declaration.0.name == "PARAMS" => Some(&declaration.1),
        _ => None,
    });
    let Some(Expr::Array(items, position)) = declared else { return Position::NONE };
    let named = items.iter().filter_map(|item| match item {
        Expr::Map(map, _) => map.0.iter().find(|(key, _)| key.name == "name").map(|(_, value)| value),
        _ => None,
    });
    let found = named.into_iter().find(|value| matches!(value, Expr::StringConstant(text, _) if text == name));
    found.map_or(*position, Expr::position)
}
