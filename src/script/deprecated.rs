//! Warnings about deprecated functions: each once per run, at its first use in a script.

use std::sync::{Arc, OnceLock};

use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use crate::host::Host;
use crate::reference::deprecation::Deprecation;
use crate::reference::doc_comment;

/// A deprecated function of the engine, with all its forms.
struct Deprecated {
    path: String,
    deprecation: Deprecation,
}

/// Warns about each deprecated function that a script or module calls. Shipped ones are the next version's business.
pub fn warn(host: &Arc<Host>, engine: &Engine, ast: &AST, label: &str) {
    for (text, position) in calls(engine, ast) {
        let line = position.line().unwrap_or(0);
        // without the place, so that two modules that call it are one warning
        if host.is_first(&text) {
            host.printer.warn(&format!("{text} ({label}:{line})"));
        }
    }
}

/// The deprecated functions that a script calls, and where each is first called: the next minor version may break such
/// scripts.
#[must_use]
pub fn shipped_calls(ast: &AST) -> Vec<(String, Position)> {
    static SHIPPED: OnceLock<Vec<Deprecated>> = OnceLock::new();
    let shipped = SHIPPED.get_or_init(|| {
        let mut engine = Engine::new_raw();
        crate::primitives::register(&mut engine);
        of(&engine)
    });
    calls_of(shipped, ast)
}

fn calls(engine: &Engine, ast: &AST) -> Vec<(String, Position)> {
    calls_of(&of(engine), ast)
}

fn calls_of(known: &[Deprecated], ast: &AST) -> Vec<(String, Position)> {
    let mut found: Vec<(String, Position)> = Vec::new();
    if known.is_empty() {
        return found;
    }
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        let (call, position) = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position))) => {
                (call, *position)
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => (call, *position),
            _ => return true,
        };
        let name = name_of(call);
        if let Some(function) = known.iter().find(|function| function.path == name) {
            let text = format!("`{name}` is {}", function.deprecation.notice());
            if !found.iter().any(|(known, _)| *known == text) {
                found.push((text, position));
            }
        }
        true
    });
    found
}

fn name_of(call: &FnCallExpr) -> String {
    let namespace: Vec<&str> = call.namespace.path.iter().map(|part| part.name.as_str()).collect();
    if namespace.is_empty() { call.name.to_string() } else { format!("{}::{}", namespace.join("::"), call.name) }
}

fn of(engine: &Engine) -> Vec<Deprecated> {
    engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            if !metadata.comments.iter().any(|comment| comment.contains("# Deprecated")) {
                return None;
            }
            let deprecation = doc_comment::parse(&metadata.comments.join("\n")).deprecated?;
            let namespace = function.namespace.as_str();
            let path = if namespace.is_empty() {
                metadata.name.to_string()
            } else {
                format!("{namespace}::{}", metadata.name)
            };
            Some(Deprecated { path, deprecation })
        },
        false,
    )
}

#[cfg(test)]
mod tests {
    use rhai::{FuncRegistration, Module};

    use super::*;

    fn engine() -> Engine {
        let mut module = Module::new();
        FuncRegistration::new("old")
            .with_comments(["/// Was.\n///\n/// # Deprecated\n/// * `since` - 0.1\n/// * `instead` - `a::now`"])
            .set_into_module(&mut module, || 1_i64);
        FuncRegistration::new("now").with_comments(["/// Is."]).set_into_module(&mut module, || 2_i64);
        let mut engine = Engine::new();
        engine.register_static_module("a", module.into());
        engine
    }

    #[test]
    fn each_deprecated_function_is_told_once() {
        let engine = engine();
        let ast = engine.compile("a::now();\nfn f() { a::old() }\n[1].map(|x| a::old() + a::old())").unwrap();
        let found: Vec<String> = calls(&engine, &ast).into_iter().map(|(text, _)| text).collect();
        assert_eq!(found, ["`a::old` is deprecated since 0.1 and may be gone in 0.2: use `a::now`"]);
        assert!(calls(&engine, &engine.compile("a::now()").unwrap()).is_empty());
    }
}
