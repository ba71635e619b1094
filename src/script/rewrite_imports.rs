//! Imports written anew: a copied script that is to use a copied module.

use rhai::{AST, ASTNode, Engine, Expr, Stmt};

use crate::error::{Error, Kind, Result};
use crate::primitives::api::limits;

/// A script's text with one import's path replaced, or nothing if it has no such import. Everything else stays as
/// it is, to the last blank.
///
/// # Errors
/// The script does not parse.
pub fn repoint(text: &str, from: &str, to: &str) -> Result<Option<String>> {
    let ast = parse(text)?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut changed = false;
    for (path, line, column) in imports(&ast) {
        if path.strip_suffix(".rhai").unwrap_or(&path) != from {
            continue;
        }
        let Some(source) = lines.get_mut(line - 1) else { continue };
        // columns count characters
        let start = source.char_indices().nth(column - 1).map_or(source.len(), |(at, _)| at);
        let rest = source[start..].replacen(&path, to, 1);
        source.replace_range(start.., &rest);
        changed = true;
    }
    Ok(changed.then(|| lines.concat()))
}

/// The paths that a script imports.
///
/// # Errors
/// The script does not parse.
pub fn paths(text: &str) -> Result<Vec<String>> {
    Ok(imports(&parse(text)?).into_iter().map(|(path, ..)| path).collect())
}

fn parse(text: &str) -> Result<AST> {
    let mut engine = Engine::new_raw();
    limits::configure(&mut engine);
    engine.set_strict_variables(false);
    // a `#!` line would not parse; its place is kept
    let prepared = super::source::prepare(text);
    engine.compile(prepared).map_err(|_| Error::new(Kind::Script, "the script does not parse"))
}

/// Literal paths with line and column, both from 1.
fn imports(ast: &AST) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && let Expr::StringConstant(literal, position) = &import.0
            && let (Some(line), Some(column)) = (position.line(), position.position())
        {
            found.push((literal.to_string(), line, column));
        }
        true
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_import_changes() {
        let text = "#!/usr/bin/env mcpctl\n// import \"std/a\"\nimport \"std/a\" as a;\nimport \"std/b\" as b;\nlet s = \"std/a\";";
        let changed = repoint(text, "std/a", "lib/a").unwrap().unwrap();
        assert_eq!(changed, text.replace("import \"std/a\" as", "import \"lib/a\" as"));
        assert!(repoint(text, "std/c", "lib/c").unwrap().is_none());
    }

    #[test]
    fn an_ending_and_signs_of_several_bytes_are_understood() {
        let changed = repoint("/* é */ import \"std/a.rhai\" as a;", "std/a", "lib/a").unwrap().unwrap();
        assert_eq!(changed, "/* é */ import \"lib/a\" as a;");
    }

    #[test]
    fn every_path_is_found() {
        assert_eq!(paths("import \"std/a\" as a; fn f() { import \"lib/b\" as b; }").unwrap(), ["std/a", "lib/b"]);
        assert!(paths("import").is_err());
    }
}
