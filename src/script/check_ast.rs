//! What a script may not do although the compiler takes it: import by a computed path, or hide a namespace.

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use crate::error::{Error, Kind, Place, Result};
use crate::reference;

/// Refuses imports whose path is not a literal, and import aliases that hide a namespace of mcpctl.
///
/// # Errors
/// The first such import, with its place.
pub fn check(ast: &AST, label: &str, text: &str) -> Result<()> {
    let mut found = None;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, position))) = path.last() {
            let (expression, alias) = &**import;
            if !matches!(expression, Expr::StringConstant(..)) {
                found = Some((
                    Error::new(Kind::Script, "the path of an import must be written out")
                        .hint("write `import \"std/NAME\" as name`"),
                    expression.position(),
                ));
            } else if reference::is_namespace(alias.name.as_str()) {
                found = Some((
                    Error::new(
                        Kind::Script,
                        format!("`{}` is a namespace of mcpctl and cannot be another module's name", alias.name),
                    )
                    .hint(format!("choose another name: `import … as my_{}`", alias.name)),
                    if alias.pos.is_none() { *position } else { alias.pos },
                ));
            }
        }
        found.is_none()
    });
    match found {
        None => Ok(()),
        Some((error, position)) => Err(error.place(place(position, label, text))),
    }
}

fn place(position: Position, label: &str, text: &str) -> Place {
    let line = position.line().unwrap_or(0);
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
    Place {
        file: label.to_owned(),
        line,
        column: position.position().unwrap_or(1),
        length: 1,
        source,
        calls: Vec::new(),
    }
}
