//! What a script may not do although the compiler accepts it: import by a computed path, or hide a namespace.

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use crate::error::{Error, Kind, Result};
use crate::reference;

use super::diagnostics;

/// Refuses imports whose path is not a literal, and import aliases that hide a namespace of mcpctl.
///
/// # Errors
/// The first such import, with its place.
pub fn check(ast: &AST, label: &str, text: &str) -> Result<()> {
    let mut found = None;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, position))) = path.last() {
            found = rule(&import.0, &import.1.name, import.1.pos, *position).err();
        }
        found.is_none()
    });
    match found {
        None => Ok(()),
        Some((error, position)) => Err(error.place(diagnostics::place_in(text, label, position))),
    }
}

/// What an import must be: `path` as it is written, `alias` at `named`, the whole statement at `position`.
///
/// # Errors
/// What is wrong, and where.
pub fn rule(path: &Expr, alias: &str, named: Position, position: Position) -> Result<(), (Error, Position)> {
    if !matches!(path, Expr::StringConstant(..)) {
        let error = Error::new(Kind::Script, "the path of an import must be written out")
            .hint("write `import \"std/NAME\" as name`");
        return Err((error, diagnostics::start_of(path)));
    }
    if reference::is_namespace(alias) {
        let error =
            Error::new(Kind::Script, format!("`{alias}` is a namespace of mcpctl and cannot be another module's name"))
                .hint(format!("choose another name: `import … as my_{alias}`"));
        return Err((error, if named.is_none() { position } else { named }));
    }
    Ok(())
}
