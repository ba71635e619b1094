//! The type `Secret`: what scripts can do with one without seeing it.

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use super::raise::{self, Outcome, Raise};
use crate::error::{Error, Kind};
use crate::primitives::host;
use crate::secret::{Key, Secret, Vault};

/// Makes the type known: its text, what is put together with it and what is selected from it are secret, comparisons
/// are errors (`compare.rs`).
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Secret>("Secret");
    let sentinel = |context: NativeCallContext<'_>, secret: &mut Secret| -> ImmutableString {
        host(&context).vault.keep(secret).into()
    };
    engine.register_fn("to_string", sentinel);
    engine.register_fn("to_debug", sentinel);
    engine.register_fn("+", |context: NativeCallContext<'_>, a: Secret, b: ImmutableString| {
        followed_by(&context, &a, &text(&context, &b)?)
    });
    engine.register_fn("+", |context: NativeCallContext<'_>, a: ImmutableString, b: Secret| {
        followed_by(&context, &text(&context, &a)?, &b)
    });
    engine.register_fn("+", |context: NativeCallContext<'_>, a: Secret, b: Secret| followed_by(&context, &a, &b));
    engine.register_fn("+=", |context: NativeCallContext<'_>, a: &mut Secret, b: ImmutableString| -> Outcome<()> {
        *a = followed_by(&context, a, &text(&context, &b)?)?;
        Ok(())
    });
    engine.register_fn("+=", |context: NativeCallContext<'_>, a: &mut Secret, b: Secret| -> Outcome<()> {
        *a = followed_by(&context, a, &b)?;
        Ok(())
    });
    engine.register_get("is_empty", |secret: &mut Secret| secret.is_empty());
    engine.register_indexer_get(|context: NativeCallContext<'_>, secret: &mut Secret, name: ImmutableString| {
        Vault::refuse(&name, "the name of a member").raise(&context)?;
        select(&context, secret, Key::Name(&name))
    });
    engine.register_indexer_get(|context: NativeCallContext<'_>, secret: &mut Secret, index: i64| {
        let index = usize::try_from(index).map_err(|_| Error::new(Kind::Script, "an index is 0 or more"));
        select(&context, secret, Key::Index(index.raise(&context)?))
    });
}

/// A string as a secret, to be put together with one.
fn text(context: &NativeCallContext<'_>, text: &str) -> Outcome<Secret> {
    let secret = host(context).vault.reveal(text).raise(context)?;
    Ok(secret.unwrap_or_else(|| Secret::of_script(text)))
}

fn followed_by(context: &NativeCallContext<'_>, a: &Secret, b: &Secret) -> Outcome<Secret> {
    host(context).answer(a.followed_by(b)).raise(context)
}

fn select(context: &NativeCallContext<'_>, secret: &Secret, key: Key<'_>) -> Outcome<Secret> {
    let selected = host(context).answer(secret.select(key)).raise(context)?;
    host(context).vault.keep(&selected);
    Ok(selected)
}

/// The error for a comparison, which would be answered wrongly or give the secret away bit by bit.
pub(in crate::primitives) fn incomparable() -> Error {
    Error::new(Kind::Script, "a secret cannot be compared").hint("`secret.is_empty` tells whether there is one")
}

/// A script's value as a secret: a `Secret`, or a string into which one was put; `None` for a plain string.
///
/// # Errors
/// The value is not a string.
pub fn as_secret(value: &Dynamic, vault: &Vault, what: &str) -> crate::error::Result<Option<Secret>> {
    if let Some(secret) = value.read_lock::<Secret>() {
        vault.keep(&secret);
        return Ok(Some(secret.clone()));
    }
    match value.clone().into_string() {
        Ok(text) => Ok(vault.reveal(&text)?.inspect(|secret| drop(vault.keep(secret)))),
        Err(kind) => Err(raise::wrong_type(what, "text or a secret", kind)),
    }
}

/// As [`as_secret`], where a plain string is hidden, too.
///
/// # Errors
/// The value is not a string.
pub fn hidden(value: &Dynamic, vault: &Vault, what: &str) -> crate::error::Result<Secret> {
    Ok(as_secret(value, vault, what)?.unwrap_or_else(|| Secret::of_script(value.to_string())))
}
