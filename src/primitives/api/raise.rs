//! How errors leave a primitive, so that scripts can catch them and the diagnostics keep place and calls.

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext, Position};

use crate::error::{Error, Kind, Place};

/// What a primitive returns.
pub type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// An error as Rhai carries it: a map that `catch` gets. Interrupts and refusals become `ErrorTerminated`,
/// which no `try` catches.
#[must_use]
pub fn at(error: Error, position: Position) -> Box<EvalAltResult> {
    Box::new(if error.kind.is_final() {
        EvalAltResult::ErrorTerminated(Dynamic::from(error), position)
    } else {
        EvalAltResult::ErrorRuntime(caught(error).into(), position)
    })
}

/// What `catch` sees: `kind`, `message`, `cause`, `hint`, `object`, `details`, and the whole under `error`.
#[must_use]
pub fn caught(error: Error) -> Map {
    let mut map = Map::new();
    map.insert("kind".into(), error.kind.name().into());
    map.insert("message".into(), error.message.clone().into());
    map.insert("cause".into(), error.cause.clone().unwrap_or_default().into());
    map.insert("hint".into(), error.hints.first().cloned().unwrap_or_default().into());
    map.insert("hints".into(), error.hints.iter().map(|hint| hint.clone().into()).collect::<Array>().into());
    map.insert("object".into(), error.object.clone().unwrap_or_default().into());
    map.insert("details".into(), error.details.iter().map(|line| line.clone().into()).collect::<Array>().into());
    map.insert(WHOLE.into(), Dynamic::from(error));
    map
}

/// Makes the type of the key [`WHOLE`] known: it shows as its message.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Error>("Error");
    engine.register_fn("to_string", |error: &mut Error| ImmutableString::from(error.to_string()));
    engine.register_fn("to_debug", |error: &mut Error| ImmutableString::from(error.to_string()));
}

/// The key under which a caught error keeps all of itself, for when it is thrown again.
pub const WHOLE: &str = "error";

/// Adds the place of the call to a layer's result.
pub trait Raise<T> {
    /// The result as a primitive returns it.
    ///
    /// # Errors
    /// The error of the layer below, at the position of the call.
    fn raise(self, context: &NativeCallContext<'_>) -> Outcome<T>;
}

impl<T> Raise<T> for crate::error::Result<T> {
    fn raise(self, context: &NativeCallContext<'_>) -> Outcome<T> {
        self.map_err(|mut error| {
            if matches!(error.kind, Kind::Refused | Kind::Limit) && error.place.is_none() {
                error.place = spot(context);
            }
            at(error, context.call_position())
        })
    }
}

/// Where a call stands, without the text of its line. The engine hands on what ends a script without the calls that led
/// there, and of a call of `main` not even a position is left.
fn spot(context: &NativeCallContext<'_>) -> Option<Place> {
    let (position, file) = (context.call_position(), context.call_source()?.to_owned());
    let column = position.position().unwrap_or(1);
    Some(Place { file, line: position.line()?, column, ..Place::default() })
}

/// The error for a value of the wrong type: what is wrong, what was expected, what came.
#[must_use]
pub fn wrong_type(what: &str, expected: &str, got: &str) -> Error {
    Error::new(Kind::Script, format!("{what} must be {expected}, not {}", super::types::name(got)))
}
