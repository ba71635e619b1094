//! One script or module that was parsed: its functions, constants and imports, and what it offers to others.

use std::collections::HashSet;

use rhai::{AST, ASTFlags, Expr, FnAccess, Position, ScriptFuncDef, Shared, Stmt};

use crate::error::Place;
use crate::script::diagnostics;
use crate::script::functions::{self, is_closure};
use crate::script::tokens;

use super::changes::Changes;

/// A function or closure of a file.
pub(super) struct Body {
    def: Shared<ScriptFuncDef>,
    /// Its statements.
    pub(super) statements: Vec<Stmt>,
}

impl std::ops::Deref for Body {
    type Target = ScriptFuncDef;
    fn deref(&self) -> &ScriptFuncDef {
        &self.def
    }
}

/// A parsed file.
pub(super) struct Unit {
    pub(super) label: String,
    pub(super) text: String,
    pub(super) ast: AST,
    /// Its functions, with the bodies of its closures among them.
    bodies: Vec<Body>,
    /// What the file changes after it was made.
    pub(super) changes: Changes,
}

impl Unit {
    /// Takes a parsed file.
    pub(super) fn new(label: &str, text: &str, ast: AST) -> Self {
        let changes = Changes::of(&ast);
        let bodies = bodies(&ast);
        Self { label: label.to_owned(), text: text.to_owned(), ast, bodies, changes }
    }

    /// Its functions; closures are not among them.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Body> {
        self.bodies.iter().filter(|def| !is_closure(def))
    }

    /// The functions of a name, whatever they take.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Body> {
        self.functions().filter(move |def| def.name == name)
    }

    /// The function that a closure's value points to.
    pub(super) fn closure(&self, name: &str) -> Option<&Body> {
        self.bodies.iter().find(|def| def.name == name)
    }

    /// Whether others that import the file can call a function.
    pub(super) fn is_public(def: &ScriptFuncDef) -> bool {
        def.access == FnAccess::Public
    }

    /// Its constants, which functions reach as `global::NAME`.
    pub(super) fn constants(&self) -> HashSet<&str> {
        self.declared().filter(|(_, flags)| flags.contains(ASTFlags::CONSTANT)).map(|(name, _)| name).collect()
    }

    /// Its variables and constants at the top level.
    pub(super) fn variables(&self) -> HashSet<&str> {
        self.declared().map(|(name, _)| name).collect()
    }

    /// What it exports besides functions.
    pub(super) fn exports(&self) -> HashSet<&str> {
        let marked = self.declared().filter(|(_, flags)| flags.contains(ASTFlags::EXPORTED)).map(|(name, _)| name);
        let listed = self.ast.statements().iter().filter_map(|statement| match statement {
            Stmt::Export(names, _) if names.1.name.is_empty() => Some(names.0.name.as_str()),
            Stmt::Export(names, _) => Some(names.1.name.as_str()),
            _ => None,
        });
        marked.chain(listed).collect()
    }

    fn declared(&self) -> impl Iterator<Item = (&str, ASTFlags)> {
        self.ast.statements().iter().filter_map(|statement| match statement {
            Stmt::Var(declaration, flags, _) => Some((declaration.0.name.as_str(), *flags)),
            _ => None,
        })
    }

    /// Its imports at the top level: the written path and the name that it gives.
    pub(super) fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ast.statements().iter().filter_map(|statement| match statement {
            Stmt::Import(import, _) => match &import.0 {
                Expr::StringConstant(path, _) => Some((path.as_str(), import.1.name.as_str())),
                _ => None,
            },
            _ => None,
        })
    }

    /// The letter at a position.
    pub(super) fn letter(&self, position: Position) -> Option<char> {
        self.text.get(tokens::offset(&self.text, position)?..)?.chars().next()
    }

    /// Where a word first stands from a position on.
    pub(super) fn find_from(&self, position: Position, word: &str) -> Option<Position> {
        let from = tokens::offset(&self.text, position)?;
        tokens::position(&self.text, from + self.text.get(from..)?.find(word)?)
    }

    /// A position as a place that can be shown.
    pub(super) fn place(&self, position: Position) -> Place {
        diagnostics::place_in(&self.text, &self.label, position)
    }
}

/// The functions with their statements.
fn bodies(ast: &AST) -> Vec<Body> {
    let body = |def: &Shared<ScriptFuncDef>| Body { def: Shared::clone(def), statements: functions::statements(def) };
    ast.iter_fn_def().map(body).collect()
}
