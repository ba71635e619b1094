//! Which values of a body are pods for certain, and not names: a pod that is given by name is looked up first,
//! which needs a right of its own.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};

use crate::reference::Entry;

/// The functions of `pods` that give pods.
const SOURCES: [&str; 3] = ["get", "list", "wait"];

/// The methods of arrays whose result has the same items.
const KEEPING: [&str; 6] = ["drain", "extract", "filter", "find", "pop", "shift"];

/// Whether an effect of a function is the look-up of a pod that is given by name.
pub(super) fn is_look_up(entry: &Entry, effect: &str) -> bool {
    let takes_either = entry.parameters.first().is_some_and(|first| matches!(first.name.as_str(), "pod" | "pods"));
    entry.module == "pods" && takes_either && effect == "cluster: get pods"
}

/// The variables of a body that hold pods in every assignment.
pub(super) struct Pods {
    variables: BTreeSet<String>,
}

impl Pods {
    /// Looks at what each variable is given; as variables come from variables, until nothing new is found.
    pub(super) fn of(body: &AST) -> Self {
        let mut pods = Self { variables: BTreeSet::new() };
        loop {
            let mut given: BTreeMap<String, bool> = BTreeMap::new();
            super::body::walk(body, &mut |path: &[ASTNode<'_>]| {
                if let Some((name, gives)) = pods.assignment(path) {
                    let all = given.entry(name).or_insert(true);
                    *all &= gives;
                }
                true
            });
            let found: BTreeSet<String> = given.into_iter().filter(|(_, all)| *all).map(|(name, _)| name).collect();
            if found == pods.variables {
                return pods;
            }
            pods.variables = found;
        }
    }

    fn assignment(&self, path: &[ASTNode<'_>]) -> Option<(String, bool)> {
        match path.last()? {
            ASTNode::Stmt(Stmt::Var(variable, ..)) => {
                Some((variable.0.name.to_string(), self.gives(&variable.1)))
            }
            ASTNode::Stmt(Stmt::For(parts, _)) => Some((parts.0.name.to_string(), self.gives(&parts.2.expr))),
            ASTNode::Stmt(Stmt::Assignment(assignment)) => match &assignment.1.lhs {
                Expr::Variable(variable, ..) => Some((variable.1.to_string(), self.gives(&assignment.1.rhs))),
                _ => None,
            },
            _ => None,
        }
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
