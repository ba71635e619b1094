//! The calls in one body: a function's, a closure's, or the top level of a file.

use rhai::{AST, ASTNode, Expr, FnCallExpr, FnPtr, Stmt};

use super::pods::Pods;

/// A body of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Body {
    /// What stands outside functions.
    Top,
    /// The functions of a name, with so many parameters if that is known.
    Named(String, Option<usize>),
    /// All functions: a pointer was made from a name that is not written out.
    All,
}

impl Body {
    /// Whether a function is meant.
    pub(super) fn means(&self, name: &str, parameters: usize) -> bool {
        match self {
            Self::Top => false,
            Self::Named(wanted, count) => wanted == name && count.is_none_or(|count| count == parameters),
            Self::All => true,
        }
    }
}

/// What a body calls or does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// A function by name.
    Function {
        /// The namespaces before it.
        path: Vec<String>,
        /// Its name.
        name: String,
        /// How many arguments it is given.
        arguments: usize,
        /// Whether the first argument is certainly pods, not names of pods.
        knows_pods: bool,
    },
    /// A function is named, so other code may call it: a closure, `Fn("name")`, or a bare name.
    Pointer(String),
    /// A pointer is made from a name that only the run knows.
    AnyOwn,
    /// An import, which runs the module's top level.
    Import(String),
    /// `all_namespaces: true`.
    AllNamespaces,
}

/// The calls of a body, the one that a syntax tree was left with.
pub(super) fn calls(body: &AST) -> Vec<Called> {
    let pods = Pods::of(body);
    let mut calls = Vec::new();
    walk(body, &mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Stmt(statement)) => in_statement(statement, &pods, &mut calls),
            Some(ASTNode::Expr(expression)) => in_expression(expression, &pods, &mut calls),
            _ => {}
        }
        true
    });
    calls
}

/// Walks a body, also through the value of `break`, which Rhai's own walk leaves out.
pub(super) fn walk(body: &AST, look: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) {
    body.walk(&mut |path: &[ASTNode<'_>]| visit(path, look));
}

fn visit(path: &[ASTNode<'_>], look: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) -> bool {
    if let Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) = path.last() {
        value.walk(&mut Vec::new(), &mut |inner: &[ASTNode<'_>]| visit(inner, look));
    }
    look(path)
}

fn in_statement(statement: &Stmt, pods: &Pods, calls: &mut Vec<Called>) {
    match statement {
        Stmt::FnCall(call, _) => call_of(call, pods, calls),
        Stmt::Import(import, _) => {
            if let Expr::StringConstant(path, _) = &import.0 {
                calls.push(Called::Import(path.to_string()));
            }
        }
        _ => {}
    }
}

fn in_expression(expression: &Expr, pods: &Pods, calls: &mut Vec<Called>) {
    match expression {
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => call_of(call, pods, calls),
        Expr::DynamicConstant(value, _) => {
            if let Some(pointer) = value.read_lock::<FnPtr>() {
                calls.push(Called::Pointer(pointer.fn_name().to_owned()));
            }
        }
        // a function's name without a call is a pointer to it; a variable of the same name costs a right too many
        Expr::Variable(variable, ..) if variable.0.is_none() => {
            calls.push(Called::Pointer(variable.1.to_string()));
        }
        Expr::Map(map, _) => {
            let everywhere = |(key, value): &(rhai::Ident, Expr)| {
                key.name == "all_namespaces" && matches!(value, Expr::BoolConstant(true, _))
            };
            if map.0.iter().any(everywhere) {
                calls.push(Called::AllNamespaces);
            }
        }
        _ => {}
    }
}

fn call_of(call: &FnCallExpr, pods: &Pods, calls: &mut Vec<Called>) {
    if call.op_token.is_some() {
        return;
    }
    if call.namespace.is_empty() && call.name == "Fn" {
        calls.push(match call.args.first() {
            Some(Expr::StringConstant(name, _)) => Called::Pointer(name.to_string()),
            _ => Called::AnyOwn,
        });
        return;
    }
    calls.push(Called::Function {
        path: call.namespace.path.iter().map(|part| part.name.to_string()).collect(),
        name: call.name.to_string(),
        arguments: call.args.len(),
        knows_pods: call.args.first().is_some_and(|first| pods.gives(first)),
    });
}
