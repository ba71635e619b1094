//! The nodes that a rewritten script has and the language has not: no text can spell them.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{
    CustomExpr, Dynamic, Engine, EvalAltResult, EvalContext, Expr, Expression, Position, ScriptFuncDef, Shared, Stmt,
    StmtBlock,
};

use crate::error::{Error, Kind};
use crate::primitives::api::raise;
use crate::primitives::language::duration::DurationValue;
use crate::script::diagnostics;

/// The body of a rewritten function. It is a valid name, which a helper engine reads in a text.
const BODY: &str = "rewritten_body";
/// A chain in which keys may be missing.
const OPTIONAL: &str = "#optional";
/// A chain whose closures may need the value that a method is changing.
const CHANGING: &str = "#changing";

/// The value of a `switch`.
const SWITCHED: &str = "#switched";

/// The body of a `try`.
const TRIED: &str = "#tried";

/// A body, inside the state of the node that evaluates it.
#[derive(Clone)]
struct Body(Arc<Expr>);

/// Where keys may be missing.
#[derive(Clone)]
struct MayMiss {
    keys: Arc<[Position]>,
    /// Whether a property of `()` is a missing key too: on the left of `??`.
    of_unit: bool,
}

/// The variable of a chain, and the method that changes it.
#[derive(Clone)]
struct Change {
    variable: String,
    method: String,
    position: Position,
}

/// Makes the nodes known to an engine that runs scripts.
pub fn register(engine: &mut Engine) {
    let registered = [
        engine
            .register_custom_syntax_handler(BODY, false, |context, _, state| match state.read_lock::<Body>() {
                Some(body) => {
                    let body = Arc::clone(&body.0);
                    #[expect(deprecated, reason = "the one way to leave the scope of the function as it is")]
                    context.eval_expression_tree_raw(&Expression::from(&*body), false)
                }
                None => Ok(Dynamic::UNIT),
            })
            .map(|_| ()),
        engine.register_custom_syntax_handler(OPTIONAL, false, optional).map(|_| ()),
        engine.register_custom_syntax_handler(CHANGING, false, changing).map(|_| ()),
        engine.register_custom_syntax_handler(SWITCHED, false, switched).map(|_| ()),
        engine.register_custom_syntax_handler(TRIED, false, tried).map(|_| ()),
    ];
    debug_assert!(registered.iter().all(Result::is_ok));
}

fn optional(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    state: &Dynamic,
) -> Result<Dynamic, Box<EvalAltResult>> {
    let result = context.eval_expression_tree(&inputs[0]);
    let Some(may_miss) = state.read_lock::<MayMiss>() else { return result };
    result.or_else(|failure| {
        let position = match &*failure {
            EvalAltResult::ErrorPropertyNotFound(_, position)
            | EvalAltResult::ErrorArrayBounds(.., position)
            | EvalAltResult::ErrorStringBounds(.., position) => *position,
            EvalAltResult::ErrorDotExpr(what, position) if may_miss.of_unit && what.ends_with("type '()'") => *position,
            EvalAltResult::ErrorIndexingType(what, position) if may_miss.of_unit && what.starts_with("()") => *position,
            _ => return Err(failure),
        };
        if may_miss.keys.contains(&position) { Ok(Dynamic::UNIT) } else { Err(failure) }
    })
}

fn changing(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    state: &Dynamic,
) -> Result<Dynamic, Box<EvalAltResult>> {
    context.eval_expression_tree(&inputs[0]).map_err(|failure| {
        let is_race = matches!(failure.unwrap_inner(), EvalAltResult::ErrorDataRace(..));
        match state.read_lock::<Change>() {
            Some(change) if is_race => raise::at(in_use(&change.variable, &change.method), change.position),
            _ => failure,
        }
    })
}

/// A `switch` finds its cases by their hashes, which only values of the language itself have: it gets a duration as its
/// seconds.
fn switched(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    _: &Dynamic,
) -> Result<Dynamic, Box<EvalAltResult>> {
    let value = context.eval_expression_tree(&inputs[0])?;
    let seconds = value.read_lock::<DurationValue>().map(|duration| duration.seconds());
    Ok(seconds.map_or(value, Dynamic::from))
}

/// What no `try` catches, `exit` or a refusal, is wrapped as an error of the method whose closure raised it, which a `try`
/// would catch. What the language itself raises gets the form that the errors of functions have.
fn tried(
    context: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    inputs: &[Expression<'_>],
    _: &Dynamic,
) -> Result<Dynamic, Box<EvalAltResult>> {
    context.eval_expression_tree(&inputs[0]).map_err(|failure| match failure.unwrap_inner() {
        EvalAltResult::ErrorTerminated(value, position) => {
            Box::new(EvalAltResult::ErrorTerminated(value.clone(), *position))
        }
        EvalAltResult::ErrorRuntime(..) => failure,
        inner if inner.is_catchable() => raise::at(diagnostics::in_words(inner), inner.position()),
        _ => failure,
    })
}

/// The error for a closure that needs the variable which its method is changing.
#[must_use]
pub fn in_use(variable: &str, method: &str) -> Error {
    Error::new(Kind::Script, format!("`{method}` changes `{variable}`, and the closure uses `{variable}` meanwhile"))
        .hint(format!("copy it first: `let before = {variable};`, and use `before` in the closure"))
}

/// A chain whose keys at some positions may be missing.
pub(super) fn may_miss(chain: Expr, keys: Vec<Position>, of_unit: bool) -> Expr {
    node(OPTIONAL, chain, Dynamic::from(MayMiss { keys: keys.into(), of_unit }))
}

/// A chain with a method that changes its variable and calls functions.
pub(super) fn may_race(chain: Expr, variable: String, method: String, position: Position) -> Expr {
    node(CHANGING, chain, Dynamic::from(Change { variable, method, position }))
}

/// The value of a `switch`, in which a duration becomes its seconds.
pub(super) fn in_seconds(value: Expr) -> Expr {
    node(SWITCHED, value, Dynamic::UNIT)
}

/// The body of a `try`, out of which `exit` and refusals come as such.
pub(super) fn within_try(body: Expr) -> Expr {
    node(TRIED, body, Dynamic::UNIT)
}

fn node(key: &'static str, chain: Expr, state: Dynamic) -> Expr {
    let position = chain.start_position();
    let custom = CustomExpr {
        inputs: [chain].into_iter().collect(),
        tokens: [key.into()].into_iter().collect(),
        state,
        scope_may_be_changed: false,
        self_terminated: false,
    };
    Expr::Custom(Box::new(custom), position)
}

/// A function with another body. Rhai has no public name for the type of a body, so one is compiled whose only
/// statement evaluates the new statements.
pub(super) fn with_body(def: &Shared<ScriptFuncDef>, statements: Vec<Stmt>) -> Option<ScriptFuncDef> {
    let (start, end) = (def.body.start_position(), def.body.end_position());
    let body = Expr::Stmt(Box::new(StmtBlock::new(statements, start, end)));
    let state = Mutex::new(Some(Dynamic::from(Body(Arc::new(body)))));
    let mut engine = Engine::new_raw();
    engine.register_custom_syntax_without_look_ahead_raw(
        BODY,
        move |_, given| {
            if let Some(state) = state.lock().unwrap_or_else(PoisonError::into_inner).take() {
                *given = state;
            }
            Ok(None)
        },
        false,
        |_, _, _| Ok(Dynamic::UNIT),
    );
    let compiled = engine.compile(format!("fn f() {{ {BODY} }}")).ok()?;
    let body = compiled.iter_fn_def().next()?.body.clone();
    Some(ScriptFuncDef { body, ..(**def).clone() })
}
