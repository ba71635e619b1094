//! Converts Rhai's errors to those of mcpctl: message, file, line, caret, and the calls that led there.

use rhai::{AST, EvalAltResult, Expr, ParseError, Position};

use super::source::Sources;
use super::{functions, habits, syntax, type_names};
use crate::error::{Call, Error, Kind, Place};
use crate::primitives::api::types;

/// A script's failure as the error that is shown.
#[must_use]
pub fn explain(failure: EvalAltResult, label: &str, sources: &Sources, ast: &AST) -> Error {
    let mut file = label.to_owned();
    let mut function = enclosing(ast, failure.position()).unwrap_or_default();
    let mut calls = Vec::new();
    let mut failure = failure;
    loop {
        match failure {
            EvalAltResult::ErrorInFunctionCall(name, callee, inner, position) => {
                push(&mut calls, &file, &function, position);
                if !callee.is_empty() {
                    file = callee;
                }
                function = readable(&name);
                failure = *inner;
            }
            EvalAltResult::ErrorInModule(path, inner, position) => {
                push(&mut calls, &file, &function, position);
                if !path.is_empty() {
                    file = path;
                }
                function = String::new();
                failure = *inner;
            }
            other => {
                calls.reverse();
                return describe(other, &file, calls, sources);
            }
        }
    }
}

/// A syntax error as the error that is shown.
#[must_use]
pub fn explain_syntax(failure: &ParseError, label: &str, sources: &Sources) -> Error {
    let text = sources.text(label);
    let (error, position) = syntax::explain(failure, &text, label == SESSION);
    error.place(place_in(&text, label, position))
}

/// The host calls `main` itself, so a call without a position is none that a reader can look at.
fn push(calls: &mut Vec<Call>, file: &str, function: &str, position: Position) {
    if let (Some(line), column) = (position.line(), position.position().unwrap_or(0)) {
        calls.push(Call { file: file.to_owned(), line, column, function: function.to_owned() });
    }
}

/// The script's own function that holds a position: the host's call of `main` leaves no frame.
fn enclosing(ast: &AST, position: Position) -> Option<String> {
    let line = position.line()?;
    let holds = |start: Position, end: Position| {
        start.line().is_some_and(|start| start <= line) && end.line().is_some_and(|end| line <= end)
    };
    ast.iter_fn_def().find(|f| holds(f.body.start_position(), f.body.end_position())).map(|f| readable(&f.name))
}

/// Closures have made-up names.
fn readable(name: &str) -> String {
    if name.starts_with("anon$") { "a closure".to_owned() } else { name.to_owned() }
}

fn place(position: Position, file: &str, calls: Vec<Call>, sources: &Sources) -> Option<Place> {
    let line = position.line()?;
    Some(Place { calls, ..on_line(sources.line(file, line), file, position) })
}

/// A position in a text as the place that is shown.
#[must_use]
pub fn place_in(text: &str, file: &str, position: Position) -> Place {
    let line = position.line().unwrap_or(0);
    on_line(text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned(), file, position)
}

/// Where an expression begins: for `a + b` the tree has the position of the `+`.
#[must_use]
pub fn start_of(expression: &Expr) -> Position {
    match expression {
        Expr::FnCall(call, position) if call.op_token.is_some() => {
            call.args.first().map_or(*position, start_of).min(*position)
        }
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => start_of(&chain.lhs),
        other => other.start_position(),
    }
}

fn on_line(source: String, file: &str, position: Position) -> Place {
    let mut column = position.position().unwrap_or(1);
    // Rhai points at the dot before an unknown property
    if matches!(source.chars().nth(column.saturating_sub(1)), Some('.')) {
        column += 1;
    }
    let length = token_length(&source, column);
    let line = position.line().unwrap_or(0);
    Place { file: file.to_owned(), line, column, length, source, calls: Vec::new() }
}

/// How many characters the word or the quoted text at a column has; 1 where there is none.
fn token_length(source: &str, column: usize) -> usize {
    let rest = source.chars().skip(column.saturating_sub(1));
    if rest.clone().next() == Some('"') {
        return rest.skip(1).position(|c| c == '"').map_or(1, |inside| inside + 2);
    }
    rest.take_while(|c| c.is_alphanumeric() || *c == '_').count().max(1)
}

