//! `mcpctl check`: static analysis of a script.
//!
//! A script is parsed and its tree is walked with what is visible at each place: variables, modules, and what is known
//! of values. The functions come from the engine's own metadata, the options from their documentation, the
//! properties from the types. No cluster is asked and no file is read but scripts.

mod calls;
mod chains;
mod changes;
mod closures;
mod comparisons;
mod expressions;
pub mod files;
mod finding;
mod functions;
mod known;
mod literals;
mod message;
mod methods;
mod natives;
mod options;
mod params;
mod properties;
mod races;
mod results;
mod scope;
mod switches;
mod unit;
mod variables;
mod walk;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rhai::{Engine, Module, ParseError, Scope};

pub use finding::Finding;

use crate::error::{Error, Kind};
use crate::primitives::NAMESPACES;
use crate::primitives::api::limits;
use crate::script::header::Header;
use crate::script::imports::{self, Found};
use crate::script::source::Sources;
use crate::script::{deprecated, diagnostics, rewrite};
use known::Known;
use scope::Imported;
use unit::Unit;
use walk::Walk;

/// Checks scripts, and with each the files that it imports; every file once.
pub struct Checker {
    engine: Engine,
    /// The compiler as it is before a run, with the namespaces and without their functions.
    strict: Engine,
    parsed: HashMap<String, Imported>,
    checked: HashSet<String>,
    waiting: Vec<Rc<Unit>>,
    findings: Vec<Finding>,
    /// Whether to report deprecated functions, which the next minor version may remove.
    upgrades: bool,
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
        let mut strict = Engine::new_raw();
        limits::configure(&mut strict);
        for name in NAMESPACES {
            strict.register_static_module(*name, Module::new().into());
        }
        Self {
            engine,
            strict,
            parsed: HashMap::new(),
            checked: HashSet::new(),
            waiting: Vec::new(),
            findings: Vec::new(),
            upgrades: false,
        }
    }

    /// The same checker, which also reports what an upgrade would break. A run warns about that itself.
    #[must_use]
    pub fn telling_upgrades(mut self) -> Self {
        self.upgrades = true;
        self
    }

    /// Checks a script and what it imports.
    pub fn script(&mut self, label: &str, text: &str) {
        if !self.checked.insert(label.to_owned()) {
            return;
        }
        if let Imported::Parsed(unit) = self.parse(label, text) {
            let (header, mistakes) = Header::read_all(&unit.ast, &unit.label, &unit.text);
            // a parameter that could not be read is not known to be missing
            let header = mistakes.is_empty().then_some(header);
            mistakes.into_iter().for_each(|error| self.failed(error));
            self.unit(&unit, header.as_ref(), &[("ARGS", Known::Args)]);
        }
    }

    /// Checks a line of a session in which variables exist already.
    pub fn line(&mut self, label: &str, text: &str, variables: &[&str]) {
        self.parsed.remove(label);
        if let Imported::Parsed(unit) = self.parse(label, text) {
            let variables: Vec<_> = variables.iter().map(|name| (*name, Known::Any)).collect();
            self.unit(&unit, None, &variables);
        }
    }

    /// Notes a failure that kept a file from being checked.
    pub fn failed(&mut self, error: Error) {
        self.findings.push(Finding { error, certain: true });
    }

    /// What was found, sorted by file and line.
    #[must_use]
    pub fn findings(mut self) -> Vec<Finding> {
        // an imported file is not a command, so its header is never read
        while let Some(unit) = self.waiting.pop() {
            if self.checked.insert(unit.label.clone()) {
                self.unit(&unit, None, &[("ARGS", Known::Any)]);
            }
        }
        finding::sort(&mut self.findings);
        self.findings
    }

    fn unit(&mut self, unit: &Rc<Unit>, header: Option<&Header>, variables: &[(&str, Known<'_>)]) {
        let found = Walk::whole(unit, header, variables, self);
        let certain = found.iter().any(|finding| finding.certain);
        self.findings.extend(found);
        for (name, position) in rewrite::shared_by_rounds(&unit.ast) {
            let error = Error::new(
                Kind::Script,
                format!("the closure sees the last value of `{name}`, which the loop changes"),
            )
            .hint(format!("copy it first: `let own = {name};`, and use `own` in the closure"))
            .place(unit.place(position));
            self.findings.push(Finding { error, certain: false });
        }
        if self.upgrades {
            for (text, position) in deprecated::shipped_calls(&unit.ast) {
                let place = diagnostics::place_in(&unit.text, &unit.label, position);
                self.findings.push(Finding { error: Error::new(Kind::Script, text).place(place), certain: false });
            }
        }
        if !certain {
            self.strictly(unit, variables);
        }
    }

    /// The errors of the compiler before a run: the walk finds the same ones and more, but the compiler decides.
    fn strictly(&mut self, unit: &Unit, variables: &[(&str, Known<'_>)]) {
        let mut scope = Scope::new();
        for (name, _) in variables {
            scope.push_constant(*name, ());
        }
        if let Err(failure) = self.strict.compile_with_scope(&scope, &unit.text) {
            self.failed(syntax_error(&failure, &unit.label, &unit.text));
        }
    }

    /// Parses a text once. A syntax error is noted, and the file is lost for all that import it.
    fn parse(&mut self, label: &str, text: &str) -> Imported {
        if let Some(module) = self.parsed.get(label) {
            return module.clone();
        }
        let module = match self.engine.compile(text) {
            Ok(ast) => Imported::Parsed(Rc::new(Unit::new(label, text, ast))),
            Err(failure) => {
                self.failed(syntax_error(&failure, label, text));
                Imported::Lost
            }
        };
        self.parsed.insert(label.to_owned(), module.clone());
        module
    }

    /// The module that an import of `importer` names. The user's own files are checked as well.
    ///
    /// # Errors
    /// There is none.
    fn import(&mut self, importer: &str, path: &str) -> Result<Imported, Error> {
        let Found { label, text } = imports::find(importer, path)?;
        let module = self.parse(&label, &text);
        if let Imported::Parsed(unit) = &module
            && !label.starts_with("<mcpctl>/")
            && !self.checked.contains(&label)
        {
            self.waiting.push(Rc::clone(unit));
        }
        Ok(module)
    }
}

fn syntax_error(failure: &ParseError, label: &str, text: &str) -> Error {
    let sources = Sources::default();
    sources.add(label, text);
    diagnostics::explain_syntax(failure, label, &sources)
}
