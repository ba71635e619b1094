//! The walk through the statements of one body, which changes them in place.

use std::collections::HashSet;

use rhai::{ASTFlags, ASTNode, Expr, FlowControl, FnCallExpr, Position, Stmt, StmtBlock};

use crate::script::functions::{Closure, variable_name};
use crate::script::receivers;

use super::chains::Chain;
use super::{Script, evaluate, loops};

/// The variables that closures may have captured.
pub(super) enum Shared {
    /// Any may be.
    All,
    /// These may be, and no others.
    Some(HashSet<String>),
}

impl Shared {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.contains(name),
        }
    }
}

/// Whether a node may have to be changed. Most functions have none, and copying a body takes time.
pub(super) fn is_candidate(path: &[ASTNode<'_>]) -> bool {
    match path.last() {
        // the walk passes over the value of a `break`
        Some(
            ASTNode::Expr(Expr::Coalesce(..))
            | ASTNode::Stmt(Stmt::BreakLoop(Some(_), ..) | Stmt::Switch(..) | Stmt::TryCatch(..)),
        ) => true,
        Some(ASTNode::Expr(Expr::Dot(_, flags, _) | Expr::Index(_, flags, _))) => flags.contains(ASTFlags::NEGATED),
        Some(ASTNode::Expr(Expr::MethodCall(call, _))) => {
            let plain = receivers::keeps(&call.name) || receivers::only_changes(&call.name);
            !plain && !receivers::calls(&call.name) || takes_captures(call)
        }
        Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
            call.op_token.is_none() && call.namespace.is_empty() && takes_captures(call)
        }
        Some(ASTNode::Stmt(Stmt::Share(_))) => path.iter().any(|node| matches!(node, ASTNode::Stmt(Stmt::For(..)))),
        _ => false,
    }
}

/// Whether a call is given what may be a closure that captures variables.
fn takes_captures(call: &FnCallExpr) -> bool {
    let may_call = receivers::calls(&call.name);
    call.args.iter().any(|argument| Closure::capturing(argument).is_some() || may_call && !argument.is_constant())
}

/// The rewriter of one body.
pub(super) struct Rewriter<'s> {
    script: &'s Script,
    shared: Shared,
    /// The variables of the `for` loops around that nothing changes.
    rounds: Vec<String>,
    changed: bool,
}

impl<'s> Rewriter<'s> {
    /// Begins with a body.
    pub(super) fn new(script: &'s Script, shared: Shared) -> Self {
        Self { script, shared, rounds: Vec::new(), changed: false }
    }

    /// Rewrites the statements; gives whether anything was changed.
    pub(super) fn statements(mut self, statements: &mut [Stmt]) -> bool {
        statements.iter_mut().for_each(|statement| self.statement(statement));
        self.changed
    }

    fn block(&mut self, block: &mut StmtBlock) {
        block.statements_mut().iter_mut().for_each(|statement| self.statement(statement));
    }

    fn flow(&mut self, flow: &mut FlowControl) {
        self.expression(&mut flow.expr);
        self.block(&mut flow.body);
        self.block(&mut flow.branch);
    }

    fn statement(&mut self, statement: &mut Stmt) {
        match statement {
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::FnCall(call, _) => self.call(call),
            Stmt::Block(block) => self.block(block),
            Stmt::Var(declaration, ..) => self.expression(&mut declaration.1),
            Stmt::Assignment(assignment) => {
                self.expression(&mut assignment.1.rhs);
                self.target(&mut assignment.1.lhs);
            }
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => self.flow(flow),
            Stmt::TryCatch(flow, _) => {
                self.flow(flow);
                let (start, end) = (flow.body.position(), flow.body.end_position());
                let statements = std::mem::take(flow.body.statements_mut());
                let body = Expr::Stmt(Box::new(StmtBlock::new(statements, start, end)));
                flow.body = StmtBlock::new([Stmt::Expr(Box::new(evaluate::within_try(body)))], start, end);
                self.changed = true;
            }
            Stmt::For(parts, _) => {
                let (item, counter, flow) = &mut **parts;
                self.expression(&mut flow.expr);
                let outside = self.rounds.len();
                let names = std::iter::once(&*item).chain(counter.as_ref()).map(|name| name.name.to_string());
                let body = flow.body.statements();
                let kept: Vec<String> = names.filter(|name| !loops::changes(self.script, body, name)).collect();
                self.rounds.extend(kept);
                self.block(&mut flow.body);
                self.rounds.truncate(outside);
            }
            Stmt::Switch(switch, _) => {
                self.expression(&mut switch.0);
                if !switch.0.is_constant() {
                    switch.0 = evaluate::in_seconds(std::mem::take(&mut switch.0));
                    self.changed = true;
                }
                for case in &mut switch.1.expressions {
                    self.expression(&mut case.lhs);
                    self.expression(&mut case.rhs);
                }
            }
            Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => self.expression(value),
            _ => {}
        }
    }

    /// The left side of an assignment: its own links stay, for it is changed in place.
    fn target(&mut self, target: &mut Expr) {
        match Chain::take(std::mem::take(target)) {
            Ok(mut chain) => {
                self.links(&mut chain);
                *target = chain.join();
            }
            Err(other) => *target = other,
        }
    }

