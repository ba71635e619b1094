//! `mcpctl check`: what can be known of a script without running it.
//!
//! A script is parsed and its tree is walked with what is visible at each place: variables, modules, and what is known
//! of values. The functions come from the engine's own metadata, the options from their documentation, the
//! properties from the types. No cluster is asked and no file is read but scripts.

mod calls;
mod chains;
mod changes;
mod closures;
mod expressions;
pub mod files;
mod finding;
mod functions;
mod known;
mod message;
mod methods;
mod natives;
mod options;
mod params;
mod properties;
mod scope;
mod unit;
mod variables;
mod walk;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rhai::{AST, Engine};

use crate::error::Error;
use crate::primitives::limits;
use crate::script::diagnostics;
use crate::script::header::Header;
use crate::script::imports::{self, Found};
use crate::script::source::Sources;

pub use finding::Finding;

use known::Known;
use scope::Module;
use unit::Unit;
use walk::Walk;

/// Checks scripts, and with each the files that it imports; every file once.
pub struct Checker {
    engine: Engine,
    parsed: HashMap<String, Module>,
    checked: HashSet<String>,
    waiting: Vec<Rc<Unit>>,
    findings: Vec<Finding>,
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl Checker {
    /// A checker that knows no script yet.
    #[must_use]
    pub fn new() -> Self {
        let mut engine = Engine::new_raw();
        limits::configure(&mut engine);
        // the walk judges names itself, all of them, where the compiler stops at the first
        engine.set_strict_variables(false);
        Self { engine, parsed: HashMap::new(), checked: HashSet::new(), waiting: Vec::new(), findings: Vec::new() }
    }

    /// Checks a script and what it imports.
    pub fn script(&mut self, label: &str, text: &str) {
        if !self.checked.insert(label.to_owned()) {
            return;
        }
        match self.parse(label, text) {
            Module::Parsed(unit) => self.unit(&unit, &[("ARGS", Known::Args)]),
            Module::Lost => {}
        }
        while let Some(unit) = self.waiting.pop() {
            if self.checked.insert(unit.label.clone()) {
                self.unit(&unit, &[("ARGS", Known::Args)]);
            }
        }
    }

    /// Checks a line of a session in which variables exist already.
    pub fn line(&mut self, label: &str, text: &str, variables: &[&str]) {
        self.parsed.remove(label);
        if let Module::Parsed(unit) = self.parse(label, text) {
            let variables: Vec<_> = variables.iter().map(|name| (*name, Known::Any)).collect();
            self.unit(&unit, &variables);
        }
    }

    /// Notes a failure that kept a file from being checked.
    pub fn failed(&mut self, error: Error) {
        self.findings.push(Finding { error, certain: true });
    }

    /// What was found, sorted by file and line.
    #[must_use]
    pub fn findings(mut self) -> Vec<Finding> {
        finding::sort(&mut self.findings);
        self.findings
    }

    fn unit(&mut self, unit: &Rc<Unit>, variables: &[(&str, Known<'_>)]) {
        let header = match Header::read(&unit.ast, &unit.label, &unit.text) {
            Ok(header) => Some(header),
            Err(error) => {
                self.failed(error);
                None
            }
        };
        let found = Walk::whole(unit, header.as_ref(), variables, self);
        self.findings.extend(found);
    }

    /// Parses a text once. A syntax error is noted, and the file is lost for all that import it.
    fn parse(&mut self, label: &str, text: &str) -> Module {
        if let Some(module) = self.parsed.get(label) {
            return module.clone();
        }
        let module = match self.compile(label, text) {
            Ok(ast) => Module::Parsed(Rc::new(Unit::new(label, text, ast))),
            Err(error) => {
                self.failed(error);
                Module::Lost
            }
        };
        self.parsed.insert(label.to_owned(), module.clone());
        module
    }

    fn compile(&self, label: &str, text: &str) -> Result<AST, Error> {
        self.engine.compile(text).map_err(|failure| {
            let sources = Sources::default();
            sources.add(label, text);
            diagnostics::explain_syntax(&failure, label, &sources)
        })
    }

    /// The module that an import of `importer` names. The user's own files are checked as well.
    ///
    /// # Errors
    /// There is none.
    fn import(&mut self, importer: &str, path: &str) -> Result<Module, Error> {
        let Found { label, text } = imports::find(importer, path)?;
        let module = self.parse(&label, &text);
        if let Module::Parsed(unit) = &module
            && !label.starts_with("<mcpctl>/")
            && !self.checked.contains(&label)
        {
            self.waiting.push(Rc::clone(unit));
        }
        Ok(module)
    }
}
