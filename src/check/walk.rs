//! The walk through a file's statements, with what is visible at each of them.

use std::collections::{HashMap, HashSet};

use rhai::{ASTNode, Expr, FlowControl, Position, Stmt, SwitchCasesCollection};

use super::Checker;
use super::finding::Finding;
use super::functions::Functions;
use super::known::Known;
use super::message::mistake;
use super::scope::{Imported, Scope};
use super::unit::{Body, Unit};
use crate::error::Error;
use crate::script::check_ast;
use crate::script::header::Header;

/// How often the walk looks at what the file's own functions are called with before it reports: once to collect, once
/// more for what they pass on.
const ROUNDS: usize = 2;

/// One file during the walk.
pub(super) struct Walk<'a, 'c> {
    pub(super) unit: &'a Unit,
    pub(super) header: Option<&'a Header>,
    pub(super) checker: &'c mut Checker,
    pub(super) scope: Scope<'a>,
    /// What the file's own functions are given and give.
    pub(super) functions: Functions<'a>,
    /// The function whose body is walked.
    pub(super) inside: Option<&'a Body>,
    /// The types of the values of `return`.
    pub(super) returned: Vec<Known<'a>>,
    /// How many `try` are around: what fails there may be meant to fail.
    pub(super) trying: usize,
    /// How many `assert::raises` are around: what fails there is to fail.
    pub(super) raising: usize,
    /// Whether the code around asks for the types of values: what is known of them may not hold where it is used.
    pub(super) asks_types: bool,
    /// Whether the script's parameters go where their use cannot be seen.
    pub(super) args_escape: bool,
    /// The parameters that are read as `args["name"]`.
    pub(super) indexed: HashSet<&'a str>,
    imported: HashMap<(String, Position), Imported>,
    findings: Vec<Finding>,
}

impl<'a, 'c> Walk<'a, 'c> {
    /// Walks through a whole file and gives what it finds.
    pub(super) fn whole(
        unit: &'a Unit,
        header: Option<&'a Header>,
        variables: &'a [(&'a str, Known<'a>)],
        checker: &'c mut Checker,
    ) -> Vec<Finding> {
        let mut walk = Self {
            unit,
            header,
            checker,
            scope: Scope::default(),
            functions: Functions::of(unit),
            inside: None,
            returned: Vec::new(),
            trying: 0,
            raising: 0,
            asks_types: false,
            args_escape: false,
            indexed: HashSet::new(),
            imported: HashMap::new(),
            findings: Vec::new(),
        };
        for _ in 0..ROUNDS {
            walk.round(variables);
            walk.functions.learn();
            walk.findings.clear();
        }
        walk.round(variables);
        walk.unread_parameters();
        walk.findings
    }

    fn round(&mut self, variables: &[(&'a str, Known<'a>)]) {
        self.scope = Scope::default();
        for (name, known) in variables {
            self.scope.variable(name, known.clone());
        }
        self.asks_types = asks_types(self.unit.ast.statements());
        for statement in self.unit.ast.statements() {
            self.statement(statement);
        }
        let top = self.scope.for_function();
        for def in self.unit.functions() {
            self.scope = top.clone();
            self.function(def);
        }
    }

    fn function(&mut self, def: &'a Body) {
        for (at, name) in def.params.iter().enumerate() {
            let known = match self.functions.is_called(def) {
                _ if def.name != "main" || at != 0 => self.functions.parameter(def, at),
                true => self.functions.parameter(def, at).join(Known::Args),
                false => Known::Args,
            };
            let lasting = self.lasting(name, known.clone());
            self.args_escape |= matches!(known, Known::Args) && !matches!(lasting, Known::Args);
            self.scope.variable(name, lasting);
        }
        self.inside = Some(def);
        let trying = std::mem::take(&mut self.trying);
        let around = std::mem::replace(&mut self.asks_types, asks_types(&def.statements));
        let outer = std::mem::take(&mut self.returned);
        let mut value = self.statements(&def.statements);
        for returned in std::mem::replace(&mut self.returned, outer) {
            value = value.join(returned);
        }
        self.functions.gives(def, value);
        self.lost_change(def, 0);
        self.trying = trying;
        self.asks_types = around;
        self.inside = None;
    }