fn describe(failure: EvalAltResult, file: &str, calls: Vec<Call>, sources: &Sources) -> Error {
    let position = failure.position();
    let property = match &failure {
        EvalAltResult::ErrorDotExpr(text, _) => Some(text.clone()),
        _ => None,
    };
    let mut error = match failure {
        EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _) => thrown(&value),
        EvalAltResult::ErrorParsing(kind, _) => syntax::message(&kind),
        EvalAltResult::ErrorVariableNotFound(name, at) => match function_path(&name) {
            Some(error) => error,
            None => habits::at(&sources.text(file), at, file == SESSION).unwrap_or_else(|| unknown_variable(&name)),
        },
        other => runtime(&other),
    };
    match error.place.take() {
        // a refusal knows where it was raised, but not the line there
        Some(spot) if matches!(error.kind, Kind::Refused | Kind::Limit) && spot.source.is_empty() => {
            if !is_ours(&spot.file)
                && let Some(place) = at_spot(&spot, sources)
            {
                return error.place(place);
            }
        }
        Some(place) => return error.place(place),
        None => {}
    }
    let place = if matches!(error.kind, Kind::Script | Kind::Limit) || !is_ours(file) {
        place(position, file, calls, sources)
    } else {
        place_of_caller(calls, sources)
    };
    if let Some(text) = &property
        && let Some(better) = type_names::property(text, place.as_ref())
    {
        error = better;
    }
    match place {
        Some(place) => error.place(place),
        None => error,
    }
}

fn at_spot(spot: &Place, sources: &Sources) -> Option<Place> {
    let position = Position::new(u16::try_from(spot.line).ok()?, u16::try_from(spot.column).ok()?);
    place(position, &spot.file, Vec::new(), sources)
}

/// Whether the text of a file is none that the user wrote and could look into.
fn is_ours(file: &str) -> bool {
    file.starts_with('<')
}

/// Where the user's own script called into what ships with mcpctl: a cluster that says no is nothing to look for
/// in a shipped script. `None` where no script of the user's is on the way.
fn place_of_caller(calls: Vec<Call>, sources: &Sources) -> Option<Place> {
    let own = calls.iter().position(|call| !is_ours(&call.file))?;
    let call = calls.get(own)?.clone();
    let outer = calls.into_iter().skip(own + 1).collect();
    let position = Position::new(u16::try_from(call.line).ok()?, u16::try_from(call.column).ok()?);
    place(position, &call.file, outer, sources)
}

/// What a script threw, or a primitive raised.
fn thrown(value: &rhai::Dynamic) -> Error {
    if let Some(error) = value.read_lock::<Error>() {
        return error.clone();
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        // a caught error that is thrown again
        if let Some(error) = map.get(crate::primitives::api::raise::WHOLE).and_then(rhai::Dynamic::read_lock::<Error>) {
            return error.clone();
        }
        let field = |name: &str| map.get(name).and_then(|v| v.clone().into_string().ok());
        if let Some(message) = field("message") {
            let error = Error::failed(message);
            return match field("hint") {
                Some(hint) if !hint.is_empty() => error.hint(hint),
                _ => error,
            };
        }
    }
    match value.clone().into_string() {
        Ok(text) => Error::failed(text),
        Err(_) => match crate::primitives::api::value::to_json(value) {
            Ok(json) => Error::failed(json.to_string()),
            Err(_) => Error::failed(format!(
                "the script threw a value of type `{}`",
                crate::primitives::api::types::name_of(value)
            )),
        },
    }
}

/// A failure of the language itself in our words, without its place.
pub(super) fn in_words(failure: &EvalAltResult) -> Error {
    match failure {
        EvalAltResult::ErrorDotExpr(text, _) => type_names::property(text, None).unwrap_or_else(|| runtime(failure)),
        other => runtime(other),
    }
}

