//! The variables and modules that a place of a script sees.

use std::rc::Rc;

use super::known::Known;
use super::unit::Unit;

/// A module that an import names.
#[derive(Clone)]
pub(super) enum Imported {
    /// It was found and parsed.
    Parsed(Rc<Unit>),
    /// It was not: the import reports that, and nothing else is known about it.
    Lost,
}

/// What is visible, the innermost last.
#[derive(Default, Clone)]
pub(super) struct Scope<'a> {
    variables: Vec<(&'a str, Known<'a>)>,
    modules: Vec<(&'a str, Imported)>,
}

/// How much was visible when a block began.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize, usize);

impl<'a> Scope<'a> {
    /// Makes a variable visible.
    pub(super) fn variable(&mut self, name: &'a str, known: Known<'a>) {
        self.variables.push((name, known));
    }

    /// Makes a module visible.
    pub(super) fn module(&mut self, name: &'a str, module: Imported) {
        self.modules.push((name, module));
    }

    /// What is known of a variable; `None` if there is none.
    pub(super) fn find(&self, name: &str) -> Option<&Known<'a>> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, known)| known)
    }

    /// The module of a name.
    pub(super) fn find_module(&self, name: &str) -> Option<&Imported> {
        self.modules.iter().rev().find(|(known, _)| *known == name).map(|(_, module)| module)
    }

    /// The names of the variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| *name)
    }

    /// The names of the modules.
    pub(super) fn module_names(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|(name, _)| *name)
    }

    /// The modules alone, as a function sees them.
    pub(super) fn for_function(&self) -> Self {
        Self { variables: Vec::new(), modules: self.modules.clone() }
    }

    /// Begins a block.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.variables.len(), self.modules.len())
    }

    /// Ends a block.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.variables.truncate(mark.0);
        self.modules.truncate(mark.1);
    }
}