    /// What is known of a variable all its life, from what is known where it is made.
    pub(super) fn lasting(&self, name: &str, known: Known<'a>) -> Known<'a> {
        if self.unit.changes.assigns(name) {
            Known::Any
        } else if self.unit.changes.changes(name) {
            known.changed()
        } else {
            known
        }
    }

    /// A block with its own scope; gives what is known about its value.
    pub(super) fn block(&mut self, block: &'a [Stmt]) -> Known<'a> {
        let mark = self.scope.mark();
        let value = self.statements(block);
        self.scope.rewind(mark);
        value
    }

    pub(super) fn statements(&mut self, block: &'a [Stmt]) -> Known<'a> {
        let mut value = Known::Unit;
        for statement in block {
            value = self.statement(statement);
        }
        value
    }

    fn statement(&mut self, statement: &'a Stmt) -> Known<'a> {
        match statement {
            Stmt::Noop(_) | Stmt::Share(_) | Stmt::Export(..) => Known::Unit,
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::Var(declaration, ..) => {
                let (name, value, _) = &**declaration;
                let known = self.used(value);
                let known = self.lasting(&name.name, known);
                self.scope.variable(&name.name, known);
                Known::Unit
            }
            Stmt::Assignment(assignment) => {
                self.used(&assignment.1.rhs);
                self.target(&assignment.1.lhs);
                Known::Unit
            }
            Stmt::If(flow, _) => {
                self.expression(&flow.expr);
                let value = self.block(flow.body.statements());
                value.join(self.block(flow.branch.statements()))
            }
            Stmt::Switch(switch, position) => self.switch(&switch.0, &switch.1, *position),
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(flow.body.statements());
                Known::Any
            }
            Stmt::For(parts, _) => {
                let (item, counter, flow) = &**parts;
                let list = self.used(&flow.expr);
                let mark = self.scope.mark();
                let known = self.lasting(&item.name, list.item());
                self.scope.variable(&item.name, known);
                if let Some(counter) = counter {
                    let known = self.lasting(&counter.name, Known::Int);
                    self.scope.variable(&counter.name, known);
                }
                self.block(flow.body.statements());
                self.scope.rewind(mark);
                Known::Any
            }
            Stmt::TryCatch(flow, _) => self.try_catch(flow),
            Stmt::BreakLoop(value, ..) => {
                if let Some(value) = value {
                    self.expression(value);
                }
                Known::Any
            }
            Stmt::Return(value, ..) => {
                let known = value.as_ref().map_or(Known::Unit, |value| self.used(value));
                self.returned.push(known);
                Known::Any
            }
            Stmt::Import(import, position) => {
                self.import(&import.0, &import.1.name, import.1.pos, *position);
                Known::Unit
            }
            _ => Known::Any,
        }
    }

    fn switch(&mut self, value: &'a Expr, cases: &'a SwitchCasesCollection, position: Position) -> Known<'a> {
        let known = self.used(value);
        self.cases(&known, value, cases, position);
        for case in &cases.expressions {
            self.expression(&case.lhs);
            self.expression(&case.rhs);
        }
        Known::Any
    }

    fn try_catch(&mut self, flow: &'a FlowControl) -> Known<'a> {
        self.trying += 1;
        self.block(flow.body.statements());
        self.trying -= 1;
        let mark = self.scope.mark();
        if let Expr::Variable(caught, ..) = &flow.expr {
            self.scope.variable(&caught.1, Known::Any);
        }
        self.block(flow.branch.statements());
        self.scope.rewind(mark);
        Known::Any
    }

    fn import(&mut self, path: &'a Expr, name: &'a str, named: Position, position: Position) {
        if let Err((error, position)) = check_ast::rule(path, name, named, position) {
            self.found(error, position, true);
        }
        let Expr::StringConstant(path, at) = path else {
            self.expression(path);
            self.scope.module(name, Imported::Lost);
            return;
        };
        let key = (path.to_string(), *at);
        let module = match self.imported.get(&key) {
            Some(module) => module.clone(),
            None => match self.checker.import(&self.unit.label, path) {
                Ok(module) => module,
                Err(error) => {
                    self.found(error, *at, true);
                    Imported::Lost
                }
            },
        };
        if !matches!(module, Imported::Lost) {
            self.imported.insert(key, module.clone());
        }
        if !name.is_empty() {
            self.scope.module(name, module);
        }
    }

    /// Notes a mistake. One that fails only when it is reached may be caught by the script's own `try`.
    pub(super) fn found(&mut self, error: Error, position: Position, certain: bool) {
        let error = error.place(self.unit.place(position));
        self.findings.push(Finding { error, certain });
    }

    /// Notes a mistake that fails when it is reached.
    pub(super) fn fails(&mut self, error: Error, position: Position) {
        if self.raising == 0 {
            self.found(error, position, self.trying == 0);
        }
    }

    /// Notes a mistake of types, which fails when it is reached with such values.
    pub(super) fn mistyped(&mut self, error: Error, position: Position) {
        if !self.asks_types {
            self.fails(error, position);
        }
    }

    fn reads(&self, parameter: &str) -> bool {
        self.unit.changes.has_property(parameter) || self.indexed.contains(parameter)
    }

    /// Parameters of the header that nothing reads: asked for, documented, and without effect.
    fn unread_parameters(&mut self) {
        let Some(header) = self.header else { return };
        if self.args_escape {
            return;
        }
        let unread: Vec<_> = header.params.iter().filter(|param| !self.reads(&param.name)).collect();
        for param in unread {
            let error = mistake(format!("parameter `{}` is never read", param.name))
                .hint(format!("read it as `args.{}` in `main(args)`, or take it out of `PARAMS`", param.name));
            let position = super::params::position_of(self.unit, &param.name);
            self.found(error, position, false);
        }
    }
}

/// Whether statements, or closures that they make, ask for the type of a value.
pub(super) fn asks_types(statements: &[Stmt]) -> bool {
    let mut asks = false;
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            asks |= match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))) => call.name == "type_of",
                _ => false,
            };
            !asks
        });
    }
    asks
}
