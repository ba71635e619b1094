//! The functions of a compiled script with their statements, which Rhai offers only to a walk.

use rhai::{AST, ASTNode, Expr, FnPtr, Module, ScriptFuncDef, Shared, Stmt};

/// The name that Rhai gives to closures begins with it.
pub(super) const CLOSURE: &str = "anon$";

/// A closure where it is made: the function that it calls, and the variables that it captures.
pub struct Closure<'a> {
    /// The name of its function.
    pub name: String,
    /// The captured variables, which are the first parameters of the function.
    pub captured: &'a [Expr],
}

impl<'a> Closure<'a> {
    /// The closure that an expression makes: a constant, or `{ share x; curry(constant, x) }` if it captures anything.
    pub fn of(expression: &'a Expr) -> Option<Self> {
        match pointer(expression) {
            Some(name) => Some(Self { name, captured: &[] }),
            None => Self::capturing(expression),
        }
    }

    /// As [`of`](Self::of), if it captures anything.
    pub fn capturing(expression: &'a Expr) -> Option<Self> {
        let Expr::Stmt(block) = expression else { return None };
        let [Stmt::Share(_), Stmt::Expr(curry)] = block.statements() else { return None };
        let Expr::FnCall(call, _) = &**curry else { return None };
        let (function, captured) = call.args.split_first()?;
        Some(Self { name: pointer(function)?, captured })
    }

    /// Whether it captures a variable.
    pub fn captures(&self, name: &str) -> bool {
        self.captured.iter().any(|variable| variable_name(variable) == Some(name))
    }
}

/// The function that a constant points to.
pub fn pointer(expression: &Expr) -> Option<String> {
    let Expr::DynamicConstant(value, _) = expression else { return None };
    value.read_lock::<FnPtr>().map(|pointer| pointer.fn_name().to_owned())
}

/// The name of a variable that is not a constant of a module.
pub fn variable_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Variable(variable, ..) if variable.2.is_empty() => Some(variable.1.as_str()),
        _ => None,
    }
}

/// Whether a function is the body of a closure.
pub fn is_closure(function: &ScriptFuncDef) -> bool {
    function.name.starts_with(CLOSURE)
}

/// Walks the body of a function alone: a walk of the whole script does not tell whose body it is in.
pub fn walk(function: &Shared<ScriptFuncDef>, on_node: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) {
    let mut module = Module::new();
    module.set_script_fn(Shared::clone(function));
    AST::new([], module).walk(&mut |path: &[ASTNode<'_>]| on_node(path));
}

/// The statements of a function's body.
pub fn statements(function: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut found = Vec::new();
    walk(function, &mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            found.push((*statement).clone());
        }
        true
    });
    found
}
