//! Which values of a body are certainly pods, and not names: a pod that is given by name is read first, which needs
//! another permission.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};

use crate::reference::FunctionEntry;

/// The functions of `pods` that give pods.
const SOURCES: [&str; 4] = ["get", "list", "outdated", "wait"];

/// The methods of arrays whose result has the same items.
const KEEPING: [&str; 6] = ["drain", "extract", "filter", "find", "pop", "shift"];

/// Whether an effect of a function is the look-up of a pod that is given by name.
pub(super) fn is_look_up(entry: &FunctionEntry, effect: &str) -> bool {
    let takes_either = entry.parameters.first().is_some_and(|first| matches!(first.name.as_str(), "pod" | "pods"));
    entry.module == "pods" && takes_either && effect == "cluster: get pods"
}

/// The variables of a body that hold nothing but pods.
pub(super) struct Pods {
    variables: BTreeSet<String>,
}

impl Pods {
    /// Takes every variable that is declared here for pods, and drops those that are given something else, until none
    /// is dropped any more.
    pub(super) fn of(body: &AST) -> Self {
        let mut declared = BTreeSet::new();
        super::body::walk(body, &mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Var(variable, ..))) => declared.insert(variable.0.name.to_string()),
                Some(ASTNode::Stmt(Stmt::For(parts, _))) => declared.insert(parts.0.name.to_string()),
                _ => false,
            };
            true
        });
        let mut pods = Self { variables: declared };
        loop {
            let mut others = BTreeSet::new();
            super::body::walk(body, &mut |path: &[ASTNode<'_>]| {
                others.extend(pods.given_something_else(path));
                true
            });
            let before = pods.variables.len();
            pods.variables.retain(|name| !others.contains(name));
            if pods.variables.len() == before {
                return pods;
            }
        }
    }

    /// The variable that a statement gives something else than pods.
    fn given_something_else(&self, path: &[ASTNode<'_>]) -> Option<String> {
        let (name, value) = match path.last()? {
            ASTNode::Stmt(Stmt::Var(variable, ..)) => (&variable.0.name, &variable.1),
            ASTNode::Stmt(Stmt::For(parts, _)) => (&parts.0.name, &parts.2.expr),
            ASTNode::Stmt(Stmt::Assignment(assignment)) => match &assignment.1.lhs {
                Expr::Variable(variable, ..) => (&variable.1, &assignment.1.rhs),
                _ => return None,
            },
            _ => return None,
        };
        (!self.gives(value)).then(|| name.to_string())
    }

    /// Whether an expression gives pods, or one.
    pub(super) fn gives(&self, expression: &Expr) -> bool {
        match expression {
            Expr::FnCall(call, _) => is_source(call),
            Expr::Variable(variable, ..) => self.variables.contains(variable.1.as_str()),
            Expr::Dot(chain, ..) => self.gives(&chain.lhs) && keeps(&chain.rhs),
            Expr::Index(chain, ..) => self.gives(&chain.lhs) && ends(&chain.rhs),
            Expr::Array(items, _) => items.iter().all(|item| self.gives(item)),
            _ => false,
        }
    }
}

fn is_source(call: &FnCallExpr) -> bool {
    let path = &call.namespace.path;
    path.len() == 1 && path[0].name == "pods" && SOURCES.contains(&call.name.as_str())
}

/// Whether every method of a chain keeps the items.
fn keeps(rest: &Expr) -> bool {
    match rest {
        Expr::MethodCall(call, _) => KEEPING.contains(&call.name.as_str()),
        Expr::Dot(chain, ..) => keeps(&chain.lhs) && keeps(&chain.rhs),
        Expr::Index(chain, ..) => keeps(&chain.lhs) && ends(&chain.rhs),
        _ => false,
    }
}

/// Whether a chain ends with this index.
fn ends(index: &Expr) -> bool {
    !matches!(index, Expr::Dot(..) | Expr::Index(..))
}