fn runtime(failure: &EvalAltResult) -> Error {
    let script = |message: String| Error::new(Kind::Script, message);
    match failure {
        EvalAltResult::ErrorVariableNotFound(name, _) => unknown_variable(name),
        EvalAltResult::ErrorPropertyNotFound(name, _) => script(format!("the map has no property `{name}`"))
            .hint(format!("`map.get(\"{name}\")` gives `()` where a key may be missing")),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => unknown_function(signature),
        EvalAltResult::ErrorModuleNotFound(name, _) => script(format!("no module `{name}`")),
        EvalAltResult::ErrorMismatchDataType(expected, got, _)
        | EvalAltResult::ErrorMismatchOutputType(expected, got, _) => {
            let (expected, got) = (type_names::list(expected), type_names::list(got));
            script(format!("a value of type `{expected}` is needed here, not `{got}`"))
        }
        EvalAltResult::ErrorIndexingType(what, _) => {
            script(format!("`{}` cannot be indexed like this", types::plain(what)))
        }
        EvalAltResult::ErrorArrayBounds(length, index, _) => {
            script(format!("index {index} is outside an array of {length} items"))
        }
        EvalAltResult::ErrorStringBounds(length, index, _) => {
            script(format!("index {index} is outside a string of {length} characters"))
        }
        EvalAltResult::ErrorArithmetic(text, _) if text.starts_with("Error parsing") => {
            let written =
                text.split_once('\'').and_then(|(_, rest)| rest.rsplit_once('\'')).map_or("", |(text, _)| text);
            let kind = if text.contains("integer") { "a whole number" } else { "a number" };
            script(format!("`{written}` is not {kind}"))
        }
        EvalAltResult::ErrorFor(_) => {
            script("`for` needs something to go through: an array, a range, a map's keys".to_owned())
        }
        EvalAltResult::ErrorAssignmentToConstant(name, _) => script(format!("`{name}` is a constant")),
        EvalAltResult::ErrorStackOverflow(_) => {
            script("functions call each other too deeply".to_owned()).hint(format!(
                "{} levels at most: is there an end to the recursion?",
                crate::primitives::api::limits::CALL_LEVELS
            ))
        }
        EvalAltResult::ErrorDataRace(..) => script("a closure uses a variable while a method changes it".to_owned())
            .hint("copy the variable first, and use the copy in the closure"),
        EvalAltResult::ErrorDataTooLarge(what, _) => script(format!("too large: {}", what.to_lowercase())),
        other => {
            let mut text = other.to_string();
            // Rhai appends the position, which the place shows better
            if let Some(at) = text.rfind(" (line ") {
                text.truncate(at);
            }
            script(lower_first(&types::plain(&text)))
        }
    }
}

/// How the hint begins that is true in functions only.
pub(super) const FUNCTION_HINT: &str = "a function sees its parameters only";

/// What errors call the lines of a REPL session.
pub const SESSION: &str = "repl";

/// A function sees neither a script's variables nor its constants: the commonest surprise of the language.
pub(super) fn unknown_variable(name: &str) -> Error {
    if crate::reference::is_namespace(name) {
        return Error::new(Kind::Script, format!("`{name}` is a namespace, not a value"))
            .hint(format!("call one of its functions: `mcpctl doc {name}` lists them"));
    }
    Error::new(Kind::Script, format!("no variable `{name}`"))
        .hint(format!("{FUNCTION_HINT}: pass the value in, or write `global::NAME` for a constant"))
}

/// The error for a function's path without a call: `pods::list`.
#[must_use]
pub fn function_path(path: &str) -> Option<Error> {
    let (namespace, _) = path.split_once("::")?;
    let is_function = crate::reference::entries().iter().any(|entry| entry.path() == path);
    (crate::reference::is_namespace(namespace) && is_function).then(|| {
        Error::new(Kind::Script, format!("`{path}` is a function, not a value")).hint(format!("call it: `{path}()`"))
    })
}

/// Rhai gives `name (type, type)` or `module::name (types)`.
fn unknown_function(signature: &str) -> Error {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    // the types of a call may end with `()`
    let types = types.strip_suffix(')').unwrap_or(types);
    if !types.is_empty() && !name.contains(|c: char| c.is_alphanumeric() || c == '_') {
        return type_names::operator(name.trim(), types);
    }
    if name.starts_with(functions::CLOSURE) {
        let count = types.split(", ").filter(|name| !name.is_empty()).count();
        let arguments = if count == 1 { "argument" } else { "arguments" };
        return Error::new(Kind::Script, format!("the closure cannot be called with {count} {arguments}"))
            .hint("a closure takes as many as it has names between its bars: `|x| …`, `|a, b| …`");
    }
    let types = type_names::list(types);
    let error = crate::reference::unknown_function(name.trim());
    let error = match habits::method(name.trim()) {
        Some(instead) => {
            let mut error = error;
            error.hints = vec![format!("write `{instead}`")];
            error
        }
        None => error,
    };
    if types.is_empty() { error } else { error.cause(format!("called with ({types})")) }
}

pub(super) fn lower_first(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        // an abbreviation stays as it is
        Some(first) if !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
