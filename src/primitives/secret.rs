//! The type `Secret`: what scripts can do with one without seeing it.

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use crate::error::{Error, Kind};
use crate::secret::Secret;

use super::host;
use super::raise;

/// Makes the type known: text and `+` keep it secret, comparisons are errors.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Secret>("Secret");
    let sentinel = |context: NativeCallContext<'_>, secret: &mut Secret| -> ImmutableString {
        host(&context).vault.keep(secret).into()
    };
    engine.register_fn("to_string", sentinel);
    engine.register_fn("to_debug", sentinel);
    engine.register_fn("+", |a: Secret, b: ImmutableString| Secret::new(format!("{}{b}", a.expose())));
    engine.register_fn("+", |a: ImmutableString, b: Secret| Secret::new(format!("{a}{}", b.expose())));
    engine.register_fn("+", |a: Secret, b: Secret| Secret::new(format!("{}{}", a.expose(), b.expose())));
    engine.register_fn("+=", |a: &mut Secret, b: ImmutableString| *a = Secret::new(format!("{}{b}", a.expose())));
    engine.register_get("is_empty", |secret: &mut Secret| secret.is_empty());
    for operator in ["==", "!=", "<", ">", "<=", ">="] {
        engine.register_fn(operator, |_: Secret, _: ImmutableString| refuse());
        engine.register_fn(operator, |_: ImmutableString, _: Secret| refuse());
        engine.register_fn(operator, |_: Secret, _: Secret| refuse());
    }
}

/// A comparison would be answered wrongly or give the secret away bit by bit.
fn refuse() -> Result<bool, Box<EvalAltResult>> {
    let error =
        Error::new(Kind::Script, "a secret cannot be compared").hint("`secret.is_empty` tells whether there is one");
    Err(raise::at(error, Position::NONE))
}

/// A script's value as text that may hold secrets: a `Secret`, or text into which one was put.
///
/// # Errors
/// The value is no text.
pub fn as_secret(value: &Dynamic, vault: &crate::secret::Vault, what: &str) -> crate::error::Result<Option<Secret>> {
    if let Some(secret) = value.read_lock::<Secret>() {
        vault.keep(&secret);
        return Ok(Some(secret.clone()));
    }
    match value.clone().into_string() {
        Ok(text) if crate::secret::Vault::holds_secret(&text) => vault.reveal(&text).map(Some),
        Ok(_) => Ok(None),
        Err(kind) => Err(raise::wrong_type(what, "text or a secret", kind)),
    }
}