    fn expression(&mut self, expression: &mut Expr) {
        match expression {
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
                parts.iter_mut().for_each(|part| self.expression(part));
            }
            Expr::Map(map, _) => map.0.iter_mut().for_each(|(_, value)| self.expression(value)),
            Expr::Stmt(block) => {
                self.block(block);
                self.changed |= loops::capture_copies(expression, &self.rounds);
            }
            Expr::FnCall(call, _) => self.call(call),
            Expr::And(parts, _) | Expr::Or(parts, _) => parts.iter_mut().for_each(|part| self.expression(part)),
            Expr::Coalesce(parts, _) => {
                let last = parts.len().saturating_sub(1);
                for (at, part) in parts.iter_mut().enumerate() {
                    self.part(part, at < last);
                }
            }
            Expr::Dot(..) | Expr::Index(..) => self.part(expression, false),
            _ => {}
        }
    }

    /// An expression; on the left of `??` (`coalesced`) no key needs to exist.
    fn part(&mut self, expression: &mut Expr, coalesced: bool) {
        match Chain::take(std::mem::take(expression)) {
            Ok(chain) => *expression = self.chain(chain, coalesced),
            Err(mut other) => {
                self.expression(&mut other);
                *expression = other;
            }
        }
    }

    fn chain(&mut self, mut chain: Chain, coalesced: bool) -> Expr {
        self.expression(&mut chain.root);
        let keys: Vec<Position> = chain
            .links
            .iter()
            .filter(|link| link.is_key() && (coalesced || link.is_optional))
            .flat_map(super::chains::Link::places)
            .collect();
        let root = variable_name(&chain.root).filter(|name| self.shared.contains(name)).map(str::to_owned);
        let mut change = None;
        if let Some(root) = root {
            let calls = chain.links.iter().enumerate().filter_map(|(at, link)| match &link.part {
                Expr::MethodCall(call, position) => Some((at, call, *position)),
                _ => None,
            });
            let mut copied = None;
            for (at, call, position) in calls {
                let uses = call.args.iter().any(|argument| self.may_use(argument, &root));
                let changes = call.args.iter().any(|argument| self.changes_items(argument));
                if uses && receivers::calls_and_keeps(&call.name) && !changes {
                    copied = Some(at);
                    break;
                }
                let captured = call.args.iter().filter_map(Closure::of).any(|closure| closure.captures(&root));
                let may_call = uses && receivers::calls(&call.name)
                    || !receivers::keeps(&call.name) && !receivers::only_changes(&call.name);
                if captured && !receivers::keeps(&call.name) || may_call {
                    change = Some((root.clone(), call.name.to_string(), position));
                }
            }
            self.links(&mut chain);
            if let Some(at) = copied {
                chain.copy_before(at);
                self.changed = true;
            }
        } else {
            self.links(&mut chain);
        }
        let mut whole = chain.join();
        if let Some((variable, method, position)) = change {
            whole = evaluate::may_race(whole, variable, method, position);
            self.changed = true;
        }
        if !keys.is_empty() {
            whole = evaluate::may_miss(whole, keys, coalesced);
            self.changed = true;
        }
        whole
    }

    /// Whether a function that is given to a method may read a variable.
    fn may_use(&self, argument: &Expr, variable: &str) -> bool {
        match Closure::of(argument) {
            Some(closure) => {
                closure.captures(variable)
                    // what it captures may be a closure in turn
                    || !closure.captured.is_empty()
            }
            None => !argument.is_constant(),
        }
    }

    /// Whether a closure may change items by way of `this`.
    fn changes_items(&self, argument: &Expr) -> bool {
        Closure::of(argument).is_some_and(|closure| self.script.uses_this(&closure.name))
    }

    /// The arguments and indexes inside a chain.
    fn links(&mut self, chain: &mut Chain) {
        for link in &mut chain.links {
            match &mut link.part {
                Expr::MethodCall(call, _) => self.arguments(call),
                Expr::Property(..) => {}
                index => self.expression(index),
            }
        }
    }

    /// The arguments of a call. A closure that is called before the call returns does not need a separate value.
    fn arguments(&mut self, call: &mut FnCallExpr) {
        let at_once = receivers::calls(&call.name);
        for argument in &mut call.args {
            let ends =
                at_once && Closure::of(argument).is_some_and(|closure| loops::is_innermost(self.script, &closure.name));
            if !ends {
                self.expression(argument);
            }
        }
    }

    /// A call by name: `map(a, |x| a.len() - x)` works on the variable as `a.map(…)` does.
    fn call(&mut self, call: &mut FnCallExpr) {
        let is_method = call.namespace.is_empty() && call.op_token.is_none() && receivers::calls_and_keeps(&call.name);
        if is_method
            && let Some((receiver, given)) = call.args.split_first()
            && let Some(name) = variable_name(receiver)
            && self.shared.contains(name)
            && given.iter().any(|argument| self.may_use(argument, name) && !self.changes_items(argument))
        {
            let position = receiver.start_position();
            let block = StmtBlock::new([Stmt::Expr(Box::new(receiver.clone()))], position, position);
            call.args[0] = Expr::Stmt(Box::new(block));
            self.changed = true;
        }
        self.arguments(call);
    }
}
