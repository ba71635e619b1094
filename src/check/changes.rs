//! The variables that a file changes in place, by name: what is known where such a variable is created may not hold
//! later.

use std::collections::HashSet;

use rhai::{AST, ASTNode, Expr, Stmt};

use crate::script::functions::variable_name;
use crate::script::receivers;

/// The names that a file changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    assigned: HashSet<String>,
    changed: HashSet<String>,
    keys: HashSet<String>,
    read: HashSet<String>,
    computed: bool,
    /// Whether something is changed by way of `this`, which may be a part of any value.
    this: bool,
}

impl Changes {
    /// Looks through a whole file.
    pub(super) fn of(ast: &AST) -> Self {
        let mut changes = Self::default();
        let functions: HashSet<&str> = ast.iter_fn_def().map(|def| def.name.as_str()).collect();
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            changes.node(path, &functions);
            true
        });
        changes
    }

    fn node(&mut self, path: &[ASTNode<'_>], functions: &HashSet<&str>) {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Assignment(assignment))) => self.assignment(&assignment.1.lhs),
            // the walk of the language passes over the value of a `break`
            Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) => {
                value.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
                    self.node(path, functions);
                    true
                });
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, _))) if !receivers::keeps(&call.name) => {
                if let Some(name) = path.iter().rev().find_map(root_of) {
                    self.changed.insert(name.to_owned());
                    if functions.contains(call.name.as_str()) {
                        self.assigned.insert(name.to_owned());
                    }
                }
                self.this |= path.iter().any(|node| matches!(node, ASTNode::Expr(expression) if is_this(expression)));
            }
            // `push(list, 1)` does what `list.push(1)` does
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if call.namespace.is_empty()
                    && (receivers::only_changes(&call.name) || receivers::calls_and_changes(&call.name))
                    && !functions.contains(call.name.as_str()) =>
            {
                if let Some(receiver) = call.args.first() {
                    self.changed
                        .extend(variable_name(receiver).or(root_of(&ASTNode::Expr(receiver))).map(str::to_owned));
                    self.this |= is_this(receiver);
                }
            }
            Some(ASTNode::Expr(Expr::Property(property, _))) => {
                self.read.insert(property.2.to_string());
            }
            Some(ASTNode::Expr(Expr::Map(map, _))) => {
                self.keys.extend(map.0.iter().map(|(key, _)| key.name.to_string()));
            }
            _ => {}
        }
    }

    fn assignment(&mut self, target: &Expr) {
        self.this |= is_this(target);
        match target {
            Expr::Variable(variable, ..) => {
                self.assigned.insert(variable.1.to_string());
            }
            Expr::Dot(..) | Expr::Index(..) => {
                if let Some(name) = root_of(&ASTNode::Expr(target)) {
                    self.changed.insert(name.to_owned());
                }
                self.last_key(target);
            }
            _ => {}
        }
    }

    fn last_key(&mut self, target: &Expr) {
        match target {
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) => self.last_key(&chain.rhs),
            Expr::Property(property, _) => {
                self.keys.insert(property.2.to_string());
            }
            Expr::StringConstant(key, _) => {
                self.keys.insert(key.to_string());
            }
            Expr::IntegerConstant(..) => {}
            _ => self.computed = true,
        }
    }

    /// Whether a variable of this name is assigned to anywhere.
    pub(super) fn assigns(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Whether what a variable of this name holds is changed anywhere.
    pub(super) fn changes(&self, name: &str) -> bool {
        self.this || self.changed.contains(name)
    }

    /// Whether some map of the file may have a key, so that `map.key()` may call what it holds.
    pub(super) fn may_have_key(&self, key: &str) -> bool {
        self.computed || self.keys.contains(key)
    }

    /// Whether a property of this name is read or set.
    pub(super) fn has_property(&self, name: &str) -> bool {
        self.read.contains(name)
    }
}

/// The variable that a chain of dots and brackets starts from.
fn root_of<'a>(node: &ASTNode<'a>) -> Option<&'a str> {
    let ASTNode::Expr(Expr::Dot(chain, ..) | Expr::Index(chain, ..)) = node else { return None };
    match &chain.lhs {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

/// Whether an expression is `this` or a part of it.
fn is_this(expression: &Expr) -> bool {
    match expression {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => is_this(&chain.lhs),
        other => matches!(other, Expr::ThisPtr(_)),
    }
}
