//! The places of mistakes in `PARAMS`.

use rhai::{AST, Expr, Ident, Position, Stmt};

use super::params::Fault;

/// Whether the script declares `PARAMS`, as whatever.
pub(super) fn declared(ast: &AST) -> bool {
    declaration(ast).is_some()
}

/// The position of a mistake: the key or its value, the item, or `PARAMS` itself.
pub(super) fn of(ast: &AST, fault: &Fault) -> Position {
    let Some((name, value, statement)) = declaration(ast) else { return Position::NONE };
    let whole = if name.pos.is_none() { statement } else { name.pos };
    let (Some(at), Expr::Array(items, _)) = (fault.item, value) else { return whole };
    let Some(item) = items.get(at) else { return whole };
    let (Some(key), Expr::Map(map, _)) = (&fault.key, item) else { return item.start_position() };
    let entry = map.0.iter().find(|(known, _)| known.name == key.as_str());
    entry.map_or(item.start_position(), |(known, value)| if fault.at_key { known.pos } else { value.start_position() })
}

fn declaration(ast: &AST) -> Option<(&Ident, &Expr, Position)> {
    ast.statements().iter().find_map(|statement| match statement {
        Stmt::Var(declaration, _, position) if declaration.0.name == "PARAMS" => {
            Some((&declaration.0, &declaration.1, *position))
        }
        _ => None,
    })
}
